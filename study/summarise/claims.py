"""From declared claims and a study's frames to verdicts.

The verdicts on their parts: ``study.summarise.verdicts``.

A claim, from those of its parts that decide:
1. "not reproduced" when one of them is, and would be with an interval of 1 - 5 % / their number
   (Bonferroni: of many parts one may miss at 95 % by chance; all that are declared count, since
   which of them are run may depend on what was seen);
2. "not run" when its first part is, or, where it speaks of each of several things, when all are;
3. where no part on several devices was run these are left aside, and the reason says so;
4. "reproduced" when all others are, else "inconclusive".

The part that stands for the claim is the first of those that settle its verdict, or the least
favourable one where the claim speaks of each of several things.
"""

import math
from collections import Counter
from typing import Any

import pandas as pd

from study.experiments.declare import BestRate, Claim
from study.summarise.cells import best_multiple, finite
from study.summarise.circumstances import company, unlike_epochs, unlike_runs
from study.summarise.data_facts import data_of
from study.summarise.effect_cells import at_minimum, cells_of, is_timing
from study.summarise.groups import best_words
from study.summarise.measured import Measured
from study.summarise.multiplicity import claim_p
from study.summarise.source_effect import beside
from study.summarise.statistics import LEVEL, Estimate, Verdict, verdict
from study.summarise.stopping import no_rise_words
from study.summarise.times import standstill_words
from study.summarise.verdicts import REAL, Judged, gap_words, judge
from study.words import counted, listed, number

_MANY = 3


def evaluate_claims(claims: tuple[Claim, ...], study: Measured) -> list[dict[str, Any]]:
    """The rows of ``claims`` in summary.json, in the order of declaration; plain JSON values."""
    return [evaluate_claim(claim, study) for claim in claims]


def evaluate_claim(claim: Claim, study: Measured) -> dict[str, Any]:
    """One row of ``claims`` in summary.json."""
    judged = [row for part in claim.parts for row in judge(part, study)]
    deciding = [row for row in judged if row.part.decides]
    weakest = claim.headline == "weakest"
    result = claim_verdict(judged, of_each=weakest)
    headline = min(deciding, key=_favour) if weakest else _settling(deciding, result)
    return {
        "id": claim.id,
        "text": claim.text,
        "verdict": result,
        "effect": finite(headline.estimate.effect),
        "interval": _interval(headline.estimate),
        "n": headline.estimate.n,
        "p": claim_p(result, deciding, _counting(deciding)),
        "unit": headline.part.unit,
        "instead": _instead(headline),
        "obstacle": _obstacle(result, headline, deciding),
        "headline": headline.name,
        "quantity": claim.quantity,
        "test": claim.test,
        "figures": list(claim.figures),
        "parts": [_part_row(row, study) for row in judged],
        "reason": _claim_reason(claim, judged, headline, study),
    }


def claim_verdict(judged: list[Judged], of_each: bool = False) -> Verdict:
    """The verdict on a claim from its parts, by the rules at the head of this module.

    Args:
        judged: its parts.
        of_each: it speaks of each of several things, none of which comes before the others.
    """
    deciding = [row for row in judged if row.part.decides]
    if any(_fails(row, len(deciding)) for row in deciding):
        return "not reproduced"
    if all(row.verdict == "not run" for row in (deciding if of_each else deciding[:1])):
        return "not run"
    if all(row.verdict == "reproduced" for row in _counting(deciding)):
        return "reproduced"
    return "inconclusive"


def _settling(deciding: list[Judged], result: Verdict) -> Judged:
    """The part that stands for a claim: the first that gave it its verdict.

    A claim can be "inconclusive" with no such part, when one misses at 95 % alone or was not run.
    """
    if result == "not reproduced":
        return next(row for row in deciding if _fails(row, len(deciding)))
    alike = [row for row in deciding if row.verdict == result]
    against = [row for row in _counting(deciding) if row.verdict != "reproduced"]
    return (alike or against or deciding)[0]


def _fails(row: Judged, parts: int) -> bool:
    if row.verdict != "not reproduced":
        return False
    claimed = row.part.claimed
    return verdict(_strict(row, parts), claimed.low, claimed.high) == "not reproduced"


def _strict(row: Judged, parts: int) -> Estimate:
    return row.sample.estimate_at(1 - (1 - LEVEL) / parts)


def _allowed_miss(row: Judged, deciding: list[Judged]) -> str:
    """Why a part that is not reproduced does not refute the claim; "" where it does, or is not."""
    parts = len(deciding)
    if not row.part.decides or row.verdict != "not reproduced" or _fails(row, parts):
        return ""
    interval = _strict(row, parts).interval
    level = f"at the level that allows for {counted(parts, 'part')}"
    if interval is None:
        return f"{level} it has no interval"
    return f"{level} its interval is {number(interval[0])} to {number(interval[1])}"


def _obstacle(result: Verdict, headline: Judged, deciding: list[Judged]) -> str:
    """The first reason why a claim stays open in spite of an interval; "" where none is needed."""
    if result not in ("inconclusive", "not run"):
        return ""
    for row in (headline, *deciding):
        words = row.obstacle if row is headline else ""
        if found := words or _allowed_miss(row, deciding):
            return f"{row.name}: {found}" if len(deciding) > 1 else found
    return ""


def _left_aside(deciding: list[Judged]) -> list[Judged]:
    """The parts on several devices, where none of them was run; [] where some were."""
    several = [row for row in deciding if row.part.needs_several_devices]
    return several if all(row.verdict == "not run" for row in several) else []


def _counting(deciding: list[Judged]) -> list[Judged]:
    """The parts that have to be reproduced for the claim to be."""
    left = _left_aside(deciding)
    return [row for row in deciding if row not in left]


def _claim_reason(claim: Claim, judged: list[Judged], headline: Judged, study: Measured) -> str:
    deciding = [row for row in judged if row.part.decides]
    texts: list[str] = []
    if len(deciding) > _MANY:
        counts = Counter(row.verdict for row in deciding)
        tally = ", ".join(f"{count} {name}" for name, count in counts.items())
        texts.append(f"Of {len(deciding)} comparisons {tally}")
        stands = "Weakest" if claim.headline == "weakest" else "Stands for it"
        texts.append(f"{stands}, {headline.name}: {_reason(headline, deciding)}")
    elif len(judged) == 1:
        texts.append(_sentence(judged[0].reason))
    else:
        texts += [_sentence(f"{_name(row)}: {_reason(row, deciding)}") for row in judged]
    left = _left_aside(deciding)
    if left and len(left) < len(deciding):
        texts.append("The part on several devices was not run; the others decide")
    texts += [_best_rates(claim, study), best_words(claim, study)]
    texts.append(_stopping(judged, study))
    if any(is_timing(row.part.effect) and row.estimate.n for row in judged):
        texts.append(hardware(study))
    return " ".join(f"{text.rstrip('.')}." for text in texts if text)


def _name(row: Judged) -> str:
    return row.name if row.part.decides else f"{row.name} (does not decide)"


def _reason(row: Judged, deciding: list[Judged]) -> str:
    return "; ".join(filter(None, (row.reason, _allowed_miss(row, deciding))))


def _stopping(judged: list[Judged], study: Measured) -> str:
    """What is to be said of runs behind parts that speak of their minimisers."""
    effects = [row.part.effect for row in judged if row.estimate.n]
    cells = {cell for effect in effects if at_minimum(effect) for cell in cells_of(effect, study)}
    rows = [study.run(cell, seed) for cell in cells for seed in study.seeds]
    runs = pd.DataFrame([row for row in rows if row is not None])
    return no_rise_words(runs, study.frame("epochs"))


def hardware(study: Measured) -> str:
    """What the times were measured on, as one sentence without its full stop."""
    machine = study.settings.get("hardware") or {}
    gpus = Counter(str(gpu) for gpu in machine.get("gpus") or ())
    used_gpus = any(row.get("devices") == REAL for row in study.runs)
    processor = machine.get("cpu") or "an unnamed processor"
    text = f"Times, by the median epoch of each run, are from {processor}"
    if cores := machine.get("cores"):
        text += f" with {counted(cores, 'core')}"
    if gpus and used_gpus:
        text += f" and {listed(f'{count} x {name}' for name, count in gpus.items())}"
    text += company(study.settings.get("jobs") or 1, study.several_devices is not None)
    frames = {name: study.frame(name) for name in ("runs", "conditions")}
    remarks = (
        standstill_words(study.frame("epochs")),
        unlike_runs(study.frame("circumstances")),
        unlike_epochs(frames),
    )
    return ". ".join((text, *(remark.rstrip(".") for remark in remarks if remark)))


def _best_rates(claim: Claim, study: Measured) -> str:
    """The rate with the lowest mean at each batch size, and which lie on the grid's edge."""
    found, edges = [], []
    for effect in (part.effect for part in claim.parts if isinstance(part.effect, BestRate)):
        best = best_multiple(effect.quantity, effect.batch_size, effect.multiples, study)
        if best is None:
            continue
        found.append(f"{best:g} for batch {effect.batch_size}")
        if best in (min(effect.multiples), max(effect.multiples)):
            edges.append(str(effect.batch_size))
    if not found:
        return ""
    text = (
        "Multiples of the base rate with the lowest mean, over the seeds that all rates of a batch "
        f"size share: {listed(found)}"
    )
    if edges:
        text += f"; for {listed(edges)} that is the edge of the grid, beyond it may be better"
    return text


def _favour(row: Judged) -> tuple[int, float]:
    """Order from the least to the most favourable to the claim."""
    ranks = {"not reproduced": 0, "inconclusive": 1, "not run": 2, "reproduced": 3}
    claimed, effect = row.part.claimed, row.estimate.effect
    if math.isnan(effect):
        return ranks[row.verdict], -math.inf
    return ranks[row.verdict], min(effect - claimed.low, claimed.high - effect)


def _instead(row: Judged) -> str:
    """What was found where seeds have values and there is no effect to show."""
    undefined = row.estimate.n > 0 and math.isnan(row.estimate.effect)
    return gap_words(row.sample) if undefined else ""


def _part_row(row: Judged, study: Measured) -> dict[str, Any]:
    claimed = row.part.claimed
    none = 1.0 if row.sample.log else 0.0
    # times are those of a machine, and drawn pictures are not to be held against photographs
    alike = not is_timing(row.part.effect) and data_of(study.settings).get("embedded") is not True
    return {
        "name": row.name,
        "verdict": row.verdict,
        "effect": finite(row.estimate.effect),
        "interval": _interval(row.estimate),
        "n": row.estimate.n,
        "unit": row.part.unit,
        "values": [finite(value) for value in row.sample.shown],
        "seeds": list(row.sample.seeds),
        "claimed": [finite(claimed.low), finite(claimed.high)],
        "source": None if row.source is None else list(row.source),
        "source_lies": beside(row.source, row.estimate) if alike else "",
        "decides": row.part.decides,
        "exact": row.part.exact,
        "one_sided": (claimed.low, claimed.high) in ((none, math.inf), (-math.inf, none)),
        "reason": row.reason,
    }


def _interval(estimate: Estimate) -> list[float] | None:
    return None if estimate.interval is None else list(estimate.interval)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
