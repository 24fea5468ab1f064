"""``doctor``: is this machine ready?"""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from study.command_line.terminal import console, size
from study.conduct.probe import probe, shortfall, wrong_backend
from study.data.cache import default_cache
from study.store.environment import hardware, versions
from study.words import counted

_MEMORY_NEEDED, _DISK_NEEDED = 3.5e9, 2e9
Check = tuple[bool, str]


def examine() -> int:
    """Prints every check; exit code 1 when one has failed."""
    terminal = console()
    failed = 0
    for good, words in _checks():
        failed += not good
        terminal.print(f"[{'green' if good else 'red'}]{'ok  ' if good else 'FAIL'}[/] ", end="")
        terminal.print(words, markup=False)
    terminal.print("Ready." if not failed else f"{counted(failed, 'check')} failed.")
    return 1 if failed else 0


def _checks() -> Iterator[Check]:
    machine = hardware()
    found = versions()
    version = sys.version_info
    yield (3, 11) <= version[:2] <= (3, 13), f"Python {found['python']} (3.11 to 3.13)"
    for package, number in found.items():
        if package != "python":
            yield number != "not installed", f"{package} {number}"
    yield from _tensorflow(machine["gpus"])
    memory = machine["memory_bytes"]
    yield memory >= _MEMORY_NEEDED, f"memory {size(memory)} (preset quick needs 4 GB)"
    yield True, f"{machine['cores']} cores, {machine['cpu']}"
    free = shutil.disk_usage(Path.cwd()).free
    yield free >= _DISK_NEEDED, f"free disk {size(free)} (a study needs up to 2 GB)"
    yield _writable(Path.cwd()), f"may write to {Path.cwd()}"
    yield _writable(default_cache()), f"may write to the cache {default_cache()}"


def _tensorflow(named: list[str]) -> Iterator[Check]:
    if problem := wrong_backend():
        yield False, problem
        return
    seen = probe()
    if seen.problem:
        yield False, f"TensorFlow does not answer: {seen.problem}"
        return
    good = seen.backend == "tensorflow"
    # without the variable, Keras's own file decides
    mend = "" if good else ", expected tensorflow; set KERAS_BACKEND=tensorflow"
    yield good, f"Keras uses the backend {seen.backend}{mend}"
    problem = shortfall(named, seen)
    # there may be no nvidia-smi to name them
    there = max(len(named), len(seen.gpus))
    yield not problem, problem or f"TensorFlow sees {len(seen.gpus)} of {there} GPUs"


def _writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False
