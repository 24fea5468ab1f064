"""What a finished run stores of its course, checked against what its document says of it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from study.errors import StoreError
from study.store.run_folder import EPOCHS_FILE, read_frame, unusable
from study.store.schema import KEYS, column_problem


def read_epochs(folder: Path, document: Mapping[str, Any]) -> pd.DataFrame:
    """The records of a finished run, one row an epoch, in order.

    Args:
        folder: ``runs/<id>``.
        document: its ``run.json``.

    Raises:
        StoreError: the file is missing or damaged, or holds other epochs than the document tells.
    """
    path = folder / EPOCHS_FILE
    epochs = read_records(path, "epochs", folder)
    told = document.get("outcome", {}).get("epochs", len(epochs))
    if not len(epochs) or len(epochs) != told:
        raise unusable(path, folder, f"holds {len(epochs)} epochs, expected {told:g} by run.json")
    return epochs


def read_records(path: Path, name: str, folder: Path | None = None) -> pd.DataFrame:
    """A frame of a run as it stored it, which is without the key columns.

    Args:
        path: of the file.
        name: of the frame that it is a part of.
        folder: the run's, where the run has to be made anew to have the file again.

    Raises:
        StoreError: it is missing or damaged, or its columns are not those of the frame.
    """
    try:
        frame = read_frame(path)
    except StoreError as error:
        # one that is missing comes back by itself
        if folder is None or not path.exists():
            raise
        raise unusable(path, folder, f"cannot be read ({error.__cause__})") from error
    # what had nothing to measure has no columns either
    problem = column_problem(name, frame, leave_out=KEYS) if len(frame) else ""
    if problem and folder is not None:
        raise unusable(path, folder, problem)
    if problem:
        raise StoreError(
            f"{path} {problem}; it was edited or made by another version. Delete it and call "
            "'python -m study reproduce' on this study again: it is measured anew."
        )
    return frame
