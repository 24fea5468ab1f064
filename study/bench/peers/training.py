"""Ways to train the article's network, each a job whose laps are epochs with validation."""

import tempfile
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from callbacks import BatchUpdateNorm, EpochDistance, EpochTiming
from study.bench.laps import Laps
from study.bench.memory import peak_bytes, resident_bytes
from study.data.load import open_prepared
from study.model import FILTERS, HIDDEN_UNITS
from study.train.batches import train_batches
from study.train.devices import prepare_devices
from study.train.network import compiled_model
from study.train.run import split_examples, train_run
from study.train.settings import RunSettings

_ENDLESS = 10**6


class _Laps(keras.callbacks.Callback):
    """Makes every epoch after the first a lap; stands last and watches nothing else."""

    def __init__(self, laps: Laps, pictures: int, base: int | None) -> None:
        super().__init__()
        self._end = lap_of(laps, pictures, base)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._end({})


class _CopyEveryBatch(keras.callbacks.Callback):
    """What one would write first: the norm of each update, by copying weights to the host."""

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        self.norms: list[float] = []
        self._before = self.model.get_weights()

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        now = self.model.get_weights()
        squares = sum(float(((a - b) ** 2).sum()) for a, b in zip(now, self._before, strict=True))
        self.norms.append(squares**0.5)
        self._before = now


def lap_of(laps: Laps, pictures: int, base: int | None) -> Any:
    """A function to be called after every epoch: the first one is the warm-up."""
    warm = False

    def end(event: dict[str, Any]) -> None:
        nonlocal warm
        if warm:
            laps.lap(pictures=pictures, base_bytes=base, peak_bytes=peak_bytes())
        else:
            warm = True
            laps.ready()

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
    model = _article_model(settings)
    model.fit(
        batches.batch(settings.batch_size),
        validation_data=validation.batch(settings.batch_size),
        epochs=_ENDLESS,
        shuffle=False,
        verbose=0,
        callbacks=[_Laps(laps, len(split(dataset)[0]), base)],
    )


def callbacks_alone(options: dict[str, Any], laps: Laps) -> None:
    """Training without validation, with ``options["watch"]``: "none", "default" or "copying".

    ``options["whole"]``: an epoch is one call, as in our runs; else steps are taken one by one.
    """
    settings = _endless(options)
    devices = prepare_devices(1, options["threads"], in_pieces=settings.rows_apart)
    train, _ = split_examples(open_prepared(Path(options["data"])))
    batches, steps = train_batches(train, settings.batch_size, 0, False, devices)
    watchers: dict[str, list[keras.callbacks.Callback]] = {
        "none": [],
        "default": [EpochTiming(), EpochDistance(), BatchUpdateNorm()],
        "copying": [_CopyEveryBatch()],
    }
    model = compiled_model(settings, devices)
    if options["whole"]:
        model.steps_per_execution = steps
    model.fit(
        batches,
        epochs=_ENDLESS,
        steps_per_epoch=steps,
        shuffle=False,
        verbose=0,
        callbacks=[*watchers[options["watch"]], _Laps(laps, train.count, None)],
    )


def torch_loop(options: dict[str, Any], laps: Laps) -> None:
    """The same network in PyTorch: channels-last, uint8 pictures in one tensor, a plain loop."""
    import torch  # type: ignore[import-not-found]

    from study.data.dataset import split

    torch.set_num_threads(options["threads"])
    base = resident_bytes()
    batch_size = options["run"]["batch_size"]
    dataset = open_prepared(Path(options["data"]))
    tensors = [
        (
            torch.from_numpy(np.ascontiguousarray(dataset.images[rows])),
            torch.from_numpy(dataset.labels[rows].astype(np.float32)[:, None]),
        )
        for rows in split(dataset)
    ]
    model = _torch_model(torch, dataset.image_size)
    optimiser = torch.optim.SGD(model.parameters(), options["run"]["learning_rate"])
    criterion = torch.nn.BCEWithLogitsLoss()
    end = lap_of(laps, len(tensors[0][1]), base)

    def batch_of(part: int, rows: Any) -> tuple[Any, Any]:
        images, labels = tensors[part]
        # stored rows by rows, so the permuted view is channels-last
        return images[rows].permute(0, 3, 1, 2).float().div_(255), labels[rows]

    for _ in range(_ENDLESS):
        model.train()
        for rows in torch.randperm(len(tensors[0][1])).split(batch_size):
            x, y = batch_of(0, rows)
            optimiser.zero_grad(set_to_none=True)
            criterion(model(x), y).backward()
            optimiser.step()
        model.eval()
        with torch.no_grad():
            for rows in torch.arange(len(tensors[1][1])).split(256):
                x, y = batch_of(1, rows)
                criterion(model(x), y)
        end({})


def _endless(options: dict[str, Any]) -> RunSettings:
    return RunSettings(**{**options["run"], "patience": _ENDLESS, "max_epochs": _ENDLESS})


def _scaled(image: Any, label: Any) -> tuple[Any, Any]:
    return tf.cast(image, tf.float32) / 255, label


def _article_model(settings: RunSettings) -> keras.Model:
    layers = keras.layers
    stack = [keras.Input((settings.image_size, settings.image_size, 3))]
    for filters in FILTERS:
        stack += [layers.Conv2D(filters, 3, padding="same", activation="relu")]
        stack += [layers.MaxPooling2D()]
    stack += [layers.Flatten(), *(layers.Dense(units, "relu") for units in HIDDEN_UNITS)]
    model = keras.Sequential([*stack, layers.Dense(1, "sigmoid")])
    optimizer = keras.optimizers.SGD(settings.learning_rate)
    # what Keras chooses by itself ("auto") is compilation by XLA only on a GPU
    model.compile(optimizer, "binary_crossentropy", metrics=["accuracy"])
    return model


def _torch_model(torch: Any, image_size: int) -> Any:
    parts, channels = [], 3
    for filters in FILTERS:
        parts += [torch.nn.Conv2d(channels, filters, 3, padding=1), torch.nn.ReLU()]
        parts += [torch.nn.MaxPool2d(2)]
        channels = filters
    parts.append(torch.nn.Flatten())
    width = channels * (image_size // 2 ** len(FILTERS)) ** 2
    for units in HIDDEN_UNITS:
        parts += [torch.nn.Linear(width, units), torch.nn.ReLU()]
        width = units
    model = torch.nn.Sequential(*parts, torch.nn.Linear(width, 1))
    return model.to(memory_format=torch.channels_last)
