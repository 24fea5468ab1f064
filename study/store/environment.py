"""Where a result was made: versions, hardware, commit. No TensorFlow import here."""

import os
import platform
import subprocess
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from study.store.limits import group_limits

_PACKAGES = ("tensorflow", "keras", "tensorflow-datasets", "numpy", "pandas", "scipy", "pyarrow")
_ROOT = Path(__file__).parents[2]


def versions() -> dict[str, str]:
    """Versions of Python, of the project and of the packages that enter the numbers."""
    found = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = "not installed"
    return found


def hardware() -> dict[str, Any]:
    """Processor, names of the GPUs; cores and bytes of memory that this process may use.

    Of the cores of the machine those count that the process may run on, and no more than the
    share of processor time that its control group has (a container's limit), at least one.
    """
    limits = group_limits()
    cores = len(os.sched_getaffinity(0))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "cpu": _processor(),
        "cores": max(1, min(cores, int(limits.processors or cores))),
        "memory_bytes": min(memory, limits.memory_bytes or memory),
        "gpus": _gpus(),
        "system": platform.platform(),
    }


def has_gpu_driver() -> bool:
    """Whether NVIDIA's driver is loaded: containers may have it without nvidia-smi."""
    return Path("/dev/nvidiactl").exists()


def commit() -> tuple[str, bool]:
    """The commit of this checkout and whether files differ from it; ("", False) outside git."""
    revision = _output(["git", "-C", str(_ROOT), "rev-parse", "HEAD"])
    if not revision:
        return "", False
    return revision, bool(_output(["git", "-C", str(_ROOT), "status", "--porcelain"]))


@cache
def origin() -> dict[str, Any]:
    """Commit, dirty flag and versions, for the record of every run; looked up once a process."""
    revision, dirty = commit()
    return {"commit": revision, "dirty": dirty, "versions": versions()}


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def _gpus() -> list[str]:
    listed = _output(["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"])
    return [line.strip() for line in listed.splitlines() if line.strip()]


def _output(command: list[str]) -> str:
    try:
        result = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return result.stdout.strip() if result.returncode == 0 else ""
