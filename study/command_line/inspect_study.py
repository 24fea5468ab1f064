"""``status`` and ``report``: what is stored in a study directory."""

import shlex
import time
from pathlib import Path
from typing import Any

from rich.table import Table

from study.command_line.finish import finish_study, print_verdicts
from study.command_line.run_state import RunState, run_state
from study.command_line.show_published import show_published
from study.command_line.terminal import console, duration, escaped
from study.conduct.conductor import completed_runs, open_tasks
from study.conduct.plan import plan_study, planned_runs
from study.conduct.settings import StudySettings, settings_from_dict
from study.conduct.task import COMPARE, MEASURE, TRAIN, Task
from study.store.at_work import Work, read_work
from study.store.measurements import failed_measurements
from study.store.published import PUBLISHED
from study.store.run_folder import FINISHED
from study.store.study_directory import StudyDirectory
from study.words import counted

_TASKS = {TRAIN: "to train", MEASURE: "to measure", COMPARE: "to compare"}
_COLOURS = {
    "completed": "green",
    "diverged": "magenta",
    "failed": "red",
    "damaged": "red",
    "running": "yellow",
    "interrupted": "yellow",
}


def show_status(path: Path) -> int:
    """Prints the state of every planned run of a study, and whether a process is at work on it."""
    directory = StudyDirectory(path)
    document = directory.read()
    terminal = console()
    if PUBLISHED in document:
        show_published(directory, document)
        return 0
    work = read_work(directory.path)
    settings = settings_from_dict(document["settings"])
    runs = planned_runs(settings)
    states = [run_state(run, directory, work) for run in runs]
    table = Table("run", "status", "epochs", "lowest val. loss", "measured", "notes")
    table.box, table.pad_edge = None, False
    table.columns[-1].overflow = "fold"
    for state in states:
        table.add_row(*_cells(state))
    terminal.print(table)
    counts = {name: sum(state.status == name for state in states) for name in _names(states)}
    by_status = ", ".join(f"{count} {status}" for status, count in counts.items())
    worked = duration(float(document.get("wall_seconds") or 0))
    terminal.print(f"{len(runs)} runs: {by_status}. Worked for {worked}.", markup=False)
    if work is not None:
        terminal.print(_at_work(work), markup=False)
    elif left := _tasks_left(settings, states, directory):
        again = _command_to_go_on(str(document.get("command") or ""), path)
        terminal.print(
            f"Left to do: {_counted(left)}. No process is at work on it; to go on: {again}",
            markup=False,
        )
    return 0


def _command_to_go_on(command: str, path: Path) -> str:
    """The command that made a study, with its folder's present place as ``--out``."""
    try:
        words = shlex.split(command) or ["python", "-m", "study", "reproduce"]
    except ValueError:
        # it was edited
        words = ["python", "-m", "study", "reproduce"]
    if "--out" in words:
        place = words.index("--out")
        del words[place : place + 2]
    words = [word for word in words if not word.startswith("--out=")]
    return shlex.join([*words, "--out", str(path)])


def make_report_again(path: Path) -> int:
    """Gathers, summarises and writes the page of a study again, also while it is at work."""
    directory = StudyDirectory(path)
    document = directory.read()
    terminal = console()
    start = time.monotonic()
    summary, page = finish_study(
        directory, notice=lambda words: terminal.print(words, markup=False)
    )
    print_verdicts(summary, page, directory)
    missing = sum(run["status"] not in FINISHED for run in summary["runs"])
    if missing:
        terminal.print(
            f"{missing} of {len(summary['runs'])} runs are missing; the report shows what is "
            "finished so far."
        )
    work = read_work(directory.path)
    if directory.runs.exists():
        _say_unmeasured(document, directory, work is not None)
    if work is not None:
        terminal.print(_at_work(work), markup=False)
    terminal.print(f"Made in {time.monotonic() - start:.1f} s.")
    return 0


def _say_unmeasured(document: dict[str, Any], directory: StudyDirectory, at_work: bool) -> None:
    """Says how many measurements of completed runs are missing, but for those that failed."""
    settings = settings_from_dict(document["settings"])
    completed = completed_runs(settings, directory)
    planned = (task for task in plan_study(settings, 1, 1) if completed.issuperset(task.needs))
    missing = [
        task
        for task in open_tasks((task for task in planned if task.kind != TRAIN), directory)
        if task.failure not in failed_measurements(directory.runs / task.run.id)
    ]
    if not missing:
        return
    words = "is missing" if len(missing) == 1 else "are missing"
    again = _command_to_go_on(str(document.get("command") or ""), directory.path)
    mend = "" if at_work else f"; to make what is missing, call 'reproduce' again: {again}"
    console().print(
        f"{counted(len(missing), 'measurement')} of completed runs {words}; the report shows what "
        f"there is without{mend}",
        markup=False,
    )


def _cells(state: RunState) -> list[str]:
    return [
        escaped(state.id),
        f"[{_COLOURS.get(state.status, 'dim')}]{escaped(state.status)}[/]",
        "" if state.epochs is None else str(state.epochs),
        "" if state.lowest is None else f"{state.lowest:.3f}",
        ", ".join(state.measured),
        escaped("; ".join(state.notes)),
    ]


def _tasks_left(
    settings: StudySettings, states: list[RunState], directory: StudyDirectory
) -> list[Task]:
    """What the next call would do, but for what damaged runs keep it from."""
    damaged = {state.id for state in states if state.status == "damaged"}
    plan = plan_study(settings, 1, 1)
    return open_tasks((t for t in plan if damaged.isdisjoint((t.run.id, *t.needs))), directory)


def _counted(tasks: list[Task]) -> str:
    counts = {words: sum(task.kind == kind for task in tasks) for kind, words in _TASKS.items()}
    return ", ".join(f"{count} {words}" for words, count in counts.items() if count)


def _names(states: list[RunState]) -> list[str]:
    return sorted({state.status for state in states})


def _at_work(work: Work) -> str:
    """As in "Process 123 is at work on it for 3 min; 4 of 13 tasks done, about 40 s left."."""
    if not work.pid:
        return "A process is at work on it."
    text = f"Process {work.pid} is at work on it for {duration(time.time() - work.started)}"
    if work.total:
        text += f"; {work.done} of {work.total} tasks done"
        text += f", {work.failed} failed" if work.failed else ""
    if work.seconds_left is not None:
        text += f", about {duration(work.seconds_left)} left"
    return f"{text}."
