"""All that is measured on one minimiser, each part stored as soon as it is there."""

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import tensorflow as tf

from callbacks.weights import squared_distance
from study.experiments.presets import Measures
from study.measure.along import sharpness_along
from study.measure.gradient_norms import gradient_norms
from study.measure.landscape import COLUMNS, landscape
from study.measure.sharpness_trials import sharpness_trials
from study.measure.stored import StoredMeasurement, measure_once
from study.train.batches import Examples
from study.train.stored_weights import load_initial, load_measured

Progress = Callable[[int, int], None]
Load = Callable[[Path, keras.Model], Any]
# one pair for all runs: planes of one study were else not alike where it goes on with newer code
DIRECTION_SEED = 0


def measure_minimiser(
    model: keras.Model,
    folder: Path,
    train: Examples,
    measures: Measures,
    laws: Sequence[tuple[str, float]],
    with_landscape: bool,
    batch_size: int,
    progress: Progress,
    at: str = "minimum",
) -> None:
    """Measures the minimiser of a completed run and stores every part in its folder.

    Sharpness along the run is measured at its snapshots.

    Args:
        model: the run's network, compiled; its weights are overwritten.
        folder: ``runs/<id>``.
        train: training examples; measurements take the first ones of the split.
        measures: how many of them, trials, points.
        laws: pairs (space, epsilon) of sharpness.
        with_landscape: whether the landscape is measured too.
        batch_size: of the run, for the norms of batch gradients.
        progress: called with what is done and the total, of the part at work.
        at: which weights are taken for the minimiser: those of the lowest validation loss
            ("minimum"), or those after the last epoch of a run with a recipe ("end").

    Raises:
        StoreError: weights that the run stored are gone or damaged.
        DiskError: results cannot be written.
    """

    def load(place: Path, into: keras.Model) -> Any:
        return load_measured(place, into, at)

    measure_once(folder, "layer_distances", lambda _: layer_distances(model, folder, load))
    measure_once(
        folder,
        "gradient_norms",
        lambda _: _gradient_norms(
            model, folder, train, measures.gradient_examples, batch_size, load
        ),
    )
    load(folder, model)
    measure_once(
        folder,
        "sharpness",
        lambda stored: sharpness_trials(
            model, first_of(train, measures.sharpness_examples), laws, measures, stored, progress
        ),
    )
    if with_landscape:
        measure_once(
            folder,
            "landscape",
            lambda stored: _landscape(model, train, measures, stored, progress),
        )
    if measures.along_levels:
        measure_once(
            folder,
            "sharpness_along",
            lambda stored: sharpness_along(
                model,
                folder,
                first_of(train, measures.along_examples),
                measures.along_levels,
                stored,
                progress,
            ),
        )


def layer_distances(model: keras.Model, folder: Path, load: Load) -> pd.DataFrame:
    """Distance of the minimiser from the initial weights, layer by layer; order is from 0.

    Kernel and bias of a layer count together; sums of squares are float64.
    """
    initial = _trainable(model, folder, load_initial)
    minimiser = _trainable(model, folder, load)
    rows = [
        {"layer": name, "order": order, "distance": _distance(initial[name], minimiser[name])}
        for order, name in enumerate(minimiser)
    ]
    return pd.DataFrame(rows)


def first_of(examples: Examples, count: int) -> tuple[Any, Any]:
    """Pictures and labels of the first ``count`` examples; the split has mixed them already."""
    # where the pictures are: on a GPU a slice would take all of them there first, and keep them
    with tf.device("/cpu:0"):
        images, labels = examples.images[:count], examples.labels[:count]
    return tf.identity(images), tf.identity(labels)


def _gradient_norms(
    model: keras.Model,
    folder: Path,
    train: Examples,
    count: int,
    batch_size: int,
    load_minimiser: Load,
) -> pd.DataFrame:
    x, y = first_of(train, max(count, batch_size))
    rows = []
    for at, load in (("initial", load_initial), ("minimiser", load_minimiser)):
        load(folder, model)
        rows.append({"at": at, **gradient_norms(model, x, y, batch_size)._asdict()})
    return pd.DataFrame(rows)


def _landscape(
    model: keras.Model,
    train: Examples,
    measures: Measures,
    stored: StoredMeasurement,
    progress: Progress,
) -> pd.DataFrame:
    return landscape(
        model,
        model.get_weights(),
        *first_of(train, measures.landscape_examples),
        size=measures.landscape_size,
        seed=DIRECTION_SEED,
        done=stored.part(COLUMNS),
        on_point=stored.keep,
        progress=progress,
    )


def _trainable(model: keras.Model, folder: Path, load: Load) -> dict[str, list[np.ndarray]]:
    load(folder, model)
    return {
        layer.name: [np.asarray(weight, np.float64) for weight in layer.trainable_weights]
        for layer in model.layers
        if layer.trainable_weights
    }


def _distance(first: list[np.ndarray], second: list[np.ndarray]) -> float:
    return math.sqrt(sum(map(squared_distance, first, second)))
