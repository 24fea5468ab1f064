"""A zip of pictures, read in memory; nothing of it is ever written to disk under its names."""

import hashlib
import posixpath
import re
import stat
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from study.data.classes import ClassFolders
from study.data.source import (
    EMPTY,
    MAX_FILE_BYTES,
    MISNAMED,
    NO_JFIF,
    UNREADABLE,
    Listing,
    UnusableError,
    is_picture_name,
)
from study.errors import DataError

MAX_TOTAL_BYTES = 20 * 10**9
"""All entries together may not declare more; the original archive holds 0.8 GB."""

MAX_RATIO = 200
"""Declared size by packed size above which a large entry is a bomb; deflate reaches 1,032."""

RATIO_MATTERS_FROM = 4 * 2**20

_ORIGINAL_NAME = re.compile(r"^PetImages/(Cat|Dog)/\d+\.jpg$")
_JFIF_WITHIN = 512
_PACKED_AS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 0x1
_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    OSError,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
)


class ZipSource:
    """A zip with one folder a class.

    A zip laid out like the original archive (``PetImages/Cat`` and ``PetImages/Dog``) follows
    the law of TFDS ``cats_vs_dogs``: only ``NUMBER.jpg`` counts, EXIF orientation is not
    applied, and a picture is dropped unless it has a JFIF header. TFDS looks for ``JFIF`` in
    what ``ZipExtFile.peek(10)`` returns; in spite of the 10 that is the first 512 bytes.
    Two things differ: TFDS encodes each picture anew as JPEG, and its order is by hash. In any
    other zip every picture that decodes is used.
    """

    kept_order = False

    def __init__(self, path: Path) -> None:
        self._path = path

    def fingerprint(self) -> str:
        """SHA-256 of the file."""
        try:
            with self._path.open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise _unreadable(self._path, error) from error

    @contextmanager
    def open(self) -> Iterator[Listing]:
        """Checks every entry, then lists the pictures.

        Raises:
            DataError: not a zip, damaged, empty, or with entries that no honest archive has.
        """
        with _opened(self._path) as archive:
            entries = _checked(archive.infolist(), str(self._path))
            yield _listed(archive, entries, str(self._path))


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with path.open("rb") as file:
            magic = file.read(4)
    except OSError as error:
        raise _unreadable(path, error) from error
    try:
        archive = zipfile.ZipFile(path)
    except _DAMAGED as error:
        if magic.startswith(b"PK"):
            raise DataError(
                f"{path}: the zip is cut off or damaged ({error}); download or pack it again."
            ) from error
        raise DataError(
            f"{path}: not a zip file; expected a zip, a folder with one sub-folder a class, "
            "or a prepared TFDS directory."
        ) from error
    with archive:
        yield archive


def _checked(entries: list[zipfile.ZipInfo], path: str) -> list[zipfile.ZipInfo]:
    """All entries that are files; refuses the archive for any that is hostile."""
    if not entries:
        raise DataError(f"{path}: the zip is empty; expected folders of pictures.")
    names: set[str] = set()
    for entry in entries:
        problem = _problem(entry)
        name = posixpath.normpath(entry.filename)
        if problem is None and name in names:
            problem = "stands in it twice"
        if problem is not None:
            shown = entry.orig_filename[:80]
            raise DataError(f"{path}: refused, as its entry {shown!r} {problem}. Pack it again.")
        names.add(name)
    total = sum(entry.file_size for entry in entries)
    if total > MAX_TOTAL_BYTES:
        raise DataError(
            f"{path}: refused, as its entries declare {total:,} bytes; expected at most "
            f"{MAX_TOTAL_BYTES:,}. Pack fewer or smaller pictures."
        )
    return [entry for entry in entries if not entry.is_dir()]


def _problem(entry: zipfile.ZipInfo) -> str | None:
    """What makes an entry unacceptable, None for an honest one."""
    name = entry.orig_filename
    parts = name.split("/")
    if name.startswith("/") or ".." in parts or "\\" in name or name[1:2] == ":" or "\0" in name:
        return "would leave the folder (absolute, '..', drive, backslash or zero byte in its name)"
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if stat.S_ISLNK(kind):
        return "is a symbolic link"
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "is no ordinary file"
    if entry.flag_bits & _ENCRYPTED:
        return "is encrypted"
    size = entry.file_size
    if size > MAX_FILE_BYTES and is_picture_name(name):
        return f"declares {size:,} bytes, more than {MAX_FILE_BYTES:,} for one picture"
    if size > RATIO_MATTERS_FROM and size > MAX_RATIO * entry.compress_size:
        return f"declares {size:,} bytes in {entry.compress_size:,}, as decompression bombs do"
    # bzip2 and LZMA unpack a block at a time without a bound on what comes out.
    if entry.compress_type not in _PACKED_AS and is_picture_name(name):
        return f"is packed by method {entry.compress_type}, neither stored nor deflated"
    return None


def _listed(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo], path: str) -> Listing:
    pictures = sorted(
        (entry for entry in entries if is_picture_name(entry.filename)),
        key=lambda entry: entry.filename,
    )
    folders = ClassFolders((entry.filename for entry in pictures), path)
    original = folders.root == ("PetImages",) and folders.folders == ("Cat", "Dog")
    dropped: Counter[tuple[str, str]] = Counter()
    kept: list[zipfile.ZipInfo] = []
    labels: list[int] = []
    for entry in pictures:
        label = folders.label(entry.filename)
        if label is None:
            dropped[folders.misplaced(entry.filename)] += 1
        elif original and not _ORIGINAL_NAME.match(entry.filename):
            dropped[MISNAMED, folders.class_names[label]] += 1
        else:
            kept.append(entry)
            labels.append(label)
    return Listing(
        class_names=folders.class_names,
        labels=np.array(labels, np.uint8),
        read=lambda index: _read(archive, kept[index], original),
        upright=not original,
        dropped=dropped,
        ignored=len(entries) - len(pictures),
    )


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, jfif_only: bool) -> bytes:
    """Reads at most the declared size, which is bounded; a wrong check sum is an error."""
    if entry.file_size == 0:
        raise UnusableError(EMPTY)
    try:
        with archive.open(entry) as member:
            data = member.read(entry.file_size)
    except _DAMAGED as error:
        raise UnusableError(UNREADABLE) from error
    if jfif_only and b"JFIF" not in data[:_JFIF_WITHIN]:
        raise UnusableError(NO_JFIF)
    return data


def _unreadable(path: Path, error: OSError) -> DataError:
    return DataError(
        f"cannot read {path}: {error.strerror or error}. Check that it is a zip you may read."
    )
