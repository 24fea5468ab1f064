"""Settling a study: the devices that its runs take, and how they share the machine."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from study.command_line.adjusted_preset import adjusted_preset
from study.command_line.commands import StudyOptions
from study.conduct.conductor import study_document, worker_configuration
from study.conduct.resources import share_machine
from study.conduct.settle import settle
from study.data.dataset import Dataset
from study.errors import SettingsError
from study.experiments.presets import get_preset
from tests import settling
from tests.settling import request

dataset, machine, directory = settling.dataset, settling.machine, settling.directory


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


def test_logical_devices_of_one_device_are_refused(dataset: Dataset, machine) -> None:
    with pytest.raises(SettingsError, match="--logical-devices with one device"):
        settle(request(logical=True), dataset)


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


@pytest.mark.parametrize(
    ("jobs", "memory", "gpus", "replicas", "wanted"),
    [
        (None, 16e9, 0, 1, (4, 1)),
        (None, 2.7e9, 0, 1, (2, 2)),
        # every thread takes something too
        (None, 2.5e9, 0, 1, (1, 4)),
        (None, 0.5e9, 0, 1, (1, 4)),
        (3, 16e9, 0, 1, (3, 1)),
        (None, 16e9, 0, 2, (1, 4)),
        (3, 16e9, 0, 2, (1, 4)),
        (None, 16e9, 1, 1, (1, 0)),
        (2, 16e9, 1, 1, (2, 0)),
        # two of four cores each
        (None, 64e9, 4, 1, (2, 0)),
        (None, 64e9, 1, 1, (1, 0)),
        (None, 8e9, 2, 1, (1, 0)),
        (8, 16e9, 4, 1, (8, 0)),
        (1, 16e9, 4, 1, (1, 0)),
        (None, 16e9, 4, 4, (1, 0)),
    ],
)
def test_machine_is_shared(jobs, memory, gpus, replicas, wanted) -> None:
    machine = {"cores": 4, "memory_bytes": int(memory), "gpus": ["H"] * gpus}
    found = share_machine(jobs, 100_000_000, machine, replicas)
    assert (found.jobs, found.threads) == wanted


@pytest.mark.parametrize(
    ("changes", "gpus", "whole"),
    [
        ({}, 0, True),
        ({}, 2, True),
        # their times are compared, and under a strategy every step is a call
        ({"devices": 2}, 2, False),
        ({"devices": 2, "logical": True}, 0, True),
    ],
)
def test_one_device_is_timed_as_several_are(
    dataset, machine, directory, changes: dict[str, Any], gpus: int, whole: bool
) -> None:
    machine(gpus=gpus)
    study = settle(request(**changes), dataset)
    assert worker_configuration(study, directory, 1, False).whole_epochs is whole


def test_runs_whose_times_are_compared_go_one_at_a_time(dataset: Dataset, machine) -> None:
    machine(gpus=2, cores=16)
    assert settle(request(), dataset).resources[1].jobs == 2
    assert settle(request(devices=2), dataset).resources[1].jobs == 1
    assert settle(request(devices=2, jobs=2), dataset).resources[1].jobs == 2
    machine(cores=4)
    # logical devices are not compared by their times
    assert settle(request(devices=2, logical=True), dataset).resources[1].jobs == 4


def test_several_devices_do_not_join_runs_in_whole_epochs(dataset: Dataset, machine) -> None:
    machine(gpus=2)
    alone = settle(request(), dataset).settings
    with pytest.raises(SettingsError, match="--devices 2 for a study that was begun on one device"):
        settle(request(devices=2), dataset, alone)
    # the same command as before, on a machine with more GPUs
    paper = replace(get_preset("smoke"), several_devices=True)
    machine(gpus=1)
    alone = settle(request(preset=paper), dataset).settings
    machine(gpus=2)
    assert settle(request(preset=paper), dataset, alone).settings.replicas == (1,)
    both = settle(request(devices=2), dataset).settings
    assert settle(request(devices=2, seeds=3), dataset, both).settings.replicas == (1, 2)
    # which does not ask for them keeps them
    assert settle(request(seeds=3), dataset, both).settings.replicas == (1, 2)
