"""What a user sees of a study getting on."""

import io
from dataclasses import replace

import pytest
from rich.console import Console

from study.command_line import tally as module
from study.command_line.progress import StudyProgress
from study.command_line.tally import Tally
from study.command_line.terminal import duration, escaped, size
from study.conduct.task import MEASURE, TRAIN, Task
from study.words import counted
from tests.make_run import tiny_settings

RUN = tiny_settings()
TASKS = [Task(TRAIN, RUN, (), 3000, pictures_an_epoch=100), Task(MEASURE, RUN, (RUN.id,), 1000)]
EPOCH = {
    "event": "epoch",
    "epoch": 2,
    "examples": 140,
    "train_seconds": 0.5,
    "loss": 0.5,
    "val_loss": None,
}


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch):
    now = [100.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    return now


def test_time_left_comes_from_measured_speed(clock) -> None:
    tally = Tally(TASKS, jobs=1)
    assert tally.seconds_left() is None
    tally.start(TASKS[0])
    clock[0] += 30
    tally.finish(TASKS[0], "")
    assert tally.seconds_left() == pytest.approx(10)
    tally.start(TASKS[1])
    clock[0] += 4
    assert tally.seconds_left() == pytest.approx(6)
    tally.finish(TASKS[1], "no")
    assert tally.line() == "2 of 2 done, 1 failed, about 0 s left"


def test_before_a_task_has_finished_its_epochs_tell_the_speed(clock) -> None:
    tally = Tally(TASKS, jobs=1)
    whole = replace(TASKS[0], pictures_an_epoch=1000)
    tally.start(whole)
    clock[0] += 10
    tally.advance(whole, 1)
    assert tally.seconds_left() == pytest.approx(30), "3000 of 4000 pictures at 100 a second"


def test_epochs_of_an_earlier_process_are_no_speed_of_this_one(clock) -> None:
    tally = Tally(TASKS, jobs=1)
    tally.start(TASKS[0])
    clock[0] += 10
    tally.advance(TASKS[0], 25)
    assert tally.seconds_left() == pytest.approx(150), "1500 pictures at 10 a second"
    clock[0] += 10
    tally.advance(TASKS[0], 27)
    assert tally.seconds_left() == pytest.approx(1300 / 15), "300 in 20 s"
    clock[0] += 20
    tally.advance(TASKS[0], 29)
    tally.finish(TASKS[0], "")
    assert tally.seconds_left() == pytest.approx(1000 / (500 / 40))


def test_runs_that_take_longer_than_expected_lengthen_what_is_ahead(clock) -> None:
    first = replace(TASKS[0], pictures_an_epoch=6000)
    second = Task(TRAIN, tiny_settings(seed=2), (), 1000, pictures_an_epoch=500)
    tally = Tally([first, second, TASKS[1]], jobs=2)
    tally.start(first)
    clock[0] += 60
    tally.advance(first, 1)
    # the second will take 2,000; 5 % more of the first; measuring as planned
    assert tally.seconds_left() == pytest.approx((2000 + 300 + 1000) / 100 / 2)
    tally.finish(first, "")
    assert tally.seconds_left() == pytest.approx((2000 + 1000) / 100 / 2)
    tally.start(second)
    clock[0] += 5
    assert tally.seconds_left() == pytest.approx((2000 - 500 + 1000) / 100 / 2)
    tally.advance(second, 1)
    assert tally.seconds_left() == pytest.approx((1500 + 1000) / 100 / 2)


def test_what_failed_at_once_tells_no_speed(clock) -> None:
    other = Task(TRAIN, tiny_settings(seed=2), (), 3000, pictures_an_epoch=100)
    tally = Tally([TASKS[0], other], jobs=1)
    tally.start(TASKS[0])
    clock[0] += 1
    tally.finish(TASKS[0], "ValueError: no")
    assert tally.seconds_left() is None, "not 3,000 pictures in a second"
    tally.start(other)
    clock[0] += 10
    tally.advance(other, 1)
    assert tally.seconds_left() == pytest.approx(2900 / 10)


@pytest.mark.parametrize("status", ["completed", "diverged"])
def test_measurements_of_a_run_that_diverged_are_none_of_the_plan(clock, status: str) -> None:
    progress = StudyProgress(TASKS, 1, Console(file=io.StringIO()))
    progress.started(0, TASKS[0])
    clock[0] += 10
    progress.event(0, TASKS[0], {**EPOCH, "epoch": 1})
    progress.event(0, TASKS[0], {"event": "done", "status": status})
    progress.finished(0, TASKS[0], "")
    left = {"completed": "1 of 2 done", "diverged": "1 of 1 done, about 0 s left"}[status]
    assert progress._tally.line().startswith(left)
    # ten pictures a second, by the plan's count; the run took 100 of 3,000, as others may
    seconds = {"completed": 1000 / 10, "diverged": 0}[status]
    assert progress._tally.seconds_left() == pytest.approx(seconds)


def test_a_failed_training_takes_its_measurements_out_of_the_plan(clock) -> None:
    tally = Tally(TASKS, jobs=1)
    tally.start(TASKS[0])
    tally.finish(TASKS[0], "its process was killed")
    assert tally.line() == "1 of 1 done, 1 failed"


def test_what_is_announced(clock) -> None:
    said: list[tuple] = []
    console = Console(file=io.StringIO())
    progress = StudyProgress(TASKS, 2, console, lambda *state: said.append(state))
    progress.started(0, TASKS[0])
    progress.event(0, TASKS[0], EPOCH)
    assert len(said) == 1, "not every epoch"
    clock[0] += 5
    progress.event(0, TASKS[0], EPOCH)
    progress.finished(0, TASKS[0], "no")
    assert [state[:3] for state in said] == [(0, 2, 0), (0, 2, 0), (1, 1, 1)]
    assert said[0][3] is None and said[1][3] > 0
    assert [state[4] for state in said] == [[TASKS[0].id], [TASKS[0].id], []]


def shown(terminal: bool) -> str:
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=terminal, width=160)
    with StudyProgress(TASKS, 2, console) as progress:
        progress.started(0, TASKS[0])
        progress.event(0, TASKS[0], EPOCH)
        progress.finished(0, TASKS[0], "")
        progress.started(1, TASKS[1])
        progress.event(1, TASKS[1], {"event": "progress", "done": 3, "total": 25})
        progress.finished(1, TASKS[1], "ValueError: [bold]no[/bold]")
    return stream.getvalue()


def test_plain_lines_where_the_output_is_no_terminal() -> None:
    lines = shown(terminal=False).splitlines()
    assert lines[0].startswith("training batch 16, rate 0.05, seed 1: finished; 1 of 2 done")
    assert lines[1] == ("measuring batch 16, rate 0.05, seed 1 failed: ValueError: [bold]no[/bold]")
    assert "\x1b" not in shown(terminal=False)


def test_bars_at_a_terminal() -> None:
    text = shown(terminal=True)
    assert "study" in text
    assert "epoch 2, loss 0.500, validation not finite, 140 pictures/s" in text


def test_words_for_times_and_sizes() -> None:
    assert [counted(n, "task") for n in (1, 2, 1_200)] == ["1 task", "2 tasks", "1,200 tasks"]
    assert [duration(s) for s in (4, 89, 150, 3900)] == ["4 s", "89 s", "2 min", "1 h 05 min"]
    assert [size(n) for n in (10, 999.4, 999_600, 2_000, 3.5e6, 141e6, 2e12)] == [
        "10 B",
        "999 B",
        "1 MB",
        "2 kB",
        "3.5 MB",
        "141 MB",
        "2 TB",
    ]


def test_names_from_outside_reach_the_terminal_as_text_alone() -> None:
    assert escaped("\x1b[31mcat\udce9[bold]\nnext") == "[31mcat\\[bold]\nnext"
