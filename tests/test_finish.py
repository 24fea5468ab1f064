"""The end of a study whose runs have several networks: which of them is shown and published."""

import json
from pathlib import Path

import pytest

from study.command_line import publish as publish_module
from study.command_line.finish import finish_study
from study.command_line.publish import publish
from study.conduct.plan import planned_runs
from study.conduct.settings import settings_from_dict
from study.store.atomic import write_json
from study.store.study_directory import StudyDirectory
from tests.make_settings import small_study
from tests.make_study import make_settings
from tests.test_collect import write_run

ROOT = Path(__file__).parents[1]
SETTINGS = small_study(model="plain", search_seeds=(0,), seeds=(0,))


@pytest.fixture
def directory(tmp_path: Path) -> StudyDirectory:
    """Every planned run, those of the search for the model too, with a network named after it."""
    made = StudyDirectory(tmp_path / "study")
    made.create()
    made.write({**make_settings(1), "settings": SETTINGS.as_dict()})
    for run in planned_runs(SETTINGS):
        write_run(made.runs / run.id, run, [0.7, 0.4, 0.5])
        write_json(made.runs / run.id / "model.json", _layers(run.model))
    return made


def _layers(name: str) -> list[dict]:
    return [{"name": name, "kind": "Dense", "output_shape": [1], "parameters": 5}]


def test_the_network_shown_is_that_of_the_studys_own_model(
    directory: StudyDirectory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reports.page.write_report", lambda path: path)
    monkeypatch.setattr("study.summarise.summary.summarise", lambda *facts: {})
    models = {run.model for run in planned_runs(SETTINGS)}
    assert min(models) < "plain", "of another model comes first in the alphabet"
    finish_study(directory)
    assert json.loads((directory.path / "model.json").read_text()) == _layers("plain")
    # one that an older version stored
    write_json(directory.path / "model.json", _layers("batch-normalisation"))
    monkeypatch.setattr(publish_module, "finish_study", lambda target: None)
    publish(directory.path, "name", tmp_path / "into", tmp_path / "README.md")
    assert json.loads((tmp_path / "into/name/model.json").read_text()) == _layers("plain")


def test_published_networks_are_those_of_the_first_runs() -> None:
    for path in sorted((ROOT / "reports" / "published").glob("*/model.json")):
        document = json.loads((path.parent / "study.json").read_text())
        first = planned_runs(settings_from_dict(document["settings"]))[0]
        kinds = {layer["kind"] for layer in json.loads(path.read_text())}
        assert ("ReplicaDropout" in kinds) == (first.model == "dropout"), path
        normalised = first.recipe is not None and bool(first.recipe.normalisation)
        assert ("BatchNormalization" in kinds) == normalised, path
