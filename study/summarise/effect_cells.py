"""What runs an effect is made from, and what becomes of it if they go on."""

import math

import numpy as np

from study.experiments.declare import (
    Approach,
    AtMatchedLoss,
    BestAgainstBest,
    BestRate,
    Cell,
    Combination,
    EachLayer,
    Effect,
    EpochRatio,
    EpochTrend,
    LineRise,
    RankAgreement,
    RatioAtUpdates,
    ShareOfGap,
    StableCells,
    Trend,
)
from study.experiments.sweep import OverSweep, SweepError, SweepSlope
from study.summarise.measured import Measured
from study.summarise.quantity_names import quantity_named

_UNKNOWN = frozenset({-1, 1})
_MOTION = ("epoch_distance", "median_update_norm", "distance_from_init")
_LOSS = "min_val_loss"


def cells_of(effect: Effect, study: Measured) -> list[Cell]:
    """The cells whose runs an effect needs, each once."""
    match effect:
        case AtMatchedLoss():
            cells = cells_of(effect.of, study)
        case Trend() | EpochTrend():
            cells = [effect.arm.cell(size) for size in study.batch_sizes]
        case Combination():
            cells = [cell for _, cell in effect.terms]
        case EpochRatio() | RatioAtUpdates() | EachLayer():
            cells = [effect.first, effect.second]
        case ShareOfGap():
            cells = [effect.before, effect.after, effect.goal]
        case Approach():
            cells = [cell for pair in effect.pairs for cell in pair] + [effect.goal]
        case LineRise():
            cells = [effect.small, effect.large]
        case BestAgainstBest():
            cells = [*effect.first.cells, *effect.second.cells]
        case StableCells():
            cells = [*effect.first.cells, *effect.second.cells, *effect.beside]
        case RankAgreement():
            cells = list(effect.cells)
        case OverSweep() | SweepSlope() | SweepError():
            names = [name for row in effect.sweep.conditions for name in row]
            cells = [Cell(0, condition=name) for name in names]
        case BestRate():
            cells = [Cell(effect.batch_size, multiple) for multiple in effect.multiples]
    return list(dict.fromkeys(cells))


def is_timing(effect: Effect) -> bool:
    """Whether the effect compares times."""
    quantity = getattr(effect, "quantity", "")
    return bool(quantity) and quantity_named(quantity).timing


def at_minimum(effect: Effect) -> bool:
    """Whether the effect speaks of minimisers, which an unfinished run blurs."""
    if isinstance(effect, EpochTrend | EpochRatio | RatioAtUpdates | AtMatchedLoss):
        return False
    quantity = getattr(effect, "quantity", "")
    return not quantity or quantity_named(quantity).at_minimum


def needs_minimisers(effect: Effect) -> bool:
    """Whether a run that never left chance level says nothing for the effect.

    So it is with minimisers, and with how far weights move: on the plateau they hardly do.
    Losses, accuracies, times and counts of such runs can be compared all the same.
    """
    quantity = getattr(effect, "quantity", getattr(effect, "column", ""))
    if quantity in _MOTION:
        return True
    return at_minimum(effect) and quantity != _LOSS


def bounds_of(effect: Effect) -> tuple[float, float]:
    """What no value of the effect can pass."""
    if isinstance(effect, RankAgreement):
        return (-2.0, 2.0) if effect.less else (-1.0, 1.0)
    return -math.inf, math.inf


def moves(effect: Effect, study: Measured, cell: Cell) -> frozenset[int]:
    """Where the effect moves if the cut-off run of ``cell`` goes on; both ways where unknown."""
    if not at_minimum(effect):
        return frozenset()
    quantity = getattr(effect, "quantity", "")
    direction = quantity_named(quantity).after_cut_off if quantity else 0
    if not direction:
        return _UNKNOWN
    weight = 0.0
    match effect:
        case Trend():
            weight = math.log2(cell.batch_size) - float(np.log2(study.batch_sizes).mean())
        case Combination():
            weight = math.fsum(weight for weight, other in effect.terms if other == cell)
        case _:
            return _UNKNOWN
    return frozenset({int(np.sign(weight)) * direction} - {0})
