"""``bench.json``, where a benchmark stores what it measured."""

import os
from pathlib import Path
from typing import Any

from study.errors import StoreError
from study.store.atomic import write_json
from study.store.run_folder import read_document

BENCH_DOCUMENT = "bench.json"
BENCH_SCHEMA = 1


def make_bench_folder(folder: Path) -> None:
    """Makes the folder of a benchmark; called before anything is measured, which may take hours.

    Raises:
        StoreError: the folder cannot be made or written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"cannot make the folder {folder}: {error.strerror}. Choose another with --out."
        ) from error
    if not os.access(folder, os.W_OK):
        raise StoreError(f"{folder} may not be written; choose another folder with --out.")


def write_bench(folder: Path, document: dict[str, Any]) -> Path:
    """Stores the document in ``folder``, which is made; gives its path.

    Raises:
        StoreError: the folder cannot be made or written.
    """
    make_bench_folder(folder)
    path = folder / BENCH_DOCUMENT
    write_json(path, document)
    return path


def read_bench(folder: Path) -> dict[str, Any]:
    """Reads a stored benchmark.

    Raises:
        StoreError: there is none, or it is damaged or of another version.
    """
    path = folder / BENCH_DOCUMENT
    if not path.is_file():
        raise StoreError(f"{path} is missing; 'python -m study bench --out {folder}' makes it.")
    try:
        document = read_document(path)
    except StoreError as error:
        raise damaged_bench(folder, f"cannot be read ({error.__cause__})") from error
    if not isinstance(document, dict) or document.get("schema") != BENCH_SCHEMA:
        raise damaged_bench(folder, "is no benchmark of this version")
    return document


def damaged_bench(folder: Path, problem: str) -> StoreError:
    """The error for a stored benchmark in ``folder`` with that problem."""
    return StoreError(
        f"{folder / BENCH_DOCUMENT} {problem}. 'python -m study bench --out {folder}' makes it "
        "again; without the file, a study's report leaves its section out."
    )
