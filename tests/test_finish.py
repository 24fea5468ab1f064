"""What the end of a study stores and publishes: its network, and nothing over a damaged study."""

import json
import shutil
from pathlib import Path

import pytest

from study.command_line import publish as publish_module
from study.command_line.finish import finish_study
from study.command_line.publish import publish
from study.conduct.plan import planned_runs
from study.conduct.settings import settings_from_dict
from study.errors import StoreError
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


def test_results_are_kept_where_a_study_is_too_damaged_to_be_published_again(
    directory: StudyDirectory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publish_module, "finish_study", lambda target: None)
    into, readme = tmp_path / "into", tmp_path / "README.md"
    publish(directory.path, "name", into, readme)
    before = {path: path.read_bytes() for path in (into / "name").rglob("*") if path.is_file()}
    assert any(path.suffix == ".parquet" for path in before)
    norms = directory.runs / planned_runs(SETTINGS)[0].id / "norms.npy"
    whole = norms.read_bytes()
    norms.write_bytes(whole[:20])
    with pytest.raises(StoreError, match=r"norms\.npy cannot be read"):
        publish(directory.path, "name", into, readme)
    assert {p: p.read_bytes() for p in (into / "name").rglob("*") if p.is_file()} == before
    norms.write_bytes(whole)
    document = directory.read()
    for name, words in (("fingerprint", "fingerprint of the data"), ("experiment", "experiment")):
        other = {**SETTINGS.as_dict(), name: "another"}
        write_json(into / "name" / "study.json", {**document, "settings": other, "published": {}})
        with pytest.raises(StoreError, match=rf"holds another study \({words}: another there"):
            publish(directory.path, "name", into, readme)


def test_a_study_with_neither_runs_nor_results_is_damaged(directory: StudyDirectory) -> None:
    shutil.rmtree(directory.runs)
    shutil.rmtree(directory.results)
    with pytest.raises(StoreError, match="neither runs/ nor results/"):
        finish_study(directory)


def test_published_networks_are_those_of_the_first_runs() -> None:
    models = sorted((ROOT / "reports" / "published").glob("*/model.json"))
    assert len(models) > 10
    for path in models:
        document = json.loads((path.parent / "study.json").read_text())
        first = planned_runs(settings_from_dict(document["settings"]))[0]
        kinds = {layer["kind"] for layer in json.loads(path.read_text())}
        assert ("ReplicaDropout" in kinds) == (first.model == "dropout"), path
        normalised = first.recipe is not None and bool(first.recipe.normalisation)
        assert ("BatchNormalization" in kinds) == normalised, path
