"""Prepares a data set under the eyes of the user."""

import time

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from study.data.dataset import Dataset
from study.data.load import EMBEDDED_NAMES, load_dataset

_PLAIN_PAUSE = 10.0


def prepared(source: str, image_size: int, pictures: int | None, terminal: Console) -> Dataset:
    """Loads the data with a bar at a terminal, with a line every ten seconds elsewhere.

    Raises:
        DataError: as ``load_dataset``.
    """
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        console=terminal,
        transient=True,
        disable=not terminal.is_terminal,
    ) as progress:
        row = progress.add_task(f"preparing {source}", total=None)
        last = time.monotonic()

        def tell(what: str, done: int, total: int) -> None:
            nonlocal last
            progress.update(row, description=what, completed=done, total=total or None)
            waiting = "wait" in what
            if not terminal.is_terminal and (waiting or time.monotonic() - last > _PLAIN_PAUSE):
                last = time.monotonic()
                count = f": {done:,} of {total:,}" if total else ""
                terminal.print(f"{what}{count}", markup=False)

        dataset = load_dataset(source, image_size, pictures=pictures, progress=tell)
    say_data(dataset, terminal)
    return dataset


def say_data(dataset: Dataset, terminal: Console) -> None:
    """Prints what the data are, in a line."""
    terminal.print(
        f"Data: {source_words(dataset.source)}, {len(dataset.labels):,} pictures of "
        f"{dataset.image_size} x {dataset.image_size} pixels",
        markup=False,
    )


def source_words(source: str) -> str:
    """A source of data as users name it."""
    return "synthetic (drawn by this project)" if source in EMBEDDED_NAMES else source
