"""From the frames of a study to one value of a declared effect per seed.

Each kind of effect in ``study.experiments.declare`` has one function here, registered by type.
Only completed runs count; a seed that lacks one of the runs or values that an effect needs is
left out of that effect, with the reason.
"""

import contextlib
import math
from collections.abc import Sequence
from functools import singledispatch

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
from study.summarise.at_updates import ratio_at_updates
from study.summarise.effect_cells import at_minimum, bounds_of, cells_of, moves
from study.summarise.groups import best_difference, stable_difference
from study.summarise.matched_loss import at_loss, lowest_shared_loss
from study.summarise.measured import Measured, MissingValueError
from study.summarise.quantity_names import layer_quantity, quantity_named
from study.summarise.samples import Sample
from study.summarise.statistics import (
    kendall_tau,
    slopes_per_doubling,
)
from study.summarise.sweep_basis import Basis, OfSweep, basis_of
from study.summarise.sweep_effects import awaits_nothing, over_sweep, sweep_error, sweep_slope
from study.words import listed


def sample(effect: Effect, study: Measured) -> Sample:
    """The values of ``effect`` (one that needs no :func:`expand`) over the seeds of ``study``."""
    basis = _basis(effect, study)
    cells = basis.cells
    seeds: list[int] = []
    values: list[tuple[float, ...]] = []
    left_out: list[tuple[int, str]] = []
    for seed in study.seeds:
        try:
            values.append(value_of_seed(effect, study, seed))
            seeds.append(seed)
        except MissingValueError as missing:
            left_out.append((seed, str(missing)))
    runs = [(cell, seed) for seed in seeds for cell in cells]
    cut = [run for run in runs if study.cut_off(*run)]
    untrained = [run for run in runs if study.untrained(*run)]
    fell_back = [run for run in runs if study.fell_back(*run)]
    missing_seeds = [seed for seed, _ in left_out]
    undone = [moves(effect, study, cell) for cell, _ in cut]
    return Sample(
        seeds=tuple(seeds),
        values=tuple(value[0] for value in values),
        denominators=(
            tuple(value[1] for value in values) if isinstance(effect, ShareOfGap) else None
        ),
        gap_sign=effect.sign if isinstance(effect, ShareOfGap) else 0,
        log=isinstance(effect, EpochRatio | RatioAtUpdates | AtMatchedLoss)
        or getattr(effect, "log", False),
        left_out=tuple(left_out),
        lost=any(_lost(effect, cells, study, seed) for seed in missing_seeds),
        diverged=sum(
            any(study.status(cell, seed) == "diverged" for cell in cells) for seed in missing_seeds
        ),
        cut_off=len(cut) if at_minimum(effect) else 0,
        untrained=len(untrained),
        stayed=sum(run not in fell_back for run in untrained),
        fell_back=len(fell_back),
        may_move=frozenset().union(*undone),
        chosen=isinstance(effect, BestAgainstBest),
        basis=basis.words,
        obstacles=basis.obstacles,
        bounds=bounds_of(effect),
    )


def _basis(effect: Effect, study: Measured) -> Basis:
    if isinstance(effect, OfSweep):
        return basis_of(effect, study)
    words = _shared_epochs(effect, study) if isinstance(effect, EpochTrend) else ""
    return Basis(tuple(cells_of(effect, study)), words)


def _shared_epochs(effect: EpochTrend, study: Measured) -> str:
    """Over how many epochs the means of each seed are: short ones weigh as much as long ones."""
    counts = []
    for seed in study.seeds:
        with contextlib.suppress(MissingValueError):
            counts.append(f"{_curves_of(effect, study, seed)[0].size} (seed {seed})")
    return f"mean over the first epochs: {listed(counts)}" if counts else ""


def expand(effect: Effect, study: Measured) -> list[tuple[str, Effect]]:
    """An effect that speaks of each of several things as one named effect a thing.

    All others come back as they are, with an empty name; so does one "of each layer" when no
    layer was measured, as the distance of all layers together.
    """
    if isinstance(effect, EachLayer):
        return [
            (layer, _ratio(layer_quantity(layer), effect.first, effect.second))
            for layer in study.layers
        ] or [("", _ratio(layer_quantity("any"), effect.first, effect.second))]
    if isinstance(effect, BestRate):
        best = Cell(effect.batch_size, effect.multiple)
        return [
            (
                f"{effect.multiple:g} against {other:g} times the rate",
                Combination(
                    effect.quantity, ((1, best), (-1, Cell(effect.batch_size, other))), log=False
                ),
            )
            for other in effect.multiples
            if other != effect.multiple
        ]
    return [("", effect)]


@singledispatch
def value_of_seed(effect: Effect, study: Measured, seed: int) -> tuple[float, ...]:
    """The value of an effect in one seed: (value,), or (numerator, denominator).

    Raises:
        MissingValueError: the seed lacks something that the effect needs.
    """
    raise TypeError(f"no rule for effects of the kind {type(effect).__name__}")


@value_of_seed.register
def _trend(effect: Trend, study: Measured, seed: int) -> tuple[float, ...]:
    cells = cells_of(effect, study)
    values = [_value(study, effect.quantity, cell, seed, effect.log) for cell in cells]
    return (_slope(cells, values),)


@value_of_seed.register
def _epoch_trend(effect: EpochTrend, study: Measured, seed: int) -> tuple[float, ...]:
    curves = _curves_of(effect, study, seed)
    return (_slope(cells_of(effect, study), [float(curve.mean()) for curve in curves]),)


def _curves_of(effect: EpochTrend, study: Measured, seed: int) -> list[np.ndarray]:
    """The curves of a seed, as far as all of them go."""
    curves = [study.epochs(effect.column, cell, seed) for cell in cells_of(effect, study)]
    shared = min(curve.size for curve in curves)
    return [curve[:shared] for curve in curves]


@value_of_seed.register
def _combination(effect: Combination, study: Measured, seed: int) -> tuple[float, ...]:
    terms = [
        weight * _value(study, effect.quantity, cell, seed, effect.log)
        for weight, cell in effect.terms
    ]
    return (math.fsum(terms),)


@value_of_seed.register
def _epoch_ratio(effect: EpochRatio, study: Measured, seed: int) -> tuple[float, ...]:
    first, second = (
        study.epochs(effect.column, cell, seed) for cell in (effect.first, effect.second)
    )
    shared = min(first.size, second.size)
    low, high = (round(share * shared) for share in effect.window)
    first, second = first[low:high], second[low:high]
    shared = first.size
    if not shared:
        raise MissingValueError("no shared epoch lies in that part of them")
    if (first[:shared] <= 0).any() or (second[:shared] <= 0).any():
        raise MissingValueError(f"{effect.column} is 0 in an epoch and has no ratio")
    logs = np.log(first[:shared]) - np.log(second[:shared])
    if effect.apart:
        return (float(np.abs(logs).mean()),)
    if not effect.growth:
        return (float(logs.mean()),)
    half = shared // 2
    if half < 2:
        raise MissingValueError(f"only {shared} shared epochs, at least 4 are needed")
    return (float(logs[-half:].mean() - logs[:half].mean()),)


@value_of_seed.register
def _share_of_gap(effect: ShareOfGap, study: Measured, seed: int) -> tuple[float, ...]:
    before, after, goal = (
        _value(study, effect.quantity, cell, seed, effect.log)
        for cell in (effect.before, effect.after, effect.goal)
    )
    return before - after, before - goal


@value_of_seed.register
def _approach(effect: Approach, study: Measured, seed: int) -> tuple[float, ...]:
    goal = _value(study, effect.quantity, effect.goal, seed, log=True)
    changes = [
        abs(_value(study, effect.quantity, after, seed, log=True) - goal)
        - abs(_value(study, effect.quantity, before, seed, log=True) - goal)
        for before, after in effect.pairs
    ]
    return (math.fsum(changes) / len(changes),)


@value_of_seed.register
def _line_rise(effect: LineRise, study: Measured, seed: int) -> tuple[float, ...]:
    small, large = (
        study.rise(effect.split, effect.small, effect.large, seed, end) for end in (0, 1)
    )
    return (large - small,)


@value_of_seed.register
def _best_against_best(effect: BestAgainstBest, study: Measured, seed: int) -> tuple[float, ...]:
    return (best_difference(effect, study, seed),)


@value_of_seed.register
def _stable_cells(effect: StableCells, study: Measured, seed: int) -> tuple[float, ...]:
    return (stable_difference(effect, study, seed),)


@value_of_seed.register
def _rank_agreement(effect: RankAgreement, study: Measured, seed: int) -> tuple[float, ...]:
    first, second = (
        [study.value(quantity, cell, seed) for cell in effect.cells]
        for quantity in (effect.first, effect.second)
    )
    if not effect.less:
        return (kendall_tau(first, second),)
    other = [study.value(effect.less, cell, seed) for cell in effect.cells]
    return (kendall_tau(first, second) - kendall_tau(other, second),)


@value_of_seed.register
def _at_matched_loss(effect: AtMatchedLoss, study: Measured, seed: int) -> tuple[float, ...]:
    cells = cells_of(effect, study)
    curves = {cell: study.along(cell, seed) for cell in cells}
    loss = lowest_shared_loss(list(curves.values()))
    logs = {}
    for cell, curve in curves.items():
        logs[cell] = at_loss(curve, loss)
        if math.isnan(logs[cell]):
            raise MissingValueError(
                f"{study.label(cell)} has no sharpness along the run about the loss {loss:.3g}"
            )
    if isinstance(effect.of, Trend):
        return (_slope(cells, [logs[cell] for cell in cells]),)
    return (math.fsum(weight * logs[cell] for weight, cell in effect.of.terms),)


for _rule in (over_sweep, sweep_slope, sweep_error, ratio_at_updates):
    value_of_seed.register(_rule)


def _lost(effect: Effect, cells: Sequence[Cell], study: Measured, seed: int) -> bool:
    if sweep := getattr(effect, "sweep", None):
        return awaits_nothing(sweep, study, seed)
    statuses = {study.status(cell, seed) for cell in cells}
    ended = {"completed", "diverged", "failed"}
    return statuses <= ended and statuses != {"completed"}


def _value(study: Measured, quantity: str, cell: Cell, seed: int, log: bool) -> float:
    value = study.value(quantity, cell, seed)
    if not log:
        return value
    if value <= 0:
        title = quantity_named(quantity).title
        raise MissingValueError(f"{study.label(cell)}: {title} {value:g} has no logarithm")
    return math.log(value)


def _slope(cells: list[Cell], values: list[float]) -> float:
    sizes = [cell.batch_size for cell in cells]
    if len(sizes) < 2:
        raise MissingValueError("the study has one batch size, a trend needs two")
    return float(slopes_per_doubling(sizes, [values])[0])


def _ratio(quantity: str, first: Cell, second: Cell) -> Combination:
    return Combination(quantity, ((1, first), (-1, second)), log=True)
