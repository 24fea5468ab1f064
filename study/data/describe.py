"""What a data set holds, as plain values and as text for the terminal."""

from typing import Any

import numpy as np

from study.data.dataset import Dataset, split


def describe_dataset(dataset: Dataset) -> dict[str, Any]:
    """Plain values (JSON) on a data set, with the keys of ``data`` in ``study.json`` and more.

    Returns:
        ``source``, ``fingerprint``, ``class_names``, ``embedded``, ``examples``,
        ``train_examples``, ``validation_examples``, ``dropped`` (rows of ``reason``,
        ``class_name``, ``count``), ``dropped_examples`` (their sum), ``ignored`` (files that are
        no pictures), ``examples_by_class``, ``image_size``, ``directory`` and ``seconds``.
    """
    train, validation = split(dataset)
    by_class = np.bincount(dataset.labels, minlength=2)
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
        "examples_by_class": {
            name: int(count) for name, count in zip(dataset.class_names, by_class, strict=True)
        },
        "image_size": dataset.image_size,
        "directory": None if dataset.directory is None else str(dataset.directory),
        "seconds": dataset.seconds,
    }


def describe(dataset: Dataset) -> str:
    """The same for a reader, in lines of plain text."""
    facts = describe_dataset(dataset)
    size = facts["image_size"]
    classes = ", ".join(f"{name} {count:,}" for name, count in facts["examples_by_class"].items())
    kind = " (embedded: drawn by this project, no photographs)" if dataset.embedded else ""
    lines = [
        f"source       {facts['source']}{kind}",
        f"usable       {facts['examples']:,} pictures, {size} x {size} RGB ({classes})",
        f"split        {facts['train_examples']:,} to train on, "
        f"{facts['validation_examples']:,} to validate on",
        f"dropped      {facts['dropped_examples']:,}",
        *_dropped_lines(dataset),
    ]
    if dataset.ignored:
        lines.append(f"ignored      {dataset.ignored:,} files that are no pictures")
    lines.append(f"fingerprint  {facts['fingerprint']}")
    if dataset.directory is not None:
        lines.append(f"prepared in  {dataset.directory} ({dataset.seconds:.1f} s)")
    return "\n".join(lines)


def _dropped_lines(dataset: Dataset) -> list[str]:
    reasons: dict[str, list[str]] = {}
    for reason, name, count in dataset.dropped:
        reasons.setdefault(reason, []).append(f"{name or 'no class'} {count:,}")
    width = max(map(len, reasons), default=0)
    return [
        f"             {reason:<{width}}  {', '.join(parts)}" for reason, parts in reasons.items()
    ]
