"""A study directory: its document, its lock, the places of its files."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from study.errors import StoreError
from study.store.at_work import LOCK_FILE, WORK_DOCUMENT, Announcer
from study.store.atomic import TEMPORARY, write_json
from study.store.bench_document import BENCH_DOCUMENT
from study.store.run_folder import read_document

STUDY_DOCUMENT = "study.json"
SUMMARY_DOCUMENT = "summary.json"
SAMPLES_FILE = "samples.npz"
MODEL_FILE = "model.json"
STUDY_SCHEMA = 1
_WRITING_LOCK = ".writing.lock"
# how long a second process waits before it says that it waits
_NOTICE_SECONDS = 1.0


class StudyDirectory:
    """The places of a study's files.

    Attributes:
        path: the directory itself, absolute.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()

    @property
    def runs(self) -> Path:
        """Folder of the runs."""
        return self.path / "runs"

    @property
    def results(self) -> Path:
        """Folder of the consolidated frames."""
        return self.path / "results"

    @property
    def logs(self) -> Path:
        """Folder of what the workers print."""
        return self.path / "logs"

    @property
    def document_path(self) -> Path:
        """``study.json``."""
        return self.path / STUDY_DOCUMENT

    @property
    def summary_path(self) -> Path:
        """``summary.json``."""
        return self.path / SUMMARY_DOCUMENT

    def exists(self) -> bool:
        """Whether a study has been begun here."""
        return self.document_path.exists()

    def read(self) -> dict[str, Any]:
        """The study's document.

        Raises:
            StoreError: this is no study, or the document is damaged or of another schema.
        """
        if not self.path.exists():
            raise StoreError(
                f"{self.path} does not exist; expected a study directory, as "
                "'python -m study reproduce --out DIR' makes one."
            )
        if not self.exists():
            raise StoreError(
                f"{self.path} is no study directory: it has no {STUDY_DOCUMENT}; expected a "
                "folder made by 'python -m study reproduce --out DIR'."
            )
        document = read_document(self.document_path)
        if not isinstance(document, dict) or "settings" not in document:
            raise StoreError(
                f"{self.document_path} does not describe a study; it was edited or made by "
                "another version."
            )
        check_schema(document, self.document_path)
        seconds = document.get("wall_seconds")
        if seconds is not None and type(seconds) not in (int, float):
            raise StoreError(
                f"{self.document_path} gives wall_seconds as {seconds!r}, expected a number; it "
                "was edited. Put the seconds there that the study took, or 0."
            )
        return document

    def write(self, document: dict[str, Any]) -> None:
        """Stores the study's document."""
        write_json(self.document_path, document)

    def create(self) -> None:
        """Makes the folders.

        Raises:
            StoreError: something else stands there, or it may not be written.
        """
        if self.path.exists() and not self.path.is_dir():
            raise StoreError(f"{self.path} is a file; expected a folder for the study (--out).")
        if self.path.is_dir() and not self.exists() and _holds_other_things(self.path):
            raise StoreError(
                f"{self.path} holds other things than a study; choose an empty or new folder "
                "with --out."
            )
        try:
            for folder in (self.path, self.runs, self.results):
                folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(
                f"cannot make the folder {self.path}: {error.strerror}. "
                "Choose another with --out, or mend its permissions."
            ) from error
        if not os.access(self.path, os.W_OK):
            raise StoreError(f"{self.path} may not be written; choose another folder with --out.")

    @contextmanager
    def locked(self, notice: Callable[[str], None]) -> Iterator[Announcer]:
        """Holds the study for the process that makes its runs, and gives it a way to say how far.

        A second one says so and waits for the first.
        """
        with _held(self.path / LOCK_FILE, f"Another process works on {self.path}", notice):
            announcer = Announcer(self.path)
            announcer.say()
            try:
                yield announcer
            finally:
                announcer.leave()

    @contextmanager
    def writing(self, notice: Callable[[str], None] = lambda words: None) -> Iterator[None]:
        """Held for the seconds in which ``results/``, ``summary.json`` and the page are written.

        A report may be made while another process makes the runs.
        """
        words = f"Another process makes the report of {self.path}"
        with _held(self.path / _WRITING_LOCK, words, notice):
            yield


def check_schema(document: dict[str, Any], path: Path) -> None:
    """Refuses what another version of this project wrote.

    Args:
        document: ``study.json``.
        path: where it lies.

    Raises:
        StoreError: its schema is not that of this version.
    """
    came = document.get("schema")
    # True == 1
    if type(came) is not int or came != STUDY_SCHEMA:
        raise StoreError(
            f"{path} has the schema {came!r}, expected {STUDY_SCHEMA}; another version of this "
            "project made it, or it was edited. Use the version that made it: its key 'commit' "
            "names that."
        )


@contextmanager
def _held(path: Path, words: str, notice: Callable[[str], None]) -> Iterator[None]:
    lock = FileLock(path)
    try:
        try:
            lock.acquire(timeout=_NOTICE_SECONDS)
        except Timeout:
            notice(f"{words}; waiting until it has finished (Ctrl-C ends the waiting).")
            lock.acquire()
    except OSError as error:
        raise StoreError(
            f"cannot lock {path}: {error.strerror}; the folder has to be one that can be written."
        ) from error
    try:
        yield
    finally:
        lock.release()


def _holds_other_things(path: Path) -> bool:
    ours = {LOCK_FILE, _WRITING_LOCK, WORK_DOCUMENT, "runs", "results", "logs", "report"}
    ours |= {BENCH_DOCUMENT}
    if (path / "runs").is_dir():
        # a study whose damaged study.json was deleted, as its message asks for
        ours |= {SUMMARY_DOCUMENT, SAMPLES_FILE, MODEL_FILE}
    # what a command that was killed has left is no reason to refuse its folder
    names = {entry.name for entry in path.iterdir() if not entry.name.startswith(TEMPORARY)}
    return bool(names - ours)
