"""A folder with one sub-folder of pictures a class."""

import hashlib
import os
import stat
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

import numpy as np

from study.data.classes import ClassFolders
from study.data.source import (
    EMPTY,
    LINK,
    MAX_FILE_BYTES,
    TOO_LARGE,
    UNREADABLE,
    Listing,
    UnusableError,
    is_picture_name,
)
from study.errors import DataError


class FolderSource:
    """A folder whose sub-folders, or those of a single folder in it, are the two classes.

    Every picture that decodes is used, turned upright. Links to files within the folder are
    followed; links out of it and links to folders are not.
    """

    kept_order = False

    def __init__(self, path: Path) -> None:
        self._root = path.resolve()

    @cached_property
    def _names(self) -> list[str]:
        return sorted(_walk(self._root))

    def fingerprint(self) -> str:
        """SHA-256 over the names of all files and the bytes of all pictures."""
        total = hashlib.sha256()
        for name in self._names:
            data = self._content_hash(name) if is_picture_name(name) else ""
            total.update(f"{name}\0{data}\n".encode("utf-8", "surrogateescape"))
        return total.hexdigest()

    @contextmanager
    def open(self) -> Iterator[Listing]:
        """Lists the pictures; raises ``DataError`` where there are not two class folders."""
        pictures = [name for name in self._names if is_picture_name(name)]
        dropped: Counter[tuple[str, str]] = Counter()
        kept: list[str] = []
        labels: list[int] = []
        ignored = len(self._names) - len(pictures)
        folders = self._class_folders(pictures)
        for name in pictures:
            label = folders.label(name)
            if label is None:
                dropped[folders.misplaced(name)] += 1
            else:
                kept.append(name)
                labels.append(label)
        yield Listing(
            class_names=folders.class_names,
            labels=np.array(labels, np.uint8),
            read=lambda index: self._read(kept[index]),
            dropped=dropped,
            ignored=ignored,
        )

    def _class_folders(self, pictures: list[str]) -> ClassFolders:
        try:
            return ClassFolders(pictures, str(self._root))
        except DataError as error:
            links = [name for name in self._names if _is_folder_link(self._root / name)]
            if not links:
                raise
            hint = f"Links to folders ({links[0]}) are not followed: move the folder itself here."
            raise DataError(f"{error} {hint}") from error

    def _content_hash(self, name: str) -> str:
        try:
            return hashlib.sha256(self._read(name)).hexdigest()
        except UnusableError as error:
            return error.reason

    def _read(self, name: str) -> bytes:
        path = self._root / name
        try:
            if path.is_symlink() and not path.resolve(strict=True).is_relative_to(self._root):
                raise UnusableError(LINK)
            status = path.stat()
            # A pipe named like a picture would keep the reader waiting for ever.
            if not stat.S_ISREG(status.st_mode):
                raise UnusableError(UNREADABLE)
            if status.st_size == 0:
                raise UnusableError(EMPTY)
            if status.st_size > MAX_FILE_BYTES:
                raise UnusableError(TOO_LARGE)
            with path.open("rb") as file:
                return file.read(MAX_FILE_BYTES)
        except (OSError, RuntimeError) as error:
            raise UnusableError(UNREADABLE) from error


def _walk(root: Path) -> Iterator[str]:
    """Relative names, with forward slashes, of all files below ``root``."""

    def refuse(error: OSError) -> None:
        raise DataError(
            f"cannot list {error.filename}: {error.strerror}. Check its permissions."
        ) from error

    for folder, folders, files in os.walk(root, onerror=refuse):
        below = Path(folder).relative_to(root)
        links = [name for name in folders if (Path(folder) / name).is_symlink()]
        for name in (*files, *links):
            yield (below / name).as_posix()


def _is_folder_link(path: Path) -> bool:
    return path.is_symlink() and path.is_dir()
