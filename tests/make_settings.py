"""Settings of a small study for tests."""

from typing import Any

from study.conduct.settings import StudySettings
from study.experiments.presets import Measures

MEASURES = Measures(
    sharpness_examples=64,
    sharpness_trials=1,
    interpolation_examples=64,
    landscape_size=5,
    landscape_examples=32,
    gradient_examples=32,
)


def small_study(**changes: Any) -> StudySettings:
    """Two batch sizes, two seeds."""
    values: dict[str, Any] = {
        "experiment": "article",
        "preset": "smoke",
        "fingerprint": "f" * 64,
        "image_size": 32,
        "model": "plain",
        "base_rate": 0.05,
        "batch_sizes": (32, 256),
        "seeds": (0, 1),
        "heat_map_seeds": (0,),
        "patience": 2,
        "max_epochs": 3,
        "replicas": (1,),
        "measures": MEASURES,
    }
    return StudySettings(**{**values, **changes})
