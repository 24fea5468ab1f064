"""Made-up pieces of a benchmark."""

from typing import Any

from study.bench.request import BenchRequest


def request(**changes: Any) -> BenchRequest:
    values: dict[str, Any] = {
        "devices": (1, 2),
        "logical": True,
        "batch_sizes": (32, 64),
        "image_size": 32,
        "model": "plain",
        "repeats": 3,
        "threads": 2,
        "target": None,
        "rates": (0.01, 0.02),
        "max_epochs": 5,
        "seeds": 2,
    }
    return BenchRequest(**{**values, **changes})


def epochs(train: list[float], losses: list[float | None]) -> list[dict[str, Any]]:
    return [
        {"train_seconds": seconds, "validation_seconds": 0.5, "val_loss": loss}
        for seconds, loss in zip(train, losses, strict=True)
    ]


PEAKS = [
    {"threads": 1, "device": "CPU", "operations_a_second": 1e11, "bytes_a_second": 1e10},
    {"threads": 2, "device": "CPU", "operations_a_second": 2e11, "bytes_a_second": 2e10},
]
