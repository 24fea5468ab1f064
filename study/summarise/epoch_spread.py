"""Whether epochs of one batch size took alike, so that times of runs can be compared.

Other work on the machine slows some runs and not others, and a remedy may itself compute more in
an epoch. Nothing stored tells these apart; that epochs of one batch size differ much does show
that a ratio of times is not one of batch sizes alone.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from study.experiments.declare import Cell
from study.summarise.circumstances import UNLIKE
from study.summarise.epoch_seconds import typical_seconds
from study.summarise.measured import Measured, MissingValueError


@dataclass(frozen=True)
class EpochSpread:
    """The fastest and the slowest run of a batch size, in seconds an epoch.

    Attributes:
        fastest_in, slowest_in: the cell and seed of each, in words.
    """

    batch_size: int
    fastest: float
    slowest: float
    fastest_in: str
    slowest_in: str

    @property
    def unlike(self) -> bool:
        """Whether the two differ by more than :data:`UNLIKE`."""
        return self.slowest > UNLIKE * self.fastest


def epoch_spreads(cells: Iterable[Cell], study: Measured) -> dict[int, EpochSpread]:
    """By batch size, how far the completed runs of ``cells`` lie apart, each over its seeds.

    A run whose batch size changes counts at each of its batch sizes.
    """
    found: dict[int, list[tuple[float, str]]] = {}
    for cell in dict.fromkeys(cells):
        for seed in study.seeds:
            name = f"{study.label(cell)}, seed {seed}"
            for size, seconds in _seconds_by_size(cell, seed, study).items():
                found.setdefault(size, []).append((seconds, name))
    return {size: _spread(size, runs) for size, runs in sorted(found.items())}


def sizes_of(cell: Cell, study: Measured) -> set[int]:
    """The batch sizes that completed runs of a cell train with."""
    return {size for seed in study.seeds for size in _seconds_by_size(cell, seed, study)}


def _spread(size: int, runs: list[tuple[float, str]]) -> EpochSpread:
    # the first of equals, whatever it is called
    (fastest, fast), (slowest, slow) = (
        choose(runs, key=lambda run: run[0]) for choose in (min, max)
    )
    return EpochSpread(size, fastest, slowest, fast, slow)


def _seconds_by_size(cell: Cell, seed: int, study: Measured) -> Mapping[int, float]:
    """Typical seconds an epoch of a run, by batch size; {} where they are not known."""
    try:
        run = study.completed(cell, seed)
        columns = {
            name: study.epochs(name, cell, seed) for name in ("train_seconds", "validation_seconds")
        }
    except MissingValueError:
        return {}
    try:
        sizes = study.epochs("epoch_batch_size", cell, seed)
    except MissingValueError:  # of runs without a recipe
        sizes = np.full(len(columns["train_seconds"]), float(run["batch_size"]))
    seconds = typical_seconds(pd.DataFrame({**columns, "epoch_batch_size": sizes}))
    return {int(size): float(seconds[sizes == size][0]) for size in np.unique(sizes)}
