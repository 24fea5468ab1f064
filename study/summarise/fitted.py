"""Whether what is called a minimiser was trained to one: by its accuracy on training pictures."""

import math
from collections.abc import Iterable, Sequence

from study.experiments.declare import Cell, Effect
from study.summarise.effect_cells import cells_of
from study.summarise.measured import Measured, MissingValueError
from study.words import listed


def unfitted_words(effect: Effect, seeds: Sequence[int], needed: float, study: Measured) -> str:
    """Why the weights behind an effect are no minimisers, "" where all are.

    Args:
        effect: whose cells are looked at.
        seeds: that the effect has a value in.
        needed: mean accuracy of each cell over these seeds; 0 for an effect that needs none.
        study: with its frames.
    """
    if not needed:
        return ""
    found = {cell: train_accuracy(cell, seeds, study) for cell in cells_of(effect, study)}
    low = [cell for cell, (accuracy, _) in found.items() if not accuracy >= needed]
    if not low:
        return ""
    texts = listed(f"{_percent(found[cell][0])} with {study.label(cell)}" for cell in low)
    lags = any(found[cell][1] for cell in low)
    how = " (mean while the last epoch trained, which lags a little behind)" if lags else ""
    return (
        f"no minimisers yet, as fewer than {_percent(needed)} of the training pictures are "
        f"learned: {texts}{how}; more epochs may help"
    )


def train_accuracy(cell: Cell, seeds: Sequence[int], study: Measured) -> tuple[float, bool]:
    """Mean accuracy on training pictures over seeds, and whether it lags behind the weights.

    That of the weights that are measured, where it was measured; else the mean while the last
    epoch trained, on pictures as the run saw them (augmented ones, say). NaN where neither is
    known.
    """
    try:
        return _mean(study.value("base_accuracy", cell, seed) for seed in seeds), False
    except MissingValueError:
        pass
    try:
        return _mean(float(study.epochs("accuracy", cell, seed)[-1]) for seed in seeds), True
    except MissingValueError:
        return math.nan, True


def _mean(values: Iterable[float]) -> float:
    found = list(values)
    return math.fsum(found) / len(found)


def _percent(share: float) -> str:
    return "unknown" if math.isnan(share) else f"{100 * share:.4g} %"
