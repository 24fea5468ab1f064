"""What a process killed at the wrong moment leaves beside finished runs and measurements."""

from collections.abc import Iterable
from pathlib import Path

from study.conduct.task import TRAIN, Task
from study.store.measurements import TRAJECTORY, forget_failed_measurement, part_path
from study.store.run_folder import WORKING_FILES, read_run
from study.store.study_directory import StudyDirectory
from study.train.snapshots import drop_path


def tidy(tasks: Iterable[Task], directory: StudyDirectory) -> None:
    """Removes checkpoints, parts, old failures and measured paths.

    Args:
        tasks: those whose results are stored.
        directory: of the study.
    """
    for task in tasks:
        folder = directory.runs / task.run.id
        if task.kind == TRAIN:
            _tidy_run(folder)
            continue
        forget_failed_measurement(folder, task.failure)
        for name in task.outputs:
            part_path(folder, name).unlink(missing_ok=True)
        if set(TRAJECTORY) <= set(task.outputs):
            drop_path(folder)


def _tidy_run(folder: Path) -> None:
    for name in WORKING_FILES:
        (folder / name).unlink(missing_ok=True)
    document = read_run(folder)
    if document is not None and document["status"] == "diverged":
        # nothing is measured on such a run
        drop_path(folder)
