"""``data``: prepares a data set and says what is in it."""

import time

from rich.table import Table

from study.command_line.preparing import prepared, source_words
from study.command_line.terminal import console, escaped
from study.data.describe import describe_dataset
from study.model import check_image_size
from study.words import counted


def describe(source: str, image_size: int, pictures: int | None) -> int:
    """Prints counts, classes, what was dropped and why, and the fingerprint."""
    check_image_size(image_size)
    terminal = console()
    start = time.monotonic()
    dataset = prepared(source, image_size, pictures, terminal)
    facts = describe_dataset(dataset)
    named = source_words(facts["source"])
    terminal.print(f"{named}: {len(dataset.labels):,} usable pictures", markup=False)
    counts = Table("class", "label", "pictures", box=None, pad_edge=False)
    for label, name in enumerate(dataset.class_names):
        counts.add_row(escaped(name), str(label), f"{int((dataset.labels == label).sum()):,}")
    terminal.print(counts)
    total = sum(row["count"] for row in facts["dropped"])
    terminal.print(f"{total:,} dropped" if total else "Nothing was dropped.")
    if total:
        dropped = Table("reason", "class", "pictures", box=None, pad_edge=False)
        for row in facts["dropped"]:
            dropped.add_row(
                escaped(row["reason"]),
                escaped(row["class_name"] or "no class"),
                f"{row['count']:,}",
            )
        terminal.print(dropped)
    if facts["ignored"]:
        terminal.print(f"{counted(facts['ignored'], 'other file')} ignored: no pictures")
    terminal.print(
        f"{facts['train_examples']:,} to train on, {facts['validation_examples']:,} to validate "
        f"on; {image_size} x {image_size} pixels"
    )
    terminal.print(f"Fingerprint {dataset.fingerprint}", markup=False)
    terminal.print(
        f"Prepared in {time.monotonic() - start:.1f} s: {dataset.directory}", markup=False
    )
    return 0
