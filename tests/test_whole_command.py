"""The command that makes a study from the start has the settings of that study."""

import json
import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tyro
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reports.page import _whole_command
from reports.read import read_study
from reports.study_view import StudyView
from study.command_line.adjusted_preset import adjusted_preset
from study.command_line.commands import Run, StudyOptions
from study.command_line.main import Command
from study.conduct.settings import checked_document
from study.conduct.settle import Request, Study, settle
from study.data.dataset import Dataset
from study.data.load import EMBEDDED_NAMES
from study.store.run_folder import TAKEN_OVER
from study.summarise.whole_command import whole_command
from tests import settling
from tests.readme_text import PUBLISHED

machine = settling.machine
PICTURES = 5_000
ARCHIVE = "a folder/pictures.zip"
OPTIONS = {
    "preset": st.sampled_from(["smoke", "quick", "cpu", "paper"]),
    "image-size": st.sampled_from([32, 64]),
    "model": st.sampled_from(["plain", "dropout", "batch-normalisation"]),
    "base-rate": st.sampled_from([0.01, 0.0375, 1e-5]),
    "patience": st.integers(1, 99),
    "max-epochs": st.integers(1, 9_999),
    "batch-sizes": st.lists(st.sampled_from([16, 32, 64, 128]), min_size=1, unique=True),
    "seeds": st.integers(1, 5),
    "heat-map-seeds": st.integers(0, 1),
    "search-seeds": st.integers(0, 1),
    "measured-pictures": st.integers(1, 20_000),
    "reshuffle": st.just(None),
    "logical-devices": st.sampled_from(["2", "4"]),
    "data": st.just(ARCHIVE),
}


def settled(command: str) -> tuple[Study, StudyOptions]:
    """What a command would make, of black pictures."""
    options = tyro.cli(
        Command,
        args=shlex.split(command)[3:],
        config=(tyro.conf.OmitArgPrefixes, tyro.conf.FlagCreatePairsOff),
    )
    assert isinstance(options, StudyOptions)
    name = options.experiment if isinstance(options, Run) else "article"
    dataset = Dataset(
        np.zeros((PICTURES, 32, 32, 3), np.uint8),
        (np.arange(PICTURES) % 2).astype(np.uint8),
        ("cat", "dog"),
        "f" * 64,
        directory=Path("nowhere"),
    )
    request = Request(
        name,
        adjusted_preset(options, name),
        seeds=options.seeds,
        devices=options.devices,
        logical=options.logical_devices,
    )
    return settle(request, dataset), options


def document_of(command: str) -> dict[str, Any]:
    """study.json of what a command would make, flat; of several options the last one counts."""
    study, options = settled(command)
    source, pictures = study.request.preset.source, study.request.preset.pictures
    embedded = (options.data or source) in EMBEDDED_NAMES
    return checked_document(
        {
            "settings": json.loads(json.dumps(study.settings.as_dict())),
            "logical_devices": study.logical,
            "command": command,
            "data": {
                "embedded": embedded,
                "source": options.data or source,
                "examples": (pictures or 2_400) if embedded else PICTURES,
            },
        }
    )


def assert_same(command: str, whole: str) -> None:
    (study, options), (again, asked) = settled(command), settled(whole)
    assert again.settings == study.settings
    assert again.logical == study.logical
    assert again.request.preset.pictures == study.request.preset.pictures
    assert (asked.out, asked.extend) == (None, None)
    # of several names of the drawn pictures any will do
    assert (asked.data in EMBEDDED_NAMES) == (options.data in EMBEDDED_NAMES)
    assert asked.data == options.data or asked.data in EMBEDDED_NAMES


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.fixed_dictionaries({}, optional=OPTIONS))
def test_it_has_the_settings_of_the_study(machine, given_options: dict[str, Any]) -> None:
    words = ["python", "-m", "study", "reproduce"]
    for option, value in given_options.items():
        if option == "logical-devices":
            words += ["--logical-devices", "--devices", value]
        elif option == "batch-sizes":
            words += ["--batch-sizes", *map(str, value)]
        else:
            words += [f"--{option}", *([] if value is None else [str(value)])]
    command = shlex.join(words)
    assert_same(command, whole_command(document_of(command)))


@pytest.mark.parametrize(
    ("command", "whole"),
    [
        ("reproduce --jobs 1 --out here", "reproduce --preset quick"),
        ("reproduce --seeds 3 --preset quick --patience 15", "reproduce --preset quick"),
        ("reproduce --preset smoke --pictures 320", "reproduce --preset smoke --pictures 320"),
        # fewer seeds than the preset's heat map has
        ("reproduce --preset cpu --seeds 2", "reproduce --preset cpu --seeds 2"),
        (
            "reproduce --preset cpu --data synthetic --pictures 640",
            "reproduce --preset cpu --data synthetic --pictures 640",
        ),
        (f"reproduce --data '{ARCHIVE}'", f"reproduce --preset quick --data '{ARCHIVE}'"),
        (
            "reproduce --preset cpu --data x.zip --pictures 400",
            "reproduce --preset cpu --data x.zip --pictures 400",
        ),
        ("run keskar --preset smoke --max-epochs 5", "run keskar --preset smoke --max-epochs 5"),
        (
            "run mccandlish --preset quick --target 0.4",
            "run mccandlish --preset quick --target 0.4",
        ),
    ],
)
def test_options_are_named_where_the_preset_differs(machine, command: str, whole: str) -> None:
    command, whole = (f"python -m study {words}" for words in (command, whole))
    assert whole_command(document_of(command)) == whole
    assert_same(command, whole)


@pytest.mark.parametrize(
    "folder", sorted(PUBLISHED.glob("*/study.json")), ids=lambda p: p.parent.name
)
def test_published_studies_have_the_settings_of_their_commands(machine, folder: Path) -> None:
    document = checked_document(json.loads(folder.read_text()))
    whole = whole_command(document)
    if "--extend" not in document["command"]:
        assert_same(document["command"], whole)
    (study, _), names = settled(whole), ("seeds", "heat_map_seeds", "search_seeds", "model")
    settings = study.settings.as_dict()
    assert [list(settings[name]) for name in names] == [list(document[name]) for name in names]


def test_on_gpus(machine) -> None:
    machine(gpus=4)
    for devices in ("", " --devices 1", " --devices 2"):
        command = f"python -m study reproduce --preset paper{devices}"
        whole = whole_command(document_of(command))
        # without the option, the preset takes all GPUs
        assert whole == (command if devices else f"{command} --devices 4")
        assert_same(command, whole)


def published_document(name: str = "quick", **changes: Any) -> dict[str, Any]:
    document = json.loads((PUBLISHED / name / "study.json").read_text())
    for key, value in changes.items():
        document["settings" if key in document["settings"] else "data"][key] = value
    return checked_document(document)


def test_of_several_options_the_last_counts(machine) -> None:
    command = "python -m study reproduce --preset cpu --data x.zip --pictures 400 --pictures=800"
    whole = whole_command(document_of(command))
    assert whole == "python -m study reproduce --preset cpu --data x.zip --pictures 800"


def test_what_is_measured_along_runs_is_kept_from_an_older_version(machine) -> None:
    document = document_of("python -m study reproduce --preset quick --measured-pictures 300")
    document["measures"] |= {"along_levels": [0.5], "along_examples": 9_000}
    whole = "python -m study reproduce --preset quick --measured-pictures 300"
    assert whole_command(document) == whole


def test_a_grown_study(machine) -> None:
    """Devices and seeds that came later stand beside the first ones."""
    command = "python -m study reproduce --preset quick --logical-devices --devices 2"
    grown = document_of(command) | {"seeds": list(range(5)), "heat_map_seeds": [0, 1]}
    whole = "reproduce --preset quick --seeds 5 --heat-map-seeds 2 --devices 2 --logical-devices"
    assert whole_command(grown) == f"python -m study {whole}"


@pytest.mark.parametrize(
    "changes",
    [
        {"preset": "enormous"},
        {"replicas": []},
        {"replicas": [2]},
        {"replicas": [1, 2, 4]},
        {"seeds": []},
        {"seeds": [0, 2]},
        {"heat_map_seeds": [1]},
        {"source": None, "embedded": False},
        {"source": ["a"], "embedded": False},
        {"examples": None},
        {"examples": -0.0},
        {"examples": -4},
        {"source": "--out", "embedded": False},
        {"batch_sizes": []},
        {"target": 0.5},
        {"seeds": [0], "heat_map_seeds": [0, 1, 2]},
    ],
    ids=str,
)
def test_what_no_command_makes_has_none(changes: dict[str, Any]) -> None:
    assert whole_command(published_document()) == "python -m study reproduce --preset quick"
    assert whole_command(published_document(**changes)) == ""


@pytest.mark.parametrize("count", [-3, 0, (1,)])
def test_numbers_of_pictures_that_are_none_have_none(count: Any) -> None:
    document = published_document()
    for name in ("sharpness", "interpolation", "landscape", "gradient"):
        document["measures"][f"{name}_examples"] = count
    assert whole_command(document) == ""


def test_uneven_measurements_have_none() -> None:
    document = published_document()
    document["measures"]["landscape_examples"] = 7
    document["measures"]["gradient_examples"] = 3
    assert whole_command(document) == ""


@pytest.mark.parametrize("changes", [{"patience": 3}, {"batch_sizes": [32]}, {"search_seeds": [0]}])
def test_lengths_of_conditions_have_no_option(changes: dict[str, Any]) -> None:
    assert whole_command(published_document("goyal-quick"))
    assert whole_command(published_document("goyal-quick", **changes)) == ""


TAKEN = {"name": "quick", "ids": [], "commits": []}


def view_with(**changes: Any) -> StudyView:
    view = read_study(PUBLISHED / "quick")
    return replace(view, settings={**view.settings, **changes})


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        ("python -m study reproduce --extend reports/published/quick --seeds 4", True),
        ("python -m study reproduce --extend=reports/published/quick --seeds 4", True),
        ("python -m study reproduce --preset quick --out x--extend", False),
    ],
)
def test_the_page_names_it_where_published_results_were_the_beginning(
    command: str, shown: bool
) -> None:
    assert _whole_command(view_with(command=command)) == ""
    view = view_with(command=command, **{TAKEN_OVER: [TAKEN]})
    assert bool(_whole_command(view)) == shown


def test_the_page_leaves_out_what_it_cannot_show_as_it_is() -> None:
    for source in ("x" * 600, "two  blanks.zip", "turned\u202eround.zip"):
        data = {"embedded": False, "source": source}
        command = "python -m study reproduce --extend x"
        view = view_with(command=command, data=data, **{TAKEN_OVER: [TAKEN]})
        assert whole_command(view.settings) and _whole_command(view) == ""
