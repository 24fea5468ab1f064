"""From a declared effect and a study's frames to the verdict on it.

A part (one effect) is
- "reproduced" when its whole 95 % interval lies in the range claimed, "not reproduced" when all of
  it lies outside on one side, "inconclusive" otherwise, and with one seed, which has no interval;
- "inconclusive" too when all seeds gave the same value, so that there is no spread to judge by,
  unless the value follows from the declaration (``Part.exact``);
- "inconclusive" too when seeds are left out because a run diverged: the others are the lucky ones;
- "inconclusive" too when runs behind it were stopped by the limit of epochs and going on could
  move the effect against that verdict (for quantities of minimisers; where the direction is
  unknown it counts as both);
- "inconclusive" too when it speaks of minimisers, and says so (``Part.train_accuracy``), and the
  runs of a condition behind it were not trained so far;
- "inconclusive" too when runs behind it never left chance by their validation loss, or fell back
  to it where the last weights are measured: they are taken to have no minimiser, and hardly move
  (their losses can be compared all the same, and the reason says how many there were);
- "inconclusive" too when a sweep's batch sizes behind it have their best rate at the edge of the
  rates tried, miss the target in a seed, or lie on the wrong side of the critical batch size to
  tell (``study.summarise.sweep_basis``);
- "not run" when no seed has all that it needs (inconclusive where that is so because runs diverged
  or failed, or because those of a sweep completed and gave no answer), and when it compares times
  on several devices that are not real ones, or with those of one device that is none (its numbers
  are shown all the same).
"""

import math
from collections import Counter
from dataclasses import dataclass

from study.experiments.declare import Effect, Part, Range
from study.summarise.chance import FELL_BACK, STAYED
from study.summarise.effect_cells import needs_minimisers
from study.summarise.effects import expand, sample
from study.summarise.fitted import unfitted_words
from study.summarise.measured import Measured
from study.summarise.samples import Sample
from study.summarise.source_effect import Limits, source_effect
from study.summarise.statistics import Estimate, Verdict, verdict
from study.words import alike, counted, listed, number

REAL = "GPU"


@dataclass(frozen=True)
class Judged:
    """A part with its verdict; ``name`` says which of several things it speaks of.

    ``source`` is the effect by the source's own printed numbers, None where it prints too few.
    ``obstacle`` is the first thing that keeps the interval from deciding, "" where nothing does.
    """

    name: str
    part: Part
    sample: Sample
    estimate: Estimate
    verdict: Verdict
    reason: str
    source: Limits | None = None
    obstacle: str = ""


def judge(part: Part, study: Measured) -> list[Judged]:
    """The verdict on a part: one, or one for each thing that it speaks of."""
    return [
        _judge_one(part, ": ".join(filter(None, (part.name, name))), effect, study)
        for name, effect in expand(part.effect, study)
    ]


def _judge_one(part: Part, name: str, effect: Effect, study: Measured) -> Judged:
    found = sample(effect, study)
    estimate = found.estimate
    result = verdict(estimate, part.claimed.low, part.claimed.high)
    notes = [_numbers(part, found, estimate)]
    notes += [found.basis] if found.basis and estimate.n else []
    obstacles = _obstacles(result, part, effect, found, study)
    if obstacles:
        result = "inconclusive"
        notes += obstacles
    elif found.cut_off:
        runs = counted(found.cut_off, "run")
        notes.append(f"{runs} stopped by the limit of epochs, the minimum may lie further on")
    notes += _remarks(effect, found)
    if part.needs_several_devices and (obstacle := _no_real_devices(study)):
        result = "not run"
        notes = [obstacle, *(notes if estimate.n else [])]
        obstacles = [obstacle]
    elif found.left_out:
        notes.append(_left_out(found, study))
    source = source_effect(effect, study.experiment)
    first = obstacles[0] if obstacles else ""
    return Judged(name, part, found, estimate, result, "; ".join(notes), source, first)


def _obstacles(
    result: Verdict, part: Part, effect: Effect, found: Sample, study: Measured
) -> list[str]:
    """Why a verdict, or none for want of values, does not stand; [] where it does."""
    estimate = found.estimate
    if estimate.n == 0:
        return ["runs diverged, failed or gave no answer"] if found.lost else []
    reasons = []
    if found.diverged:
        seeds = counted(found.diverged, "seed")
        reasons.append(f"{seeds} with a diverged run left out, and the others are the lucky ones")
    if found.untrained and needs_minimisers(effect):
        reasons.append(_without_minimiser(found))
    if unfitted := unfitted_words(effect, found.seeds, part.train_accuracy, study):
        reasons.append(unfitted)
    reasons += found.obstacles
    if estimate.no_spread and not part.exact:
        reasons.append("all seeds gave the same value, so there is no spread to judge by")
    if undone := _undone(result, part.claimed, estimate, found):
        reasons.append(undone)
    return reasons


def _remarks(effect: Effect, found: Sample) -> list[str]:
    """Runs at chance that the verdict does not hang on."""
    if needs_minimisers(effect):
        return _at_chance(0, found.fell_back - (found.untrained - found.stayed))
    return _at_chance(found.stayed, found.fell_back)


def _without_minimiser(found: Sample) -> str:
    runs = listed(_at_chance(found.stayed, found.untrained - found.stayed))
    be = "is" if found.untrained == 1 else "are"
    return f"{runs}, and {be} taken to have no minimiser; more epochs or another rate may help"


def _at_chance(stayed: int, fell_back: int) -> list[str]:
    counts = ((stayed, STAYED), (fell_back, FELL_BACK))
    return [f"{counted(count, 'run')} {words}" for count, words in counts if count]


def _numbers(part: Part, found: Sample, estimate: Estimate) -> str:
    if estimate.n == 0:
        return "no seed has all that it needs"
    if math.isnan(estimate.effect):
        return f"{gap_words(found)}, so that there is no share of it to speak of"
    text = number(estimate.effect)
    if part.unit:
        text += f" {part.unit}"
    if estimate.no_spread:
        return f"{text} ({alike(estimate.n)}), claimed {part.claimed.words}"
    if estimate.interval is None:
        why = "one seed, so no interval" if estimate.n == 1 else "interval without bounds"
        return f"{text} ({why}), claimed {part.claimed.words}"
    low, high = estimate.interval
    seeds = counted(estimate.n, "seed")
    text += f" (95 % interval {number(low)} to {number(high)}, {seeds})"
    text += f", claimed {part.claimed.words}"
    return text


def gap_words(found: Sample) -> str:
    """What is said in place of a share of a gap that is not clear, or lies the other way."""
    gap, none = found.gap, 1.0 if found.log else 0.0
    clear = gap.interval is None or not gap.interval[0] <= none <= gap.interval[1]
    turned = found.reversed_gap and clear
    text = "the gap lies the other way round" if turned else "no clear gap"
    text += f": {number(gap.effect)}{' times' if found.log else ''}"
    if gap.interval is None:
        return text
    low, high = gap.interval
    return f"{text} (95 % interval {number(low)} to {number(high)}, {counted(gap.n, 'seed')})"


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
    several = _kinds_of_devices(study, study.several_devices)
    if several and several != [REAL]:
        return f"ran on devices of the kind {listed(several)}, whose times say nothing of real ones"
    one = _kinds_of_devices(study, study.one_device)
    if one and one != [REAL]:
        return (
            f"runs on one device were made on devices of the kind {listed(one)}, those on several "
            "on GPUs, whose times are not to be compared"
        )
    return ""


def _kinds_of_devices(study: Measured, count: int) -> list[str]:
    """Of the runs on so many; a run that never started has been on no device."""
    rows = [row for row in study.runs if row["replicas"] == count]
    return sorted({str(row["devices"]) for row in rows if row["devices"]})


def _left_out(found: Sample, study: Measured) -> str:
    reasons = Counter(reason for _, reason in found.left_out)
    texts = [
        f"{reason} (seed {listed(str(seed) for seed, other in found.left_out if other == reason)})"
        for reason in reasons
    ]
    return f"left out {len(found.left_out)} of {len(study.seeds)} seeds: {', '.join(texts)}"
