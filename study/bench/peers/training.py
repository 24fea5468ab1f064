"""Ways to train the article's network, each a job whose laps are epochs with validation."""

import tempfile
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from study.bench.laps import Laps
from study.bench.memory import peak_bytes, resident_bytes
from study.bench.peers.article_model import article_model
from study.data.load import open_prepared
from study.train.batches import train_batches
from study.train.devices import prepare_devices
from study.train.network import compiled_model
from study.train.run import split_examples, train_run
from study.train.settings import RunSettings, run_settings_from_dict

_ENDLESS = 10**6


class _Laps(keras.callbacks.Callback):
    """Makes every epoch after the first a lap; stands last and watches nothing else."""

    def __init__(self, laps: Laps, pictures: int, base: int | None) -> None:
        super().__init__()
        self._end = lap_of(laps, pictures, base)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._end({})


def lap_of(laps: Laps, pictures: int, base: int | None, note: str = "") -> Any:
    """A function to be called after every epoch: the first one is the warm-up.

    Args:
        laps: of the job.
        pictures: trained on in an epoch.
        base: bytes that the process held before it had any.
        note: what to say of this side beside its name.
    """
    warm = False

    def end(event: dict[str, Any]) -> None:
        nonlocal warm
        if warm:
            laps.lap(pictures=pictures, base_bytes=base, peak_bytes=peak_bytes())
        else:
            warm = True
            laps.ready(note=note)

    return end


def ours(options: dict[str, Any], laps: Laps) -> None:
    """A run as a study makes it: all default callbacks, validation, a checkpoint every epoch.

    Args:
        options: ``data`` (a prepared directory), ``run`` (settings), ``threads``.
        laps: one an epoch, with ``pictures`` (trained on), ``base_bytes``, ``peak_bytes``.
    """
    settings = _endless(options)
    devices = prepare_devices(1, options["threads"], in_pieces=settings.rows_apart)
    base = resident_bytes()
    train, validation = split_examples(open_prepared(Path(options["data"])))
    folder = Path(tempfile.mkdtemp(prefix="run-", dir=options["folder"]))
    train_run(settings, train, validation, folder, devices, lap_of(laps, train.count, base))


def article(options: dict[str, Any], laps: Laps) -> None:
    """The article's own way: ``fit`` on float32 pictures through cache, shuffle and batch."""
    prepare_devices(1, options["threads"], False)
    base = resident_bytes()
    settings = _endless(options)
    from study.data.dataset import split

    dataset = open_prepared(Path(options["data"]))
    parts = []
    for rows in split(dataset):
        arrays = np.ascontiguousarray(dataset.images[rows]), dataset.labels[rows]
        parts.append(tf.data.Dataset.from_tensor_slices(arrays).map(_scaled).cache())
    train, validation = parts
    batches = train.shuffle(1000, seed=0, reshuffle_each_iteration=False)
    model = article_model(settings)
    model.fit(
        batches.batch(settings.batch_size),
        validation_data=validation.batch(settings.batch_size),
        epochs=_ENDLESS,
        shuffle=False,
        verbose=0,
        callbacks=[_Laps(laps, len(split(dataset)[0]), base)],
    )


def training_alone(options: dict[str, Any], laps: Laps) -> None:
    """Training as in our runs, without validation and callbacks."""
    _, fit, pictures = training_fit(options, whole=True)
    fit(epochs=_ENDLESS, callbacks=[_Laps(laps, pictures, None)])


def training_fit(
    options: dict[str, Any], whole: bool, most: int | None = None
) -> tuple[keras.Model, Callable[..., Any], int]:
    """A new model, its ``fit`` but for epochs and callbacks, and the pictures of an epoch.

    Args:
        options: ``data``, ``run`` and ``threads``, as for ``ours``.
        whole: an epoch is one call, as in our runs; else steps are taken one by one.
        most: pictures of an epoch, whole batches; None: all training pictures.
    """
    settings = _endless(options)
    devices = prepare_devices(1, options["threads"], in_pieces=settings.rows_apart)
    train, _ = split_examples(open_prepared(Path(options["data"])))
    batches, steps = train_batches(train, settings.batch_size, 0, False, devices)
    pictures = train.count
    if most is not None and most < pictures:
        steps = max(1, most // settings.batch_size)
        pictures = steps * settings.batch_size
    model = compiled_model(settings, devices)
    if whole:
        model.steps_per_execution = steps
    fit = partial(model.fit, batches, steps_per_epoch=steps, shuffle=False, verbose=0)
    return model, fit, pictures


def _endless(options: dict[str, Any]) -> RunSettings:
    """The settings of ``options["run"]``, for a run that only the conductor ends."""
    return replace(run_settings_from_dict(options["run"]), patience=_ENDLESS, max_epochs=_ENDLESS)


def _scaled(image: Any, label: Any) -> tuple[Any, Any]:
    return tf.cast(image, tf.float32) / 255, label
