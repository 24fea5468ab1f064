"""Our measurements and the plain ways to the same numbers, each a job."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np

from callbacks.objective import MeanLoss
from study.bench.laps import Laps
from study.bench.peers.article_model import article_model
from study.bench.peers.plane import EVERY, PLANE, POINTS
from study.data.load import open_prepared
from study.measure.chunks import rows_at_a_time
from study.measure.landscape import filter_normalised_direction, plane_ticks, points_on_plane
from study.measure.many_points import ManyPoints
from study.train.batches import Examples
from study.train.devices import prepare_devices
from study.train.network import compiled_model
from study.train.run import split_examples
from study.train.settings import run_settings_from_dict


def set_up(
    options: dict[str, Any], in_pieces: bool = True
) -> tuple[keras.Model, Examples, Examples]:
    """The network of ``options["run"]``, its training and its validation pictures.

    Threads take pieces of what it is given, as in studies, or share every operation, as
    TensorFlow has it of itself.
    """
    settings = run_settings_from_dict(options["run"])
    apart = in_pieces and settings.rows_apart
    devices = prepare_devices(1, options["threads"], in_pieces=apart)
    train, validation = split_examples(open_prepared(Path(options["data"])))
    return compiled_model(settings, devices), train, validation


def gradient(options: dict[str, Any], laps: Laps) -> None:
    """Laps of the mean loss and its gradient over the training set, as sharpness needs them."""
    model, train, _ = set_up(options)
    size = rows_at_a_time(model, train.images)
    objective = MeanLoss(model, train.images, train.labels, batch_size=size)
    weights = objective.weights()
    _repeat(laps, train.count, lambda: objective.value_and_gradient(weights))


def loss(options: dict[str, Any], laps: Laps) -> None:
    """Laps of the mean loss and accuracy over the training set at several weight vectors.

    As interpolation and landscape need them, side by side; a picture counts once a vector.
    """
    model, train, _ = set_up(options)
    measured = ManyPoints(model, train.images, train.labels)
    weights = model.get_weights()
    direction = filter_normalised_direction(weights, 0)
    places = [(1.0, 0.1 * number) for number in range(POINTS)]
    line = [weights, direction]
    _repeat(laps, POINTS * train.count, lambda: measured.losses_and_accuracies(line, places))


def predicting(options: dict[str, Any], laps: Laps) -> None:
    """Laps of ``model.predict`` over the training set."""
    model, train, _ = set_up(options)
    images = train.images.numpy()
    size = options["run"]["batch_size"]
    _repeat(laps, train.count, lambda: model.predict(images, batch_size=size, verbose=0))


def _repeat(laps: Laps, pictures: int, work: Callable[[], Any]) -> None:
    """Makes the work a lap for ever, after once as a warm-up."""
    work()
    laps.ready()
    while True:
        work()
        laps.lap(pictures=pictures)


def landscape_ours(options: dict[str, Any], laps: Laps) -> None:
    """Laps of a sample of the landscape on the whole validation set; ``losses`` row by row."""
    model, _, validation = set_up(options)
    weights, directions, ticks = _sample_of_plane(model)
    # compiled once, as for all points of a plane, and as the other side's evaluate
    measured = ManyPoints(model, validation.images, validation.labels)

    def grid() -> list[float]:
        found = points_on_plane(measured, weights, directions, (ticks, ticks))
        return [float(value) for value in found["loss"]]

    grid()
    laps.ready()
    while True:
        laps.lap(losses=grid(), pictures=len(ticks) ** 2 * validation.count)


def _sample_of_plane(model: keras.Model) -> tuple[Any, Any, Any]:
    """The weights in the middle, two directions, and the coordinates that are timed."""
    weights = model.get_weights()
    directions = [filter_normalised_direction(weights, (0, axis)) for axis in (0, 1)]
    return weights, directions, plane_ticks(PLANE)[::EVERY]


def landscape_loop(options: dict[str, Any], laps: Laps) -> None:
    """The same points by ``set_weights`` and ``evaluate`` of the study's network."""
    model, _, validation = set_up(options, in_pieces=False)
    images = validation.images.numpy()
    _evaluate(laps, model, "mean_loss", images, validation, _sample_of_plane(model))


def landscape_of_layers(options: dict[str, Any], laps: Laps) -> None:
    """The same points by ``set_weights`` and ``evaluate`` of the network of Keras's own layers."""
    model, _, validation = set_up(options, in_pieces=False)
    plain = article_model(run_settings_from_dict(options["run"]))
    images = validation.images.numpy().astype(np.float32) / 255
    _evaluate(laps, plain, "loss", images, validation, _sample_of_plane(model))


def _evaluate(
    laps: Laps, model: keras.Model, name: str, images: Any, validation: Examples, sample: Any
) -> None:
    """Laps of ``evaluate`` at every point of the sample; ``name`` is that of the loss."""
    weights, directions, ticks = sample
    labels = validation.labels.numpy()

    def at(alpha: float, beta: float) -> float:
        moved = [w + alpha * a + beta * b for w, a, b in zip(weights, *directions, strict=True)]
        model.set_weights(moved)
        found = model.evaluate(images, labels, batch_size=256, verbose=0, return_dict=True)
        return float(found[name])

    at(0, 0)
    laps.ready()
    while True:
        losses = [at(alpha, beta) for alpha in ticks for beta in ticks]
        laps.lap(losses=losses, pictures=len(ticks) ** 2 * validation.count)
