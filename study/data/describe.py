"""What a data set holds, as plain values for the terminal and for ``study.json``."""

from typing import Any

import numpy as np

from study.data.dataset import Dataset, split


def describe_dataset(dataset: Dataset) -> dict[str, Any]:
    """Plain values (JSON) on a data set, with the keys of ``data`` in ``study.json`` and more.

    Returns:
        ``source``, ``fingerprint``, ``class_names``, ``embedded``, ``examples``,
        ``train_examples``, ``validation_examples``, ``dropped`` (rows of ``reason``,
        ``class_name``, ``count``), ``dropped_examples`` (their sum), ``ignored`` (files that are
        no pictures), ``kept_order`` (whether the split keeps the order of the source),
        ``largest_side`` (in pixels, before resizing; None where it is not known),
        ``examples_by_class``, ``train_by_class``, ``image_size``, ``directory`` and ``seconds``.
    """
    train, validation = split(dataset)
    by_class = np.bincount(dataset.labels, minlength=2)
    train_by_class = np.bincount(dataset.labels[train], minlength=2)
    return {
        "source": dataset.source,
        "fingerprint": dataset.fingerprint,
        "class_names": list(dataset.class_names),
        "embedded": dataset.embedded,
        "examples": len(dataset.labels),
        "train_examples": len(train),
        "validation_examples": len(validation),
        "dropped": [
            {"reason": reason, "class_name": name, "count": count}
            for reason, name, count in dataset.dropped
        ],
        "dropped_examples": sum(count for _, _, count in dataset.dropped),
        "ignored": dataset.ignored,
        "kept_order": dataset.kept_order,
        "largest_side": dataset.largest_side or None,
        "examples_by_class": {
            name: int(count) for name, count in zip(dataset.class_names, by_class, strict=True)
        },
        "train_by_class": {
            name: int(count)
            for name, count in zip(dataset.class_names, train_by_class, strict=True)
        },
        "image_size": dataset.image_size,
        "directory": None if dataset.directory is None else str(dataset.directory),
        "seconds": dataset.seconds,
    }
