"""What is taken out of results before they are published."""

import json

import pandas as pd
import pytest

from study.errors import SettingsError
from study.store.atomic import write_json
from study.store.published import (
    check_name,
    published_document,
    published_frames,
    run_commits,
    without_paths,
)


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("/home/jane/data/cats.zip", "cats.zip"),
        (
            "python -m study run --data /data/x.zip --out=/tmp/a/b",
            "python -m study run --data x.zip --out=b",
        ),
        ("~/pictures and ~jane/pictures", "pictures and pictures"),
        ("--data ../shared/data/cats.zip", "--data cats.zip"),
        ("cannot write '/root/runs/a': no space", "cannot write 'a': no space"),
        ("s/epoch, and/or, 1/2, runs/quick", "s/epoch, and/or, 1/2, runs/quick"),
        ("AMD EPYC 7R13 (2 cores)", "AMD EPYC 7R13 (2 cores)"),
        ("https is no path", "https is no path"),
    ],
)
def test_paths_lose_all_but_their_last_part(text, clean):
    assert without_paths(text) == clean


def test_the_document_keeps_what_others_need():
    document = {
        "schema": 1,
        "settings": {"seeds": [0, 1], "model": "plain"},
        "data": {
            "source": "/home/jane/cats.zip",
            "directory": "/root/.cache",
            "seconds": 3.1,
            "n": 1,
        },
        "data_directory": "/root/.cache/x",
        "hardware": {"cpu": "AMD EPYC", "system": "Linux-6.1-jane", "gpus": []},
        "command": "python -m study reproduce --data /home/jane/cats.zip",
        "commit": "0" * 40,
        "dirty": False,
        "wall_seconds": 12.5,
    }
    found = published_document(document, "small", [{"commit": "1", "dirty": False, "runs": 2}])
    assert "jane" not in json.dumps(found)
    assert "/root" not in json.dumps(found)
    assert found["data"] == {"source": "cats.zip", "n": 1}
    assert found["hardware"] == {"cpu": "AMD EPYC", "gpus": []}
    assert found["settings"] == document["settings"]
    assert (found["dirty"], found["wall_seconds"]) == (False, 12.5)
    assert found["published"]["name"] == "small"
    assert "published" not in document


def test_reasons_name_no_paths():
    runs = pd.DataFrame({"id": ["a"], "reason": ["cannot read /home/jane/x.zip"]})
    epochs = pd.DataFrame({"id": ["a"], "loss": [0.5]})
    found = published_frames({"runs": runs, "epochs": epochs})
    assert found["runs"]["reason"][0] == "cannot read x.zip"
    assert found["epochs"] is epochs
    assert runs["reason"][0].startswith("cannot read /home")


def test_commits_are_those_of_finished_runs(tmp_path):
    made = [
        ("a", "completed", "1", False),
        ("b", "diverged", "2", True),
        ("c", "completed", "2", True),
    ]
    for name, status, commit, dirty in [*made, ("d", "running", "3", False)]:
        (tmp_path / name).mkdir()
        origin = {"commit": commit, "dirty": dirty}
        write_json(
            tmp_path / name / "run.json",
            {"id": name, "settings": {}, "status": status, "origin": origin},
        )
    found = run_commits(tmp_path / name for name in "abcde")
    assert found == [
        {"commit": "2", "dirty": True, "runs": 2},
        {"commit": "1", "dirty": False, "runs": 1},
    ]


@pytest.mark.parametrize("name", ["", "../x", "A", "a b", "-a", "x" * 41])
def test_names_are_small_letters_digits_and_hyphens(name):
    with pytest.raises(SettingsError, match="cannot name published results"):
        check_name(name)
    assert check_name("cpu-64px") == "cpu-64px"
