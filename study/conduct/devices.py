"""On how many devices a study's batches can be trained. No TensorFlow here."""

from collections.abc import Sequence
from dataclasses import replace

from study.conduct.plan import planned_runs
from study.conduct.settings import StudySettings
from study.errors import SettingsError
from study.train.settings import check_run_settings


def largest_count(most: int, batch_sizes: Sequence[int]) -> int:
    """The largest number of devices, ``most`` or fewer, that divides every batch size."""
    fitting = (n for n in range(most, 1, -1) if not any(size % n for size in batch_sizes))
    return next(fitting, 1)


def on_fitting_devices(settings: StudySettings, train_examples: int) -> tuple[StudySettings, str]:
    """The study on the largest number of its devices that all of its runs can be trained on.

    Batch sizes alone do not tell: schedules change them, and ghosts share a device's part.

    Args:
        settings: with ``replicas`` (1,), or (1, N) where N devices could be used.
        train_examples: number of training pictures.

    Returns:
        The settings with N or fewer; and a line for the user where it is fewer, else "". Where
        something else than the number of devices does not fit, it does not with one device either.
    """
    most = max(settings.replicas)
    for count in range(most, 1, -1):
        tried = replace(settings, replicas=(1, count))
        if _fits(tried, train_examples):
            return tried, "" if count == most else _fewer(count, most)
    return replace(settings, replicas=(1,)), _fewer(1, most) if most > 1 else ""


def _fits(settings: StudySettings, train_examples: int) -> bool:
    try:
        for run in planned_runs(settings):
            check_run_settings(run, train_examples)
    except SettingsError:
        return False
    return True


def _fewer(count: int, most: int) -> str:
    taken = f"Runs on several devices take {count}" if count > 1 else "All runs take 1"
    return (
        f"{taken} of the {most} GPUs: a number of devices has to divide every batch size. "
        "--devices N takes N of them."
    )
