"""Prepared arrays on disk: written once, memory-mapped by every process that trains on them.

A prepared folder holds ``images.npy``, ``labels.npy`` and, written last, ``prepared.json`` with
what is needed to tell whether the other two are whole.
"""

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import filelock
import numpy as np

from study.data.dataset import Dataset
from study.data.source import Progress
from study.errors import StoreError
from study.store.atomic import TEMPORARY, write_atomically, write_json

IMAGES, LABELS, RECORD = "images.npy", "labels.npy", "prepared.json"
_SCHEMA = 1
_SAMPLED = 64


def default_cache() -> Path:
    """``$BATCH_SIZE_STUDY_CACHE``, else ``batch-size-study`` in the user's cache folder."""
    given = os.environ.get("BATCH_SIZE_STUDY_CACHE")
    if given:
        return Path(given).expanduser()
    home = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(home).expanduser() / "batch-size-study"


class ImageWriter:
    """Writes pictures one after another as the ``.npy`` of one array of unknown length."""

    def __init__(self, file: BinaryIO, image_size: int) -> None:
        self._file = file
        self._shape = (image_size, image_size, 3)
        self.count = 0
        self._write_header()

    def append(self, image: np.ndarray) -> None:
        """Adds one picture, uint8 (image_size, image_size, 3)."""
        self._file.write(np.ascontiguousarray(image).data)
        self.count += 1

    def finish(self) -> None:
        """Writes the true length into the header, which numpy pads so that it fits."""
        self._file.seek(0)
        self._write_header()

    def _write_header(self) -> None:
        header = {"descr": "|u1", "fortran_order": False, "shape": (self.count, *self._shape)}
        np.lib.format.write_array_header_1_0(self._file, header)


@contextmanager
def locked(directory: Path, progress: Progress) -> Iterator[None]:
    """Holds the lock on a folder about to be prepared; waits, and says so, while another has it.

    Raises:
        StoreError: the cache cannot be written.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
        lock = filelock.FileLock(directory.with_name(f"{directory.name}.lock"))
        try:
            lock.acquire(timeout=0)
        except filelock.Timeout:
            progress("waiting for another process that prepares the same pictures", 0, 0)
            lock.acquire()
    except OSError as error:
        raise _unwritable(directory, error) from error
    try:
        yield
    finally:
        lock.release()


def clear(directory: Path) -> None:
    """Removes what a damaged or interrupted preparation left in its folder.

    Raises:
        StoreError: the cache cannot be written.
    """
    try:
        for path in (directory / RECORD, directory / IMAGES, directory / LABELS):
            path.unlink(missing_ok=True)
        for path in directory.glob(f"{TEMPORARY}*"):
            path.unlink(missing_ok=True)
    except OSError as error:
        raise _unwritable(directory, error) from error


def write_record(directory: Path, dataset: Dataset) -> None:
    """Writes the labels and, as the last file, the record that makes the folder valid."""
    write_atomically(
        directory / LABELS, lambda file: np.save(file, dataset.labels, allow_pickle=False)
    )
    dropped = [
        {"reason": reason, "class_name": name, "count": count}
        for reason, name, count in dataset.dropped
    ]
    record = {
        "schema": _SCHEMA,
        "fingerprint": dataset.fingerprint,
        "source": dataset.source,
        "embedded": dataset.embedded,
        "kept_order": dataset.kept_order,
        "class_names": list(dataset.class_names),
        "dropped": dropped,
        "ignored": dataset.ignored,
        "largest_side": dataset.largest_side,
        "shape": list(dataset.images.shape),
        "labels_sha256": hashlib.sha256(dataset.labels.tobytes()).hexdigest(),
        "sampled_images_sha256": _sampled_hash(dataset.images),
    }
    write_json(directory / RECORD, record)


def map_images(directory: Path) -> np.ndarray:
    """The pictures of a prepared folder, memory-mapped and read-only."""
    return np.load(directory / IMAGES, mmap_mode="r", allow_pickle=False)


def read_prepared(directory: Path) -> Dataset | None:
    """The data set in a prepared folder; None where it is missing, cut off or altered.

    Sizes, types, all labels and a sample of 64 pictures are checked, not every byte.
    """
    try:
        record = json.loads((directory / RECORD).read_text("utf-8"))
        images = map_images(directory)
        labels = np.load(directory / LABELS, allow_pickle=False)
        dataset = _as_dataset(record, images, labels, directory)
        whole = _is_whole(record, dataset)
    except MemoryError:
        raise
    except Exception:
        # NumPy's reader of headers raises what Python's own tokenizer does, and more
        return None
    return dataset if whole else None


def _as_dataset(
    record: dict[str, Any], images: np.ndarray, labels: np.ndarray, directory: Path
) -> Dataset:
    first, second = record["class_names"]
    return Dataset(
        images=images,
        labels=labels,
        class_names=(first, second),
        fingerprint=record["fingerprint"],
        dropped=tuple(
            (row["reason"], row["class_name"], int(row["count"])) for row in record["dropped"]
        ),
        source=record["source"],
        embedded=bool(record["embedded"]),
        kept_order=bool(record["kept_order"]),
        ignored=int(record["ignored"]),
        largest_side=int(record.get("largest_side", 0)),
        directory=directory,
    )


def _is_whole(record: dict[str, Any], dataset: Dataset) -> bool:
    images, labels = dataset.images, dataset.labels
    return (
        record["schema"] == _SCHEMA
        and list(images.shape) == record["shape"]
        and images.ndim == 4
        and images.dtype == np.uint8
        and labels.dtype == np.uint8
        and labels.shape == images.shape[:1]
        and hashlib.sha256(labels.tobytes()).hexdigest() == record["labels_sha256"]
        and _sampled_hash(images) == record["sampled_images_sha256"]
    )


def _sampled_hash(images: np.ndarray) -> str:
    """SHA-256 over up to 64 pictures, the first and the last among them."""
    total = hashlib.sha256()
    for index in np.unique(np.linspace(0, len(images) - 1, _SAMPLED).astype(int)):
        total.update(images[index].tobytes())
    return total.hexdigest()


def _unwritable(directory: Path, error: OSError) -> StoreError:
    return StoreError(
        f"cannot write to the cache {directory.parent}: {error.strerror or error}. "
        "Name another folder in BATCH_SIZE_STUDY_CACHE."
    )
