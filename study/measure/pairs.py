"""What is measured between two minimisers."""

from collections.abc import Callable
from pathlib import Path

import keras
import pandas as pd

from study.experiments.presets import Measures
from study.measure.interpolation import COLUMNS, interpolate, line_points
from study.measure.minimiser import first_of
from study.measure.stored import StoredMeasurement, measure_once
from study.train.batches import Examples
from study.train.stored_weights import load_measured


def compare_minimisers(
    model: keras.Model,
    small: Path,
    large: Path,
    small_batch_size: int,
    train: Examples,
    validation: Examples,
    measures: Measures,
    progress: Callable[[int, int], None],
    at: str = "minimum",
) -> None:
    """Measures the line from a small-batch minimiser to a large-batch one.

    The result is stored in the folder of the large-batch run.

    Args:
        model: the network of both runs, compiled; its weights are overwritten.
        small: ``runs/<id>`` of the small batch size.
        large: ``runs/<id>`` of the large one.
        small_batch_size: for the record.
        train: training examples; the first ones are taken.
        validation: likewise.
        measures: how many examples and points.
        progress: called with the points done and their total.
        at: which weights of both runs are taken, as for ``measure_minimiser``.
    """

    def measure(stored: StoredMeasurement) -> pd.DataFrame:
        small_weights = load_measured(small, model, at)
        large_weights = load_measured(large, model, at)
        count = measures.interpolation_examples
        points = interpolate(
            model,
            small_weights,
            large_weights,
            {"train": first_of(train, count), "validation": first_of(validation, count)},
            line_points(measures.interpolation_points),
            done=stored.part(COLUMNS),
            on_point=stored.keep,
            progress=progress,
        )
        return points.assign(small_id=small.name, small_batch_size=small_batch_size)

    measure_once(large, f"interpolation@{small.name}", measure)
