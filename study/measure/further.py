"""What is measured on the runs of an experiment that asks for more than others."""

from collections.abc import Callable, Sequence
from pathlib import Path

import keras

from study.experiments.presets import Measures
from study.measure.minimiser import DIRECTION_SEED, first_of
from study.measure.path import measure_trajectory
from study.measure.rescaling import plain_landscape, rescaling_lines
from study.measure.stored import measure_once
from study.store.measurements import PLAIN_LANDSCAPE, RESCALING, TRAJECTORY
from study.train.batches import Examples
from study.train.stored_weights import load_measured


def measure_further(
    model: keras.Model,
    folder: Path,
    train: Examples,
    measures: Measures,
    names: Sequence[str],
    at: str,
    progress: Callable[[int, int], None],
) -> None:
    """Measures what is named and stores every part in the run's folder.

    Args:
        model: the run's network, compiled; its weights are overwritten.
        folder: ``runs/<id>``.
        train: training examples; the first ones are taken, as for the landscape.
        measures: how many of them, and points along each axis.
        names: of the measurements, constants of ``study.store.measurements``.
        at: which weights are taken for the minimiser, "minimum" or "end".
        progress: called with the points done and their total.

    Raises:
        StoreError: weights that the run stored are gone or damaged.
    """
    data = first_of(train, measures.landscape_examples)
    size = measures.landscape_size
    if PLAIN_LANDSCAPE in names:
        measure_once(
            folder,
            PLAIN_LANDSCAPE,
            lambda stored: plain_landscape(
                model,
                folder,
                load_measured(folder, model, at),
                data,
                size,
                DIRECTION_SEED,
                stored,
                progress,
            ),
        )
    if RESCALING in names:
        measure_once(
            folder,
            RESCALING,
            lambda _: rescaling_lines(
                model, folder, load_measured(folder, model, at), data, size, DIRECTION_SEED
            ),
        )
    if set(TRAJECTORY) <= set(names):
        measure_trajectory(model, folder, data, size, progress)
