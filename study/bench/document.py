"""All that a benchmark measured, as the page and others read it."""

import time
from collections.abc import Sequence
from typing import Any

from study.bench.limit import picture_cost
from study.bench.request import BenchRequest
from study.data.dataset import Dataset, split
from study.store.bench_document import BENCH_SCHEMA
from study.store.environment import commit, versions


def bench_document(
    request: BenchRequest,
    dataset: Dataset,
    command: str,
    machine: dict[str, Any],
    peaks: Sequence[dict[str, Any]] = (),
    grid: Sequence[dict[str, Any]] = (),
    targets: Sequence[dict[str, Any]] | None = None,
    peers: Sequence[dict[str, Any]] = (),
    counts: Sequence[dict[str, Any]] = (),
    conclusion: str = "",
) -> dict[str, Any]:
    """Plain values; what was not measured is empty (``targets``: null).

    ``machine`` is the hardware, with the GPUs that can be used.
    """
    train, validation = split(dataset)
    revision, dirty = commit()
    return {
        "schema": BENCH_SCHEMA,
        "made": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
        "command": command,
        "settings": request.as_dict(),
        "data": {
            "source": dataset.source,
            "embedded": dataset.embedded,
            "fingerprint": dataset.fingerprint,
            "image_size": dataset.image_size,
            "train_examples": len(train),
            "validation_examples": len(validation),
        },
        "hardware": machine,
        "versions": versions(),
        "commit": revision,
        "dirty": dirty,
        "picture_cost": picture_cost(dataset.image_size).as_dict(),
        "peaks": list(peaks),
        "grid": list(grid),
        "targets": None if targets is None else list(targets),
        "peers": list(peers),
        "counts": list(counts),
        "conclusion": conclusion,
    }
