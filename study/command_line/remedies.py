"""``remedies``: what closes the gap between small and large batches, over several studies."""

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.table import Table

from study.command_line.terminal import console, escaped


def tie_together(places: Sequence[Path], leave_out: Sequence[Path], out: Path) -> int:
    """Reads the studies, prints the table in short and writes the page.

    Returns:
        The exit code 0.

    Raises:
        StudyError: a folder holds no study, none has remedies, two are the same experiment on
            the same data, or one to be left out is not among them.
    """
    # pandas and the figures take seconds to load, which no other command needs
    from reports.chapter import read_chapter
    from reports.chapter_cells import remedy_view
    from reports.chapter_elsewhere import elsewhere
    from reports.chapter_page import write_chapter

    chapter = read_chapter(places, leave_out)
    page = write_chapter(chapter, out, shlex.join(["python", "-m", "study", *sys.argv[1:]]))
    terminal = console()
    for group in chapter.groups:
        terminal.print(f"On {group.data}", markup=False)
        table = Table("experiment", "remedy", "share of the gap", "outcome", box=None)
        table.pad_edge = False
        for study in group.studies:
            for row in study.rows:
                told = remedy_view(row)
                small = ", ".join(told.share.small)
                share = f"{told.share.text} ({small})" if small else told.share.text
                texts = (study.experiment.name, told.title, share, told.outcome)
                table.add_row(*map(escaped, texts))
        for experiment in group.missing:
            others = "; ".join(place.text for place in elsewhere(chapter, group, experiment))
            words = f"not run ({others})" if others else "not run"
            table.add_row(escaped(experiment.name), "", "–", escaped(words))
        terminal.print(table)
        terminal.print()
    for study in chapter.left_out:
        place, name = study.place, study.experiment.name
        terminal.print(f"Left out: {place} ({name} declares no remedies)", markup=False)
    for place in chapter.set_aside:
        terminal.print(f"Left out, as asked: {place}", markup=False)
    terminal.print(f"Page: {page}", markup=False)
    return 0
