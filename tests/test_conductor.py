"""Carrying a study out: what is left to do and who does it; and the documents it leaves."""

from dataclasses import replace
from unittest.mock import Mock

import pandas as pd
import pytest

from study.conduct import conductor, timekeeper
from study.conduct.conductor import conduct, open_tasks, study_document
from study.conduct.protocol import WorkerConfiguration
from study.conduct.settle import settle
from study.conduct.task import TRAIN, Task
from study.conduct.timekeeper import Timekeeper
from study.data.dataset import Dataset
from study.errors import SettingsError
from study.experiments.presets import get_preset
from study.store.atomic import write_parquet
from study.store.measurements import measurement_path
from study.store.study_directory import StudyDirectory
from tests import settling
from tests.settling import request
from tests.test_collect import write_run

dataset, directory, machine = settling.dataset, settling.directory, settling.machine


def test_going_on_with_too_few_gpus_is_refused_before_anything_is_written(
    dataset: Dataset, machine, directory: StudyDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine(gpus=2)
    begun = settle(request(devices=2), dataset)
    machine(gpus=0)
    calls: list[list[Task]] = []
    monkeypatch.setattr(conductor, "carry_out", lambda tasks, *others: calls.append(tasks) or {})
    going_on = settle(request(), dataset, begun.settings)
    with pytest.raises(SettingsError, match=r"\d+ tasks .* need 2 devices.* 0 GPUs were found"):
        conduct(going_on, directory, Mock())
    assert not directory.exists() and not calls
    # with those of several devices done, the others can go on
    ones = {task.id for task in going_on.tasks if task.run.replicas == 1}
    monkeypatch.setattr(conductor, "is_done", lambda task, folder: task.id not in ones)
    conduct(going_on, directory, Mock())
    assert {task.id for tasks in calls for task in tasks} == ones


def test_leftovers_of_finished_runs_are_removed(
    dataset: Dataset, machine, directory: StudyDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conductor, "carry_out", lambda *arguments: {})
    study = settle(request(), dataset)
    first, second, third = [task.run for task in study.tasks if task.kind == TRAIN][:3]
    for run, status in ((first, "completed"), (second, "diverged"), (third, "running")):
        folder = directory.runs / run.id
        write_run(folder, run, [0.7, 0.6], status)
        for name in ("state.npz", "norms.f32", "path/step.npz"):
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).touch()
    conduct(study, directory, Mock())

    def left(run) -> set[str]:
        names = {"state.npz", "norms.f32", "path"}
        return {path.name for path in (directory.runs / run.id).iterdir()} & names

    # the path of a completed run has still to be measured
    assert (left(first), left(second)) == ({"path"}, set())
    assert left(third) == {"state.npz", "norms.f32", "path"}


def test_document_says_what_and_where(dataset: Dataset, machine) -> None:
    document = study_document(settle(request(command="python -m study"), dataset), 12.34)
    assert document["settings"]["experiment"] == "article"
    doubled = {*document["settings"]} & {*document}
    assert not doubled, "every setting stands in one place"
    assert document["data"]["fingerprint"] == "f" * 64
    assert document["data"]["train_examples"] == 256
    assert document["hardware"]["cores"] == 2
    assert document["versions"]["keras"].startswith("3.")
    assert document["wall_seconds"] == 12.3
    assert document["rate_multiples"] == [1, 2, 4, 8]


def test_time_worked_outlives_a_kill(
    dataset: Dataset, machine, directory: StudyDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = settle(request(), dataset)
    clock = [100.0]
    monkeypatch.setattr(timekeeper.time, "monotonic", lambda: clock[0])
    told: list[str] = []
    observer = Mock(event=lambda *arguments: told.append("event"))
    keeper = Timekeeper(observer, directory, study_document(study, 7.0))
    for seconds, wanted in [(20, 7.0), (15, 42.0), (20, 42.0)]:
        clock[0] += seconds
        keeper.event(0, study.tasks[0], {"event": "epoch"})
        assert directory.read()["wall_seconds"] == wanted
    assert told == ["event"] * 3


def test_call_without_work_keeps_where_the_study_was_made(
    dataset: Dataset, machine, directory: StudyDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conductor, "carry_out", lambda *arguments: {})
    first = conduct(settle(request(jobs=2, command="first"), dataset), directory, Mock())
    assert first == {}
    assert directory.read()["jobs"] == 2
    conduct(settle(request(jobs=1, command="more"), dataset), directory, Mock())
    assert (directory.read()["jobs"], directory.read()["command"]) == (1, "more")
    monkeypatch.setattr(conductor, "is_done", lambda *arguments: True)
    conduct(settle(request(jobs=2, command="again"), dataset), directory, Mock())
    assert (directory.read()["jobs"], directory.read()["command"]) == (1, "more")


def test_what_needs_a_diverged_run_is_no_work_left(
    dataset: Dataset, machine, directory: StudyDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[list[Task]] = []
    monkeypatch.setattr(conductor, "carry_out", lambda tasks, *others: calls.append(tasks) or {})
    study = settle(request(command="first"), dataset)
    conduct(study, directory, Mock())
    # every run has diverged but one, whose measurements are stored
    runs = [task.run for task in study.tasks if task.kind == TRAIN]
    for run in runs:
        status = "completed" if run is runs[0] else "diverged"
        write_run(directory.runs / run.id, run, [0.7, 0.6], status)
    left = open_tasks(study.tasks, directory)
    assert left and all(task.needs == (runs[0].id,) for task in left)
    for name in left[0].outputs:
        path = measurement_path(directory.runs / runs[0].id, name)
        path.parent.mkdir(exist_ok=True)
        write_parquet(path, pd.DataFrame({"a": [1]}))
    assert open_tasks(study.tasks, directory) == []
    conduct(settle(request(command="again"), dataset), directory, Mock())
    assert (len(calls), directory.read()["command"]) == (1, "first")


@pytest.mark.parametrize(("jobs", "kinds"), [(1, [True, False]), (2, [False])])
def test_several_threads_take_pieces_where_the_network_allows_it(
    dataset: Dataset,
    machine,
    directory: StudyDirectory,
    monkeypatch: pytest.MonkeyPatch,
    jobs,
    kinds,
) -> None:
    calls: list[tuple[list[Task], WorkerConfiguration]] = []

    def note(tasks, completed, configuration, *others) -> dict[str, str]:
        calls.append((tasks, configuration))
        return {}

    monkeypatch.setattr(conductor, "carry_out", note)
    study = settle(request(jobs=jobs, preset=replace(get_preset("smoke"), search_seeds=1)), dataset)
    conduct(study, directory, Mock())
    assert [configuration.in_pieces for _, configuration in calls] == kinds
    assert {configuration.threads for _, configuration in calls} == {2 // jobs}
    done = [task.id for tasks, _ in calls for task in tasks]
    assert sorted(done) == sorted(task.id for task in study.tasks)
    if jobs == 1:
        assert all(task.rows_apart for task in calls[0][0])
        assert {task.run.model for task in calls[1][0]} == {"batch-normalisation"}
