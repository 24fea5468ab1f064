"""The claims with their verdicts, as the page shows them."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from reports.strip import strip
from reports.study_view import StudyView
from reports.wording import as_number, as_text, interval, mappings, shown, slug
from study.experiments.condition_parts import ACCURACY
from study.summarise.stopping import NO_RISE, NO_RISE_MEANS
from study.words import DASH

ALIKE = "all seeds alike"
_FEW = 4
_IN_ACCURACY = (
    f"Differences “{ACCURACY}” are on its scale from 0 to 1: 0.01 is one picture in a hundred."
)
VERDICTS = ("reproduced", "not reproduced", "inconclusive", "not run")


@dataclass(frozen=True)
class PartView:
    """One effect of a claim."""

    name: str
    verdict: str
    effect: str
    unit: str
    interval: str
    n: str
    claimed: str
    source: str
    decides: bool


@dataclass(frozen=True)
class ClaimView:
    """A claim as a row; everything but ``strip`` is plain text.

    Attributes:
        headline: of which of several parts the effect is, "" for a claim of one.
        instead: what was found where there is no effect to show.
        source: that effect by the source's own printed numbers, and whether it lies in ours.
        obstacle: the first reason why the claim is open in spite of its interval.
        seen: what was seen, in words: of each part that decides where these are few, else of the
            one that stands for the claim.
    """

    id: str
    anchor: str
    text: str
    verdict: str
    headline: str
    effect: str
    unit: str
    interval: str
    n: str
    source: str
    instead: str
    strip: Markup
    figures: tuple[str, ...]
    quantity: str
    test: str
    reason: str
    parts: tuple[PartView, ...]
    obstacle: str = ""
    seen: tuple[str, ...] = ()


def claim_views(view: StudyView) -> list[ClaimView]:
    """All claims of summary.json, in its order."""
    return [_claim(claim, view) for claim in view.summary.get("claims", [])]


def counts(claims: list[ClaimView]) -> list[tuple[str, int]]:
    """Verdict -> number of claims, every verdict named."""
    return [(name, sum(claim.verdict == name for claim in claims)) for name in VERDICTS]


def reading(claims: list[ClaimView]) -> str:
    """What several claims need to be read, said once; "" where none does."""
    units = [claim.unit for claim in claims]
    units += [part.unit for claim in claims for part in claim.parts]
    texts = [_IN_ACCURACY] if ACCURACY in units else []
    if any(NO_RISE in claim.reason for claim in claims):
        texts.append(NO_RISE_MEANS)
    return " ".join(texts)


def figure_claims(claims: list[ClaimView]) -> dict[str, list[ClaimView]]:
    """Figure -> the claims that it shows."""
    found: dict[str, list[ClaimView]] = {}
    for claim in claims:
        for figure in claim.figures:
            found.setdefault(figure, []).append(claim)
    return found


def _claim(claim: Mapping[str, Any], view: StudyView) -> ClaimView:
    parts = mappings(claim.get("parts"))
    figures = claim.get("figures")
    known = {figure.id for figure in view.experiment.figures + view.experiment.companions}
    return ClaimView(
        id=as_text(claim.get("id"), 40),
        anchor=f"claim-{slug(claim.get('id'))}",
        text=as_text(claim.get("text")),
        verdict=_verdict(claim),
        headline=as_text(claim.get("headline"), 160) if len(parts) > 1 else "",
        effect=shown(claim.get("effect")),
        unit=as_text(claim.get("unit"), 60),
        interval=_interval(claim),
        n=_count(claim),
        source=_source_of_claim(_headline(claim, parts), parts),
        instead=as_text(claim.get("instead"), 160),
        strip=strip(_headline(claim, parts)),
        figures=tuple(name for name in _names(figures) if name in known),
        quantity=as_text(claim.get("quantity")),
        test=as_text(claim.get("test"), 3000),
        reason=as_text(claim.get("reason"), 3000),
        parts=tuple(_part(part) for part in parts),
        obstacle=as_text(claim.get("obstacle")),
        seen=tuple(_seen(claim, parts)),
    )


def _part(part: Mapping[str, Any]) -> PartView:
    return PartView(
        name=as_text(part.get("name"), 160),
        verdict=_verdict(part),
        effect=shown(part.get("effect")),
        unit=as_text(part.get("unit"), 60),
        interval=_interval(part) or DASH,
        n=_count(part),
        claimed=_claimed(part.get("claimed")),
        source=_source(part),
        decides=part.get("decides") is not False,
    )


def _seen(claim: Mapping[str, Any], parts: list[Mapping[str, Any]]) -> list[str]:
    counting = [part for part in parts if part.get("decides") is not False]
    deciding = [part for part in counting if part.get("verdict") != "not run"]
    if not 1 < len(deciding) <= _FEW:
        alone = len(parts) <= 1
        named = {**claim, "name": "" if alone else claim.get("headline")}
        deciding = [named]
    return [_seen_of(row) for row in deciding if shown(row.get("effect")) != DASH]


def _seen_of(row: Mapping[str, Any]) -> str:
    """For example "augmented pictures: 0.0644 in accuracy, 95 % interval 0.0174 to 0.111"."""
    name = as_text(row.get("name"), 160)
    text = " ".join(filter(None, (shown(row.get("effect")), as_text(row.get("unit"), 60))))
    ends = _interval(row)
    spread = ends if ends in ("", ALIKE) else f"95\N{NO-BREAK SPACE}% interval {ends}"
    return ": ".join(filter(None, (name, ", ".join(filter(None, (text, spread))))))


def _names(value: Any) -> list[str]:
    return [name for name in value if isinstance(name, str)] if isinstance(value, list) else []


def _headline(claim: Mapping[str, Any], parts: list[Mapping[str, Any]]) -> Mapping[str, Any]:
    named = [part for part in parts if part.get("name") == claim.get("headline")]
    return (named or parts or [{}])[0]


def _verdict(row: Mapping[str, Any]) -> str:
    verdict = row.get("verdict")
    return verdict if verdict in VERDICTS else "not run"


def _interval(row: Mapping[str, Any]) -> str:
    ends = row.get("interval")
    if not isinstance(ends, list) or len(ends) != 2:
        return ""
    # of equal values it says nothing of the spread
    return ALIKE if ends[0] == ends[1] and interval(*ends) else interval(*ends)


def _count(row: Mapping[str, Any]) -> str:
    number = as_number(row.get("n"))
    return f"{number:.0f}" if math.isfinite(number) else DASH


def _source_of_claim(headline: Mapping[str, Any], parts: list[Mapping[str, Any]]) -> str:
    """That of the headline, or of another part with its name and ours where that has none."""
    if found := _source(headline):
        return found
    return next((_named_source(part) for part in parts if _source(part)), "")


def _named_source(part: Mapping[str, Any]) -> str:
    text = f"{as_text(part.get('name'), 160)}: {_source(part)}"
    ours = _interval(part)
    return f"{text}; ours {shown(part.get('effect'))} ({ours})" if ours else text


def _source(part: Mapping[str, Any]) -> str:
    """For example "3.51 to 6.14, outside"; "" where the source prints too few numbers."""
    ends = part.get("source")
    if not isinstance(ends, list) or len(ends) != 2:
        return ""
    low, high = map(shown, ends)
    text = low if low == high else f"{low} to {high}"
    lies = part.get("source_lies")
    return f"{text}, {lies}" if lies in ("inside", "outside") else text


def _claimed(value: Any) -> str:
    low, high = value if isinstance(value, list) and len(value) == 2 else (None, None)
    has_low, has_high = math.isfinite(as_number(low)), math.isfinite(as_number(high))
    if has_low and has_high:
        return f"{shown(low)} to {shown(high)}"
    if has_low:
        return f"above {shown(low)}"
    return f"below {shown(high)}" if has_high else DASH
