"""Settling a study: devices, jobs, seeds; and the documents it leaves."""

from dataclasses import replace
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pandas as pd
import pytest

from study.command_line.adjusted_preset import adjusted_preset
from study.command_line.commands import StudyOptions
from study.conduct import conductor, timekeeper
from study.conduct import machine as machine_module
from study.conduct.conductor import conduct, open_tasks, study_document
from study.conduct.probe import Seen
from study.conduct.protocol import WorkerConfiguration
from study.conduct.resources import share_machine
from study.conduct.settle import Request, settle
from study.conduct.task import TRAIN, Task
from study.conduct.timekeeper import Timekeeper
from study.data.dataset import Dataset
from study.errors import SettingsError
from study.experiments.presets import get_preset
from study.store.atomic import write_parquet
from study.store.measurements import measurement_path
from study.store.study_directory import StudyDirectory
from tests.test_collect import write_run


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    images = np.zeros((320, 32, 32, 3), np.uint8)
    labels = (np.arange(320) % 2).astype(np.uint8)
    return Dataset(images, labels, ("cat", "dog"), "f" * 64, directory=tmp_path)


@pytest.fixture
def directory(tmp_path: Path) -> StudyDirectory:
    made = StudyDirectory(tmp_path / "study")
    made.create()
    return made


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch):
    def has(gpus: int = 0, seen: int | None = None) -> None:
        facts = {"cpu": "x", "cores": 2, "memory_bytes": 8_000_000_000, "gpus": ["H"] * gpus}
        answer = Seen("tensorflow", ("H",) * (gpus if seen is None else seen))
        monkeypatch.setattr(machine_module, "hardware", lambda: facts)
        monkeypatch.setattr(machine_module, "probe", lambda: answer)

    has()
    return has


def request(**changes) -> Request:
    return replace(Request("article", get_preset("smoke")), **changes)


def test_order_of_the_pictures(dataset: Dataset, machine) -> None:
    article = settle(request(), dataset)
    anew = settle(request(preset=replace(get_preset("smoke"), reshuffle=True)), dataset)
    assert not any(task.run.reshuffle for task in article.tasks)
    assert all(task.run.reshuffle for task in anew.tasks)
    assert not {t.run.id for t in article.tasks} & {t.run.id for t in anew.tasks}
    with pytest.raises(SettingsError, match="reshuffle: False there, True asked"):
        settle(anew.request, dataset, article.settings)


def test_seeds_are_those_asked_for(dataset: Dataset, machine) -> None:
    assert settle(request(), dataset).settings.seeds == (0,)
    study = settle(request(seeds=3), dataset)
    assert study.settings.seeds == (0, 1, 2)
    assert study.settings.heat_map_seeds == (0,)


@pytest.mark.parametrize(("asked", "wanted"), [(0, ()), (1, (0,)), (9, (0, 1, 2))])
def test_seeds_of_the_heat_map_alone(dataset: Dataset, machine, asked: int, wanted) -> None:
    preset = replace(get_preset("smoke"), heat_map_seeds=asked)
    study = settle(request(seeds=3, preset=preset), dataset)
    assert study.settings.heat_map_seeds == wanted
    in_arms = settle(request(seeds=3, preset=replace(preset, heat_map_seeds=0)), dataset)
    further = {task.run.id for task in study.tasks} - {task.run.id for task in in_arms.tasks}
    assert bool(further) is bool(wanted)


def test_one_device_unless_asked(dataset: Dataset, machine) -> None:
    assert settle(request(), dataset).settings.replicas == (1,)
    logical = settle(request(devices=2, logical=True), dataset)
    assert logical.settings.replicas == (1, 2)
    assert logical.resources[2].jobs == 1


def test_preset_for_gpus_takes_all_of_them(dataset: Dataset, machine) -> None:
    machine(gpus=4)
    paper = replace(get_preset("smoke"), several_devices=True)
    assert settle(request(preset=paper), dataset).settings.replicas == (1, 4)
    assert settle(request(preset=paper, devices=1), dataset).settings.replicas == (1,)
    machine(gpus=1)
    assert settle(request(preset=paper), dataset).settings.replicas == (1,)


@pytest.mark.parametrize("gpus", range(1, 9))
def test_preset_for_gpus_takes_as_many_as_divide_every_batch(
    dataset: Dataset, machine, gpus: int
) -> None:
    machine(gpus=gpus)
    paper = replace(get_preset("smoke"), several_devices=True)
    taken = {1: 1, 3: 2, 5: 4, 6: 4, 7: 4}.get(gpus, gpus)
    study = settle(request(preset=paper), dataset)
    assert study.settings.replicas == ((1,) if taken == 1 else (1, taken))
    told = f"Runs on several devices take {taken} of the {gpus} GPUs" in study.notice
    assert told == (taken < gpus) and bool(study.notice) == told


def test_devices_that_are_named_or_that_suit_are_taken(dataset: Dataset, machine) -> None:
    machine(gpus=6)
    paper = replace(get_preset("smoke"), several_devices=True)
    with pytest.raises(SettingsError, match="does not divide over 6 devices"):
        settle(request(preset=paper, devices=6), dataset)
    thirds = replace(paper, batch_sizes=(24, 48))
    assert settle(request(preset=thirds), dataset).settings.replicas == (1, 6)
    odd = settle(request(preset=replace(paper, batch_sizes=(7, 25))), dataset)
    assert odd.settings.replicas == (1,)
    assert "All runs take 1 of the 6 GPUs" in odd.notice
    # nothing but the number of devices is mended
    with pytest.raises(SettingsError, match="larger than the training set"):
        settle(request(preset=replace(paper, batch_sizes=(32, 512))), dataset)


@pytest.mark.parametrize("name", ["goyal", "hoffer", "mccandlish"])
def test_conditions_take_devices_that_suit_their_schedules_and_ghosts(machine, name: str) -> None:
    sized = adjusted_preset(StudyOptions(preset="quick"), name)
    paper = replace(sized, several_devices=True)
    images = np.zeros((2_400, 32, 32, 3), np.uint8)
    pictures = Dataset(images, np.arange(2_400) % 2, ("cat", "dog"), "f" * 64)
    for gpus in (3, 6, 8):
        machine(gpus=gpus)
        study = settle(request(experiment=name, preset=paper), pictures)
        most = max(study.settings.replicas)
        assert most in (1, 2, 4, 8)
        assert (f"of the {gpus} GPUs" in study.notice) == (most < gpus)
        runs = [task.run for task in study.tasks if task.run.replicas == most]
        assert runs and all(run.batch_size % most == 0 for run in runs)


def test_more_devices_than_gpus(dataset: Dataset, machine) -> None:
    machine(gpus=2)
    with pytest.raises(SettingsError, match="this machine has 2 GPUs"):
        settle(request(devices=4), dataset)


def test_gpus_that_tensorflow_does_not_see_are_not_counted(dataset: Dataset, machine) -> None:
    paper = replace(get_preset("smoke"), several_devices=True)
    machine(gpus=4, seen=0)
    study = settle(request(preset=paper), dataset)
    assert study.settings.replicas == (1,)
    assert study.machine["gpus"] == []
    assert study.resources[1].threads == 1, "its runs share the processor"
    assert "TensorFlow sees 0 of 4 GPUs; install with: pip install" in study.notice
    machine(gpus=4, seen=2)
    study = settle(request(preset=paper), dataset)
    assert study.settings.replicas == (1, 2)
    assert "sees 2 of 4" in study.notice
    with pytest.raises(SettingsError, match="2 GPUs that TensorFlow sees"):
        settle(request(devices=4), dataset)
    machine(gpus=2)
    assert settle(request(preset=paper), dataset).notice == ""


def test_gpus_that_nvidia_smi_does_not_name_can_be_used(dataset: Dataset, machine) -> None:
    machine(gpus=0, seen=2)
    assert settle(request(devices=2), dataset).settings.replicas == (1, 2)


def test_going_on_keeps_further_seeds_and_devices(dataset: Dataset, machine) -> None:
    stored = settle(request(seeds=3, devices=2, logical=True), dataset).settings
    study = settle(request(seeds=1), dataset, stored)
    assert study.settings.seeds == (0, 1, 2)
    assert study.settings.replicas == (1, 2)
    assert {task.run.seed for task in study.tasks} == {0, 1, 2}


def test_parts_of_a_study_may_have_as_many_seeds_as_it_has(dataset: Dataset, machine) -> None:
    stored = settle(request(seeds=3), dataset).settings
    preset = replace(get_preset("smoke"), seeds=1, heat_map_seeds=3, search_seeds=2)
    settings = settle(request(preset=preset), dataset, stored).settings
    assert (settings.seeds, settings.heat_map_seeds) == ((0, 1, 2), (0, 1, 2))
    assert settings.search_seeds == (0, 1)
    assert settle(request(preset=preset), dataset).settings.heat_map_seeds == (0,)


def test_logical_devices_of_one_device_are_refused(dataset: Dataset, machine) -> None:
    with pytest.raises(SettingsError, match="--logical-devices with one device"):
        settle(request(logical=True), dataset)


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


def test_logical_devices_stay_logical(dataset: Dataset, machine) -> None:
    first = settle(request(devices=2, logical=True), dataset)
    assert study_document(first, 0)["logical_devices"] is True
    for more in (request(seeds=2), request(devices=4)):
        study = settle(more, dataset, first.settings, stored_logical=True)
        assert study_document(study, 0)["logical_devices"] is True
        assert study.resources[2].threads == 2
    machine(gpus=2)
    real = settle(request(devices=2), dataset)
    assert study_document(real, 0)["logical_devices"] is False
    with pytest.raises(SettingsError, match="must not be mixed"):
        settle(request(devices=4, logical=True), dataset, real.settings)
    alone = settle(request(), dataset)
    grown = settle(request(devices=2, logical=True), dataset, alone.settings)
    assert study_document(grown, 0)["logical_devices"] is True


def test_other_data_make_another_study(dataset: Dataset, machine) -> None:
    stored = settle(request(), dataset).settings
    other = replace(dataset, fingerprint="0" * 64)
    with pytest.raises(SettingsError, match="fingerprint"):
        settle(request(), other, stored)


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


@pytest.mark.parametrize(
    ("jobs", "memory", "gpus", "replicas", "wanted"),
    [
        (None, 16e9, 0, 1, (4, 1)),
        (None, 2.5e9, 0, 1, (2, 2)),
        (None, 0.5e9, 0, 1, (1, 4)),
        (3, 16e9, 0, 1, (3, 1)),
        (None, 16e9, 0, 2, (1, 4)),
        (3, 16e9, 0, 2, (1, 4)),
        (None, 16e9, 1, 1, (1, 0)),
        (2, 16e9, 1, 1, (2, 0)),
    ],
)
def test_machine_is_shared(jobs, memory, gpus, replicas, wanted) -> None:
    machine = {"cores": 4, "memory_bytes": int(memory), "gpus": ["H"] * gpus}
    found = share_machine(jobs, 100_000_000, machine, replicas)
    assert (found.jobs, found.threads) == wanted
