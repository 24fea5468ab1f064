"""The command that makes a study from the start has the settings of that study."""

import json
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tyro
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from study.command_line.adjusted_preset import adjusted_preset
from study.command_line.commands import Run, StudyOptions
from study.command_line.main import Command
from study.conduct.settings import checked_document
from study.conduct.settle import Request, Study, settle
from study.data.dataset import Dataset
from study.data.load import EMBEDDED_NAMES
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
    "logical-devices": st.just("--devices=2"),
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
            words += ["--logical-devices", "--devices", "2"]
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


def test_a_preset_of_another_version_has_none() -> None:
    document = checked_document(json.loads((PUBLISHED / "quick" / "study.json").read_text()))
    assert whole_command(document) == "python -m study reproduce --preset quick"
    assert whole_command({**document, "preset": "enormous"}) == ""
