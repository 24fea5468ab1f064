"""What every source of pictures gives to the code that prepares them."""

from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from posixpath import splitext
from typing import Protocol

import numpy as np

# Reasons for which one picture is dropped, as they appear in tables.
EMPTY = "empty file"
NO_JFIF = "no JFIF header"
UNDECODABLE = "cannot be decoded"
TOO_LARGE = "too large"
UNREADABLE = "cannot be read"
LINK = "symbolic link out of the folder"
OUTSIDE = "outside the two class folders"
NESTED = "in a folder below its class folder"
MISNAMED = "not named NUMBER.jpg"

MAX_FILE_BYTES = 64 * 2**20
"""A picture file above this size is not read: no photograph needs 64 MiB."""

PICTURE_SUFFIXES = frozenset({".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".gif", ".bmp", ".webp"})

Progress = Callable[[str, int, int], None]
"""Called as ``progress(what, done, total)``; ``total`` is 0 where the end is not known."""


class UnusableError(Exception):
    """One picture that cannot be used: it is dropped and counted under ``reason``."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass
class Listing:
    """The pictures of an opened source, in the order that the split starts from.

    Attributes:
        class_names: names of label 0 and label 1.
        labels: uint8 (N,), 0 or 1.
        read: gives the encoded bytes of the picture at an index, or raises
            ``UnusableError``; several threads call it at once.
        upright: whether the orientation in a picture's EXIF data is applied.
        dropped: (reason, class name) -> pictures that the source itself dropped.
        ignored: number of files that are no pictures.
    """

    class_names: tuple[str, str]
    labels: np.ndarray
    read: Callable[[int], bytes]
    upright: bool = True
    dropped: Counter[tuple[str, str]] = field(default_factory=Counter)
    ignored: int = 0


class Source(Protocol):
    """A zip, a folder or a prepared TFDS directory.

    ``kept_order`` says that the split keeps the order of the source (TFDS) and does not permute.
    """

    kept_order: bool

    def fingerprint(self) -> str:
        """A hash of everything in the source that can change the prepared arrays."""
        ...

    def open(self) -> AbstractContextManager[Listing]:
        """Lists the pictures; raises ``DataError`` where the source as a whole is unfit."""
        ...


def is_picture_name(name: str) -> bool:
    """Whether a relative name is a picture's: by its ending, hidden files and macOS's apart.

    Archives packed by macOS hold ``__MACOSX/.../._0.jpg`` for every picture.
    """
    # not by pathlib, which took half the time of listing an archive
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if not parts or splitext(parts[-1])[1].lower() not in PICTURE_SUFFIXES:
        return False
    return not any(part.startswith(".") or part == "__MACOSX" for part in parts)
