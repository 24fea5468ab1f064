"""What a process killed at the wrong moment leaves beside finished measurements."""

from collections.abc import Iterable

from study.conduct.task import Task
from study.store.measurements import TRAJECTORY, forget_failed_measurement, part_path
from study.store.study_directory import StudyDirectory
from study.train.snapshots import drop_path


def tidy_measurements(tasks: Iterable[Task], directory: StudyDirectory) -> None:
    """Removes parts, old failures and measured paths.

    Args:
        tasks: measurements whose results are stored.
        directory: of the study.
    """
    for task in tasks:
        folder = directory.runs / task.run.id
        forget_failed_measurement(folder, task.failure)
        for name in task.outputs:
            part_path(folder, name).unlink(missing_ok=True)
        if set(TRAJECTORY) <= set(task.outputs):
            drop_path(folder)
