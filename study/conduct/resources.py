"""How many runs go side by side on this machine, and how long a plan may take."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from study.conduct.task import Task
from study.errors import SettingsError

# Resident memory of a worker before it holds pictures, measured with TensorFlow 2.21: 0.6 GB.
_WORKER_BYTES = 900_000_000
# What measuring takes more with every thread, measured at 128 x 128: 0.37 GB with 16.
_THREAD_BYTES = 25_000_000
# A worker with a GPU, whose libraries come on top: a guess on the safe side, not measured.
_GPU_WORKER_BYTES = 4_000_000_000
# Cores that a run on a GPU keeps busy: one hands pictures over, one starts operations.
_CORES_A_GPU = 2
# Pictures that one core of the reference machine (AMD EPYC, 2 cores) passes through the net a
# second at 32 x 32, counting one pass forward; training counts three. For estimates only.
_REFERENCE_SPEED = 27_000
_SECONDS_A_TASK = 4.0


@dataclass(frozen=True)
class Resources:
    """Workers side by side and the threads of each; 0 threads leaves it to TensorFlow."""

    jobs: int
    threads: int


def share_machine(
    jobs: int | None,
    dataset_bytes: int,
    machine: Mapping[str, Any],
    replicas: int,
    compared: bool = False,
) -> Resources:
    """Runs with one thread side by side beat one run with many threads on processors.

    Every GPU has a worker of its own, as cores and memory allow, unless ``jobs`` says otherwise;
    runs over several devices go one at a time, and so do those whose times are held against theirs.

    Args:
        jobs: as asked for on the command line.
        dataset_bytes: of the pictures; every worker holds them.
        machine: ``cores``, ``memory_bytes`` and ``gpus``, as ``study.store.environment.hardware``
            gives them: what this process may use.
        replicas: devices of the runs.
        compared: the study has runs on one device and on several, which are no logical ones.

    Raises:
        SettingsError: ``jobs`` is less than 1.
    """
    if jobs is not None and jobs < 1:
        raise SettingsError(f"--jobs {jobs}; expected 1 or more.")
    cores, gpus = int(machine["cores"]), len(machine["gpus"])
    if replicas > 1:
        return Resources(1, 0 if gpus else cores)
    worker = _GPU_WORKER_BYTES if gpus else _WORKER_BYTES
    free = int(0.8 * machine["memory_bytes"]) - (0 if gpus else cores * _THREAD_BYTES)
    room = max(1, free // (worker + dataset_bytes))
    most = min(gpus, max(1, cores // _CORES_A_GPU)) if gpus else cores
    side_by_side = jobs or (1 if compared else min(most, room))
    return Resources(side_by_side, 0 if gpus else max(1, cores // side_by_side))


def estimated_seconds(tasks: Sequence[Task], image_size: int, jobs: int) -> float:
    """A rough estimate from the reference machine's speed; it can be off by a factor of 2."""
    speed = _REFERENCE_SPEED * (32 / image_size) ** 2
    work = sum(task.pictures for task in tasks) / speed + _SECONDS_A_TASK * len(tasks)
    return work / jobs
