"""Parts of the study for anybody's Keras code: schedules, ghost batches, remedies, landscapes.

Examples stand in ``study/parts/README.md``, with what is tied to the study's own runs. They
need Keras 3 on TensorFlow and what else the project requires. Every name is imported when it is
first asked for, so ``import study.parts`` alone does not load TensorFlow; and a saved model that
was made with a part loads once that part has been imported by its name.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from study.errors import SettingsError
    from study.layers.counted_rows import CountedRows
    from study.layers.ghost_batch_normalisation import GhostBatchNormalization
    from study.measure.interpolation import interpolate
    from study.measure.landscape import filter_normalised_direction, landscape, plain_direction
    from study.measure.trajectory import (
        TrajectoryPlane,
        trainable_arrays,
        trajectory_landscape,
        trajectory_plane,
    )
    from study.summarise.critical_batch import CriticalBatch, count_to_target, fit_critical_batch
    from study.summarise.diffusion import LawComparison, compare_laws, log_slope
    from study.train.augmentation import augment
    from study.train.batch_growth import (
        adapt_regime,
        dynamic_sampling,
        growing_batches,
        piggyback,
        smith_schedules,
        step_decay,
    )
    from study.train.fit_schedule import fit_schedule
    from study.train.rate_schedule import ScheduledRate
    from study.train.remedy_models import with_remedy
    from study.train.remedy_settings import Augmentation, ConservativeTraining, RobustTraining
    from study.train.schedule import Phase, Schedule, WarmUp, scaled_rate
    from study.train.stretches import stretches

_MODULES = {
    "Augmentation": "study.train.remedy_settings",
    "ConservativeTraining": "study.train.remedy_settings",
    "CountedRows": "study.layers.counted_rows",
    "CriticalBatch": "study.summarise.critical_batch",
    "GhostBatchNormalization": "study.layers.ghost_batch_normalisation",
    "LawComparison": "study.summarise.diffusion",
    "Phase": "study.train.schedule",
    "RobustTraining": "study.train.remedy_settings",
    "Schedule": "study.train.schedule",
    "ScheduledRate": "study.train.rate_schedule",
    "SettingsError": "study.errors",
    "TrajectoryPlane": "study.measure.trajectory",
    "WarmUp": "study.train.schedule",
    "adapt_regime": "study.train.batch_growth",
    "augment": "study.train.augmentation",
    "compare_laws": "study.summarise.diffusion",
    "count_to_target": "study.summarise.critical_batch",
    "dynamic_sampling": "study.train.batch_growth",
    "filter_normalised_direction": "study.measure.landscape",
    "fit_critical_batch": "study.summarise.critical_batch",
    "fit_schedule": "study.train.fit_schedule",
    "growing_batches": "study.train.batch_growth",
    "interpolate": "study.measure.interpolation",
    "landscape": "study.measure.landscape",
    "log_slope": "study.summarise.diffusion",
    "piggyback": "study.train.batch_growth",
    "plain_direction": "study.measure.landscape",
    "scaled_rate": "study.train.schedule",
    "smith_schedules": "study.train.batch_growth",
    "step_decay": "study.train.batch_growth",
    "stretches": "study.train.stretches",
    "trainable_arrays": "study.measure.trajectory",
    "trajectory_landscape": "study.measure.trajectory",
    "trajectory_plane": "study.measure.trajectory",
    "with_remedy": "study.train.remedy_models",
}

__all__ = [
    "Augmentation",
    "ConservativeTraining",
    "CountedRows",
    "CriticalBatch",
    "GhostBatchNormalization",
    "LawComparison",
    "Phase",
    "RobustTraining",
    "Schedule",
    "ScheduledRate",
    "SettingsError",
    "TrajectoryPlane",
    "WarmUp",
    "adapt_regime",
    "augment",
    "compare_laws",
    "count_to_target",
    "dynamic_sampling",
    "filter_normalised_direction",
    "fit_critical_batch",
    "fit_schedule",
    "growing_batches",
    "interpolate",
    "landscape",
    "log_slope",
    "piggyback",
    "plain_direction",
    "scaled_rate",
    "smith_schedules",
    "step_decay",
    "stretches",
    "trainable_arrays",
    "trajectory_landscape",
    "trajectory_plane",
    "with_remedy",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_MODULES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
