"""Files that are either wholly there or not there at all."""

import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import pandas as pd

from study.errors import DiskError

TEMPORARY = ".part-"


def remove_temporaries(folder: Path) -> int:
    """Removes what killed processes left half-written in ``folder`` and below; returns how many.

    Only for a folder that no other process writes to: the caller holds its lock.
    """
    found = [
        Path(place) / name
        for place, _, names in os.walk(folder)
        for name in names
        if name.startswith(TEMPORARY)
    ]
    for path in found:
        path.unlink(missing_ok=True)
    return len(found)


def write_atomically(path: Path, write: Callable[[BinaryIO], Any]) -> None:
    """Calls ``write`` with a temporary file beside ``path``, syncs it and renames it to ``path``.

    Raises:
        DiskError: the folder is missing or not writable, or the disk is full. What stood at
            ``path`` before is untouched then.
    """

    def make(temporary: Path) -> None:
        with temporary.open("wb") as file:
            write(file)

    make_atomically(path, make)


def make_atomically(path: Path, make: Callable[[Path], Any]) -> None:
    """As :func:`write_atomically`, for libraries that want a name: of the same ending as ``path``.

    Raises:
        DiskError: as there.
    """
    temporary = None
    try:
        handle, temporary = tempfile.mkstemp(f".{path.name}", TEMPORARY, path.parent)
        os.close(handle)
        make(Path(temporary))
        with Path(temporary).open("rb") as file:
            os.fsync(file.fileno())
        Path(temporary).chmod(0o666 & ~_umask())
        Path(temporary).replace(path)
    except OSError as error:
        raise DiskError(
            f"cannot write {path}: {error.strerror or error}. "
            "Free some space or choose a folder that you may write to, and call again."
        ) from error
    finally:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Writes ``text`` as UTF-8, atomically."""
    write_atomically(path, lambda file: file.write(text.encode()))


def write_json(path: Path, value: Any) -> None:
    """Writes ``value`` as JSON (no NaN: a missing number is ``null``), atomically."""
    write_text(path, json.dumps(value, indent=1, allow_nan=False, sort_keys=False) + "\n")


def write_parquet(path: Path, frame: pd.DataFrame) -> None:
    """Writes ``frame`` as Parquet without its index, atomically.

    Every page has a checksum: without, a bit that a disk flips reads back as another number.
    """

    def write(file: BinaryIO) -> None:
        frame.to_parquet(file, index=False, compression="zstd", write_page_checksum=True)

    write_atomically(path, write)


def write_csv(path: Path, frame: pd.DataFrame) -> None:
    """Writes ``frame`` as CSV without its index, atomically; numbers read back exactly."""
    write_text(path, frame.to_csv(index=False, lineterminator="\n"))


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
