"""Ways to prepare an archive of pictures, each a job whose laps start from nothing."""

import shutil
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

from study.bench.laps import Laps
from study.data.load import load_dataset


def ours(options: dict[str, Any], laps: Laps) -> None:
    """Laps of reading, decoding and storing every picture."""
    laps.ready()
    while True:
        cache = Path(options["folder"]) / "ours"
        dataset = load_dataset(options["archive"], options["image_size"], cache=cache)
        laps.lap(pictures=len(dataset.labels))
        shutil.rmtree(cache)


def tfds(options: dict[str, Any], laps: Laps) -> None:
    """Laps of TFDS's own builder, and of decoding what it made to arrays of one size."""
    import tensorflow as tf
    import tensorflow_datasets as datasets
    from etils import epath

    laps.ready()
    size = (options["image_size"], options["image_size"])
    archive = epath.Path(options["archive"])
    while True:
        root = Path(options["folder"]) / "tfds"
        builder = datasets.builder("cats_vs_dogs", data_dir=root)
        # the archive stands in for the download, whose checksum another copy of it has not
        with mock.patch.object(datasets.download.DownloadManager, "download", lambda *_: archive):
            builder.download_and_prepare()
        stream = builder.as_dataset(split="train", as_supervised=True)
        resized = stream.map(
            lambda image, label: (tf.cast(tf.image.resize(image, size), tf.uint8), label)
        )
        batches = [images for images, _ in resized.batch(256).as_numpy_iterator()]
        laps.lap(pictures=len(np.concatenate(batches)))
        shutil.rmtree(root)
