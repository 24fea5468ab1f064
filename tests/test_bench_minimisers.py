"""The benchmark's searches for the sharpness at the minimisers of a study."""

from pathlib import Path
from typing import Any

import pytest

from study.bench.grid import run_settings
from study.bench.peers import search_counts
from study.bench.peers.search_counts import sharpness_count_at_minimisers
from study.data.load import load_dataset
from study.errors import StudyError
from study.store.atomic import write_json
from study.store.run_folder import BEST_WEIGHTS, RUN_DOCUMENT
from study.store.study_directory import StudyDirectory
from tests.make_bench import request
from tests.make_settings import small_study


@pytest.fixture(scope="module")
def dataset() -> Any:
    return load_dataset("embedded", 32, pictures=60)


@pytest.fixture
def study(dataset: Any, tmp_path: Path) -> Path:
    directory = StudyDirectory(tmp_path / "made")
    directory.create()
    settings = small_study(fingerprint=dataset.fingerprint)
    directory.write({"schema": 1, "settings": settings.as_dict()})
    return directory.path


def add_run(study: Path, dataset: Any, status: str = "completed", **changes: Any) -> Path:
    run = run_settings(request(), dataset, **{"batch_size": 16, **changes})
    folder = study / "runs" / run.id
    folder.mkdir(parents=True)
    document = {"id": run.id, "settings": run.as_dict(), "status": status, "outcome": {}}
    write_json(folder / RUN_DOCUMENT, document)
    (folder / BEST_WEIGHTS).touch()
    return folder


def test_completed_runs_of_the_batch_size_are_taken_by_seed(
    dataset: Any, study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = [add_run(study, dataset, seed=seed) for seed in (2, 0, 1)]
    add_run(study, dataset, seed=3, status="failed")
    add_run(study, dataset, batch_size=32)
    add_run(study, dataset, replicas=2)
    (add_run(study, dataset, seed=4) / BEST_WEIGHTS).unlink()
    asked: list[Any] = []
    monkeypatch.setattr(search_counts, "_counted", lambda *given: asked.append(given) or {})
    sharpness_count_at_minimisers(request(repeats=2), dataset, 16, study)
    sharpness_count_at_minimisers(request(repeats=9), dataset, 16, study)
    by_seed = [str(wanted[place]) for place in (1, 2, 0)]
    assert [given[3]["folders"] for given in asked] == [by_seed[:2], by_seed]
    assert [given[4] for given in asked] == [2, 3]
    assert [run["seed"] for run in asked[1][3]["runs"]] == [0, 1, 2]
    assert asked[1][3]["at"] == "minimum"
    assert "rate 0.01, one search at each of 3 minimisers of a study (article)" in asked[1][1]


def test_a_study_without_fitting_minimisers_is_refused(
    dataset: Any, study: Path, tmp_path: Path
) -> None:
    with pytest.raises(StudyError, match="no weights of a completed run with batch 16"):
        sharpness_count_at_minimisers(request(), dataset, 16, study)
    other = small_study(fingerprint="f" * 64)
    StudyDirectory(study).write({"schema": 1, "settings": other.as_dict()})
    with pytest.raises(StudyError, match="trained on other pictures"):
        sharpness_count_at_minimisers(request(), dataset, 16, study)
    with pytest.raises(StudyError, match="does not exist"):
        sharpness_count_at_minimisers(request(), dataset, 16, tmp_path / "none")


@pytest.mark.timeout(1800)
def test_searches_start_at_the_stored_weights(
    dataset: Any, study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a worker; what it tells of the loss there against Keras's own evaluation."""
    from study.train.devices import prepare_devices
    from study.train.network import measured_model
    from study.train.run import split_examples

    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")
    train, _ = split_examples(dataset)
    losses = []
    for seed, factor in ((0, 1.0), (1, 3.0)):
        folder = add_run(study, dataset, seed=seed)
        run = run_settings(request(), dataset, batch_size=16, seed=seed)
        model = measured_model(run, prepare_devices(1, 0, False))
        model.set_weights([factor * weight for weight in model.get_weights()])
        (folder / BEST_WEIGHTS).unlink()
        model.save_weights(folder / BEST_WEIGHTS)
        losses.append(model.evaluate(train.images, train.labels, verbose=0)[0])
    assert losses[1] > losses[0] + 0.01
    row = sharpness_count_at_minimisers(request(repeats=5, threads=1), dataset, 16, study)
    assert row["problem"] == "" and row["tried"] == 2 and row["unit"] == "evaluations"
    assert row["note"].endswith(f"training loss there {losses[0]:.3g} to {losses[1]:.3g}")
    counts = row["value"]
    assert counts["n"] <= 2 and (counts["n"] == 0 or 1 <= counts["lowest"] <= 30)
