"""How much of the gap between a small and a large batch each remedy closes, and at what cost.

The rules of the outcome were written down before any study was looked at:

- "not run" without values; "diverged" where there are none because runs diverged or failed;
- "no clear gap" where the 95 % interval of small minus large does not lie above 0, or with one
  seed the difference itself does not: there is nothing to share out;
- from Fieller's interval of the share: "closes most" from 0.5 on, "closes a part" above 0,
  "widens" below 0, else "open".
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from study.experiments.declare import Cell, Experiment, ShareOfGap, difference, ratio
from study.experiments.remedies import Remedy
from study.summarise.cells import cell_note, count_completed, finite, over_seeds, stayed_at_chance
from study.summarise.effects import sample
from study.summarise.epoch_spread import EpochSpread, epoch_spreads, sizes_of
from study.summarise.measured import Measured
from study.summarise.samples import Sample
from study.words import listed

MOST = 0.5
NOT_RUN, DIVERGED, NO_GAP = "not run", "diverged", "no clear gap"
CLOSES_MOST, CLOSES_PART, WIDENS, OPEN = "closes most", "closes a part", "widens", "open"

Row = dict[str, Any]


def remedy_rows(experiment: Experiment, study: Measured) -> list[Row]:
    """A row for each remedy of an experiment, in the order of declaration; plain JSON values.

    Returns:
        ``title``; ``quantity``; ``small_batch``, ``large_batch``, ``batch`` (that a run begins
        with, None without runs); ``gap`` (small - large), ``share`` (of it that is closed) and
        ``difference`` (remedy - small), each with ``effect``, ``interval`` and ``n``, the share
        None without a clear gap; ``outcome``; ``costs``, by "updates", "examples" and "seconds"
        the ``mean``, and the ratios ``of_large`` and ``of_small`` as effects are told;
        ``unlike_epochs``, for both ratios the batch sizes (``EpochSpread``) whose epochs took so
        unlike that the ratio of seconds can be off; ``at_chance``, how many of the ``runs`` of
        the large batch that the gap is measured to never left chance level; ``notes`` on what did
        not go as planned.
    """
    cells = [c for remedy in experiment.remedies for c in (remedy.small, remedy.large, remedy.cell)]
    spreads = epoch_spreads(cells, study)
    return [_row(remedy, study, spreads) for remedy in experiment.remedies]


def outcome(gap: Sample, share: Sample) -> str:
    """What a remedy does, in a word, by the rules at the head of this module."""
    if not share.values:
        return DIVERGED if share.lost else NOT_RUN
    if share.reversed_gap or not _is_gap(gap):
        return NO_GAP
    ends = share.estimate.interval
    if ends is None:
        return OPEN
    if ends[0] >= MOST:
        return CLOSES_MOST
    if ends[0] > 0:
        return CLOSES_PART
    return WIDENS if ends[1] < 0 else OPEN


def _is_gap(gap: Sample) -> bool:
    lowest, _ = gap.estimate.interval or (gap.estimate.effect, None)
    return lowest > 0


def _row(remedy: Remedy, study: Measured, spreads: Mapping[int, EpochSpread]) -> Row:
    quantity, small, large = remedy.quantity, remedy.small, remedy.large
    against_small = sample(difference(quantity, remedy.cell, small), study)
    gap = sample(difference(quantity, small, large), study)
    share = sample(ShareOfGap(quantity, large, remedy.cell, small, sign=-1), study)
    found = outcome(gap, share)
    return {
        "title": remedy.title,
        "quantity": quantity,
        "small_batch": _batch(small, study),
        "large_batch": _batch(large, study),
        "batch": _batch(remedy.cell, study),
        "gap": _told(gap),
        # a share of nothing can be any number
        "share": None if found == NO_GAP else _told(share),
        "difference": _told(against_small),
        "outcome": found,
        "costs": {name: _cost(cost, remedy, study) for name, cost in remedy.costs.items()},
        "unlike_epochs": {
            name: _unlike((remedy.cell, other), study, spreads)
            for name, other in (("of_large", large), ("of_small", small))
        },
        "at_chance": stayed_at_chance(large, study),
        "runs": count_completed(large, study),
        "notes": _notes(remedy, study),
    }


def _cost(quantity: str, remedy: Remedy, study: Measured) -> Row:
    mean = over_seeds(quantity, remedy.cell, study)
    beside = {"of_large": remedy.large, "of_small": remedy.small}
    return {
        "mean": finite(mean.effect),
        **{
            name: _told(sample(ratio(quantity, remedy.cell, cell), study))
            for name, cell in beside.items()
        },
    }


def _unlike(
    cells: Iterable[Cell], study: Measured, spreads: Mapping[int, EpochSpread]
) -> list[Row]:
    sizes = sorted({size for cell in cells for size in sizes_of(cell, study)})
    return [asdict(spreads[size]) for size in sizes if spreads[size].unlike]


def _told(found: Sample) -> Row:
    estimate = found.estimate.unless_equal()
    return {
        "effect": finite(estimate.effect),
        "interval": list(estimate.interval) if estimate.interval else None,
        "n": estimate.n,
    }


def _batch(cell: Cell, study: Measured) -> int | None:
    runs = [run for seed in study.seeds if (run := study.run(cell, seed)) is not None]
    return int(runs[0]["batch_size"]) if runs else None


def _notes(remedy: Remedy, study: Measured) -> list[str]:
    cells = (remedy.small, remedy.large, remedy.cell)
    notes = ((study.label(cell), cell_note(cell, study)) for cell in cells)
    return [f"{label}: {note}" for label, note in notes if note] + _without_gap(remedy, study)


def _without_gap(remedy: Remedy, study: Measured) -> list[str]:
    """Why there is no gap to share out although the remedy was trained; [] where there is one."""
    ends = (remedy.small, remedy.large)
    absent = [study.label(cell) for cell in ends if _batch(cell, study) is None]
    if not absent or _batch(remedy.cell, study) is None:
        return []
    without = f"{listed(absent)} {'was' if len(absent) == 1 else 'were'} not trained in this study"
    return [f"{without}, so that “{remedy.title}” has no gap to close a share of"]
