"""From declared claims and a study's frames to verdicts.

A part (one effect) is
- "reproduced" when its whole 95 % interval lies in the range claimed, "not reproduced" when all of
  it lies outside on one side, "inconclusive" otherwise, and with one seed, which has no interval;
- "inconclusive" too when runs behind it were stopped by the limit of epochs and going on could
  move the effect against that verdict (known for losses, epochs, seconds and distances; where
  the direction is unknown the reason only says how many runs there were);
- "inconclusive" too when runs behind it ended at chance level, on the plateau on which plain SGD
  starts: they have no minimiser to speak of (their losses can be compared all the same, and the
  reason says how many there were);
- "not run" when no seed has all that it needs (inconclusive where that is so because runs diverged
  or failed), and when it compares times on several devices that are not real ones (its numbers
  are shown all the same).

A claim, from those of its parts that decide:
1. "not reproduced" when one of them is;
2. "not run" when its first part is;
3. parts on several devices that were not run are left aside, and the reason says so;
4. "reproduced" when all others are, else "inconclusive".
"""

import math
from collections import Counter
from dataclasses import dataclass
from typing import Any

from study.experiments.declare import BestRate, Claim, Effect, Part, Range
from study.summarise.cells import best_multiple, finite
from study.summarise.circumstances import unlike_runs
from study.summarise.effect_cells import is_timing
from study.summarise.effects import Sample, expand, sample
from study.summarise.groups import best_words
from study.summarise.measured import Measured
from study.summarise.statistics import Estimate, Verdict, verdict
from study.summarise.words import counted, listed, number

_REAL = "GPU"
_MANY = 3


@dataclass(frozen=True)
class Judged:
    """A part with its verdict; ``name`` says which of several things it speaks of."""

    name: str
    part: Part
    sample: Sample
    estimate: Estimate
    verdict: Verdict
    reason: str


def evaluate_claims(claims: tuple[Claim, ...], study: Measured) -> list[dict[str, Any]]:
    """The rows of ``claims`` in summary.json, in the order of declaration; plain JSON values."""
    return [evaluate_claim(claim, study) for claim in claims]


def evaluate_claim(claim: Claim, study: Measured) -> dict[str, Any]:
    """One row of ``claims`` in summary.json."""
    judged = [row for part in claim.parts for row in judge(part, study)]
    deciding = [row for row in judged if row.part.decides]
    headline = min(deciding, key=_favour) if claim.headline == "weakest" else deciding[0]
    return {
        "id": claim.id,
        "text": claim.text,
        "verdict": claim_verdict(judged),
        "effect": finite(headline.estimate.effect),
        "interval": _interval(headline.estimate),
        "n": headline.estimate.n,
        "unit": headline.part.unit,
        "headline": headline.name,
        "quantity": claim.quantity,
        "test": claim.test,
        "figures": list(claim.figures),
        "parts": [_part_row(row) for row in judged],
        "reason": _claim_reason(claim, judged, headline, study),
    }


def judge(part: Part, study: Measured) -> list[Judged]:
    """The verdict on a part: one, or one for each thing that it speaks of."""
    return [
        _judge_one(part, ": ".join(filter(None, (part.name, name))), effect, study)
        for name, effect in expand(part.effect, study)
    ]


def claim_verdict(judged: list[Judged]) -> Verdict:
    """The verdict on a claim from its parts, by the rules at the head of this module."""
    deciding = [row for row in judged if row.part.decides]
    if any(row.verdict == "not reproduced" for row in deciding):
        return "not reproduced"
    if deciding[0].verdict == "not run":
        return "not run"
    counting = [row for row in deciding if not _left_aside(row)]
    if all(row.verdict == "reproduced" for row in counting):
        return "reproduced"
    return "inconclusive"


def _left_aside(row: Judged) -> bool:
    return row.part.needs_several_devices and row.verdict == "not run"


def _judge_one(part: Part, name: str, effect: Effect, study: Measured) -> Judged:
    found = sample(effect, study)
    estimate = found.estimate
    claimed = part.claimed
    result = verdict(estimate, claimed.low, claimed.high)
    notes = [_numbers(part, found, estimate)]
    if estimate.n == 0 and found.lost:
        result = "inconclusive"
    elif found.at_chance and not _speaks_of_losses(effect):
        result = "inconclusive"
        runs = counted(found.at_chance, "run")
        notes.append(
            f"{runs} ended at chance level and so without a minimiser; more patience helps"
        )
    elif undone := _undone(result, claimed, estimate, found):
        result = "inconclusive"
        notes.append(undone)
    elif found.cut_off:
        runs = counted(found.cut_off, "run")
        notes.append(f"{runs} stopped by the limit of epochs, the minimum may lie further on")
    if found.at_chance and _speaks_of_losses(effect):
        notes.append(f"{counted(found.at_chance, 'run')} ended at chance level")
    if part.needs_several_devices and (obstacle := _no_real_devices(study)):
        result = "not run"
        notes = [obstacle, *(notes if estimate.n else [])]
    elif found.left_out:
        notes.append(_left_out(found, study))
    return Judged(name, part, found, estimate, result, "; ".join(notes))


def _speaks_of_losses(effect: Effect) -> bool:
    return getattr(effect, "quantity", "") == "min_val_loss"


def _numbers(part: Part, found: Sample, estimate: Estimate) -> str:
    if estimate.n == 0:
        return "no seed has all that it needs"
    text = number(estimate.effect)
    if part.unit:
        text += f" {part.unit}"
    if estimate.interval is None:
        why = "one seed, so no interval" if estimate.n == 1 else "interval without bounds"
        return f"{text} ({why}), claimed {part.claimed.words}"
    low, high = estimate.interval
    seeds = counted(estimate.n, "seed")
    text += f" (95 % interval {number(low)} to {number(high)}, {seeds})"
    text += f", claimed {part.claimed.words}"
    if estimate.no_spread:
        text += "; all seeds gave the same value, so the interval says nothing of their spread"
    return text


def _undone(result: Verdict, claimed: Range, estimate: Estimate, found: Sample) -> str:
    """Why cut-off runs could undo the verdict, "" where they could not."""
    if result == "reproduced":
        against = {-1} if claimed.low > -math.inf else set()
        against |= {1} if claimed.high < math.inf else set()
    elif result == "not reproduced":
        against = {1} if estimate.effect <= claimed.low else {-1}
    else:
        return ""
    if not against & found.may_move:
        return ""
    runs = counted(found.cut_off, "run")
    return f"{runs} stopped by the limit of epochs, going on could undo what is seen"


def _no_real_devices(study: Measured) -> str:
    if study.several_devices is None:
        return "needs runs on several devices, this study used one"
    rows = [row for row in study.runs if row["replicas"] == study.several_devices]
    # a run that never started has been on no device
    kinds = sorted({str(row["devices"]) for row in rows if row["devices"]})
    if kinds and kinds != [_REAL]:
        return f"ran on devices of the kind {listed(kinds)}, whose times say nothing of real ones"
    return ""


def _left_out(found: Sample, study: Measured) -> str:
    reasons = Counter(reason for _, reason in found.left_out)
    texts = [
        f"{reason} (seed {listed(str(seed) for seed, other in found.left_out if other == reason)})"
        for reason in reasons
    ]
    return f"left out {len(found.left_out)} of {len(study.seeds)} seeds: {', '.join(texts)}"


def _claim_reason(claim: Claim, judged: list[Judged], headline: Judged, study: Measured) -> str:
    deciding = [row for row in judged if row.part.decides]
    texts: list[str] = []
    if len(deciding) > _MANY:
        counts = Counter(row.verdict for row in deciding)
        tally = ", ".join(f"{count} {name}" for name, count in counts.items())
        texts.append(f"Of {len(deciding)} comparisons {tally}")
        texts.append(f"Weakest, {headline.name}: {headline.reason}")
    elif len(judged) == 1:
        texts.append(_sentence(judged[0].reason))
    else:
        texts += [
            _sentence(f"{row.name}{'' if row.part.decides else ' (does not decide)'}: {row.reason}")
            for row in judged
        ]
    left = [row for row in deciding if _left_aside(row)]
    if left and len(left) < len(deciding):
        texts.append("The part on several devices was not run; the others decide")
    texts += [_best_rates(claim, study), best_words(claim, study)]
    if any(is_timing(row.part.effect) and row.estimate.n for row in judged):
        texts.append(hardware(study))
    return " ".join(f"{text.rstrip('.')}." for text in texts if text)


def hardware(study: Measured) -> str:
    """What the times were measured on, as one sentence without its full stop."""
    machine = study.settings.get("hardware") or {}
    gpus = Counter(str(gpu) for gpu in machine.get("gpus") or ())
    used_gpus = any(row.get("devices") == _REAL for row in study.runs)
    text = f"Times are from {machine.get('cpu') or 'an unnamed processor'}"
    if cores := machine.get("cores"):
        text += f" with {counted(cores, 'core')}"
    if gpus and used_gpus:
        text += f" and {listed(f'{count} x {name}' for name, count in gpus.items())}"
    jobs = study.settings.get("jobs")
    text += f", {jobs} runs at a time" if jobs and jobs > 1 else ""
    unlike = unlike_runs(study.frame("circumstances"))
    return f"{text}. {unlike.rstrip('.')}" if unlike else text


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


def _part_row(row: Judged) -> dict[str, Any]:
    claimed = row.part.claimed
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
        "decides": row.part.decides,
        "reason": row.reason,
    }


def _interval(estimate: Estimate) -> list[float] | None:
    return None if estimate.interval is None else list(estimate.interval)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
