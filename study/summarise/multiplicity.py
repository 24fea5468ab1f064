"""How far verdicts hold when all claims of a study are looked at together."""

from collections.abc import Mapping, Sequence
from typing import Any

from study.summarise.statistics import LEVEL, Verdict, verdict
from study.summarise.verdicts import Judged
from study.words import counted, listed, number

_HALVINGS = 50
# nearer to 0 the level is 1 but for rounding, and an interval of level 1 has no ends
_SMALLEST = 1e-12


def part_p(row: Judged) -> float:
    """The smallest p at which a part has its verdict: 1 - the highest level of its interval.

    At least 1e-12. Twice the one-sided p for a claim in one direction; 1 for a part that is not
    decided.
    """
    if row.verdict not in ("reproduced", "not reproduced"):
        return 1.0
    low, high = _SMALLEST, 1 - LEVEL
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        estimate = row.sample.estimate_at(1 - middle)
        if verdict(estimate, row.part.claimed.low, row.part.claimed.high) == row.verdict:
            high = middle
        else:
            low = middle
    return high


def claim_p(
    result: Verdict, deciding: Sequence[Judged], counting: Sequence[Judged]
) -> float | None:
    """That of a claim: the largest of its parts where all have to be reproduced.

    Where one part that is not reproduced is enough, the smallest times their number. None for a
    claim that is open.

    Args:
        result: the claim's verdict.
        deciding: all parts that decide.
        counting: those of them that had to be reproduced.
    """
    if result == "reproduced":
        return max(map(part_p, counting))
    if result == "not reproduced":
        return min(1.0, len(deciding) * min(map(part_p, deciding)))
    return None


def together(claims: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Which verdicts hold at a level that all claims tested share (Holm 1979).

    Args:
        claims: rows of ``claims`` in summary.json, with ``p``.

    Returns:
        ``tested`` (claims with an interval, decided or not, but those that follow from what is
        declared), ``kept`` and ``lost`` (ids of the claims decided), ``text``; "" where nothing
        was tested.
    """
    tested = [row for row in claims if _is_tested(row)]
    decided = sorted((row for row in tested if row["p"] is not None), key=lambda row: row["p"])
    kept: list[str] = []
    for place, row in enumerate(decided):
        if row["p"] > (1 - LEVEL) / (len(tested) - place):
            break
        kept.append(row["id"])
    lost = [row["id"] for row in decided[len(kept) :]]
    in_order = [row["id"] for row in claims]
    found = {"kept": sorted(kept, key=in_order.index), "lost": sorted(lost, key=in_order.index)}
    return {"tested": len(tested), **found, "text": _text(tested, **found)}


def _is_tested(row: Mapping[str, Any]) -> bool:
    deciding = _deciding(row)
    exact = bool(deciding) and all(part["exact"] for part in deciding)
    return row["verdict"] != "not run" and bool(row["interval"]) and not exact


def _deciding(row: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [part for part in row["parts"] if part["decides"]]


def _in_one_direction(row: Mapping[str, Any]) -> bool:
    """Whether each part claims an effect on one side of none at all."""
    return all(part["one_sided"] for part in _deciding(row))


def _text(tested: Sequence[Mapping[str, Any]], kept: list[str], lost: list[str]) -> str:
    if not tested:
        return ""
    one_side = (1 - LEVEL) / 2
    directed = sum(map(_in_one_direction, tested))
    text = ""
    if directed:
        text = (
            "Where there is nothing to find, a claim in one direction comes out reproduced in "
            f"{100 * one_side:g} % of studies at most, and not reproduced as seldom."
        )
    if directed > 1:
        some = 1 - (1 - one_side) ** directed
        text += (
            f" Of {counted(directed, 'such claim')}, as many as have an interval here, at least "
            f"one would come out reproduced in {100 * some:.0f} % of studies at most, if they were "
            "independent; they share runs, and are not."
        )
    kinds = ", in one direction or not" if 0 < directed < len(tested) else ""
    claims = counted(len(tested), "claim")
    shared = f"At a level shared over all {claims} with an interval{kinds} (Holm)"
    if kept:
        keep = "keep their verdicts" if len(kept) > 1 else "keeps its verdict"
        text += f" {shared} {listed(kept)} {keep}."
    if lost:
        values = {row["id"]: row["p"] for row in tested}
        named = listed(f"{name} (p = {number(values[name])})" for name in lost)
        begin = "Not so" if kept else f"{shared} none is kept:"
        text += f" {begin} {named}."
    return text.strip()
