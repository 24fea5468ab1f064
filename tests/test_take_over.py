"""Published results as the beginning of a study: all but the weights comes back."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from study.conduct import take_over as module
from study.conduct.conditions import condition_runs
from study.conduct.conductor import is_done, lacking_weights, open_tasks
from study.conduct.measuring import measuring_tasks
from study.conduct.plan import plan_study, planned_runs
from study.conduct.take_over import PublishedStudy, read_published, take_over, to_take_over
from study.errors import StoreError
from study.store.published import run_commits, taken_over_now
from study.store.results import read_results
from study.store.run_folder import FINISHED, MEASUREMENTS, TAKEN_OVER
from study.store.study_directory import StudyDirectory
from study.summarise.collect import collect
from study.summarise.times import with_typical_times

PUBLISHED = Path(__file__).parents[1] / "reports" / "published"
# all that is measured by some experiment, a growing batch, several devices, an unfinished study
NAMES = (
    *("quick", "li-quick", "keskar-quick", "smith-quick", "mccandlish-quick"),
    *("devices-32px", "real-64px"),
)


def begun(published: PublishedStudy, path: Path) -> StudyDirectory:
    """A study directory with what published results hold."""
    directory = StudyDirectory(path / "study")
    directory.create()
    take_over(published, directory)
    return directory


def frames_of(directory: StudyDirectory, published: PublishedStudy) -> dict[str, pd.DataFrame]:
    settings = published.settings
    runs = planned_runs(settings)
    return collect(directory, runs, settings.experiment, condition_runs(settings))


@pytest.fixture
def smaller(tmp_path: Path) -> Path:
    """A copy of published results that a test may spoil."""
    return Path(shutil.copytree(PUBLISHED / "quick", tmp_path / "copy"))


def alter(path: Path, frame: str, change) -> None:
    file = path / "results" / f"{frame}.parquet"
    change(pd.read_parquet(file)).to_parquet(file)


@pytest.mark.parametrize("name", NAMES)
def test_the_frames_are_those_that_were_published(name: str, tmp_path: Path) -> None:
    published = read_published(PUBLISHED / name)
    directory = begun(published, tmp_path)
    found = frames_of(directory, published)
    expected = with_typical_times(read_results(PUBLISHED / name))
    ended = expected["runs"]["status"].isin(FINISHED)
    assert ended.any()
    for frame, rows in expected.items():
        if frame == "runs":
            pending = found[frame][~ended]
            assert set(pending["status"]) <= {"pending"} and pending["epochs"].isna().all()
            rows, found[frame] = rows[ended], found[frame][ended]
        pd.testing.assert_frame_equal(found[frame], rows, check_exact=True, obj=frame)
    model = PUBLISHED / name / "model.json"
    assert json.loads((directory.path / "model.json").read_text()) == json.loads(model.read_text())


def test_nothing_is_left_to_do_of_a_finished_study(tmp_path: Path) -> None:
    published = read_published(PUBLISHED / "quick")
    directory = begun(published, tmp_path)
    tasks = plan_study(published.settings, 1920, 480)
    assert all(is_done(task, directory) for task in tasks)
    assert lacking_weights(tasks, directory) == []


def test_what_was_not_measured_cannot_be_without_weights(tmp_path: Path) -> None:
    published = read_published(PUBLISHED / "real-64px")
    directory = begun(published, tmp_path)
    tasks = plan_study(published.settings, 18610, 4652)
    found = {task.id for task in open_tasks(tasks, directory)}
    runs = read_results(PUBLISHED / "real-64px")["runs"]
    untrained = set(runs.loc[~runs["status"].isin(FINISHED), "id"])
    # each lacks its training and its measurements
    assert found == {task.id for task in tasks if task.run.id in untrained}
    lacking = {task.id for task in lacking_weights(tasks, directory)}
    measured = set(read_results(PUBLISHED / "real-64px")["sharpness"]["id"])
    minimisers = measuring_tasks(published.settings, planned_runs(published.settings))
    expected = {task.id for task in minimisers if task.run.id not in measured | untrained}
    assert lacking == expected


def test_wanted_again_once_and_a_deleted_run_stays_away(tmp_path: Path) -> None:
    published = read_published(PUBLISHED / "quick")
    directory = begun(published, tmp_path)
    run = planned_runs(published.settings)[0]
    shutil.rmtree(directory.runs / run.id)
    assert to_take_over(published, directory) == []
    assert take_over(published, directory) == 0
    assert not (directory.runs / run.id).exists()


def test_killed_in_the_middle_it_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    published = read_published(PUBLISHED / "quick")
    stored, count = module.store_run, 0

    def dies(*arguments) -> None:
        nonlocal count
        count += 1
        if count == 4:
            raise KeyboardInterrupt
        stored(*arguments)

    monkeypatch.setattr(module, "store_run", dies)
    directory = StudyDirectory(tmp_path / "study")
    directory.create()
    with pytest.raises(KeyboardInterrupt):
        take_over(published, directory)
    assert not directory.exists()
    monkeypatch.undo()
    total = len(planned_runs(published.settings))
    assert take_over(published, directory) == total - 3
    assert directory.read()[TAKEN_OVER][0]["runs"] == total
    expected = with_typical_times(read_results(PUBLISHED / "quick"))
    pd.testing.assert_frame_equal(frames_of(directory, published)["epochs"], expected["epochs"])


def test_the_document_says_where_runs_came_from(tmp_path: Path) -> None:
    published = read_published(PUBLISHED / "real-64px")
    directory = begun(published, tmp_path)
    document = directory.read()
    assert "published" not in document
    assert document["wall_seconds"] == published.document["wall_seconds"]
    entry = document[TAKEN_OVER][0]
    made = published.document["published"]["commits"]
    assert entry["commits"][: len(made)] == made
    folders = [directory.runs / run.id for run in planned_runs(published.settings)]
    assert run_commits(folders) == []
    finished = next(folder for folder in folders if folder.exists())
    shutil.rmtree(finished)
    now = taken_over_now(document, folders)
    assert [row["runs"] for row in now] == [entry["runs"] - 1]


def test_runs_of_its_own_stay_and_times_add_up(tmp_path: Path) -> None:
    published = read_published(PUBLISHED / "quick")
    first = begun(published, tmp_path)
    document = first.read()
    own = {key: value for key, value in document.items() if key != TAKEN_OVER}
    first.write({**own, "wall_seconds": 10.0})
    run = planned_runs(published.settings)[0]
    path = first.runs / run.id / "run.json"
    kept = json.loads(path.read_text())
    del kept[TAKEN_OVER]
    path.write_text(json.dumps(kept))
    assert to_take_over(published, first) == []
    shutil.rmtree(first.runs / planned_runs(published.settings)[1].id)
    assert take_over(published, first) == 1
    assert json.loads(path.read_text()) == kept
    seconds = first.read()["wall_seconds"]
    assert seconds == pytest.approx(10.0 + document["wall_seconds"], abs=0.1)


def test_results_of_results_name_all_commits(tmp_path: Path, smaller: Path) -> None:
    document = json.loads((smaller / "study.json").read_text())
    inner = [{"commit": "a" * 40, "dirty": False, "runs": 3}]
    document[TAKEN_OVER] = [{"name": "first", "runs": 3, "commits": inner}, "edited"]
    (smaller / "study.json").write_text(json.dumps(document))
    entries = begun(read_published(smaller), tmp_path).read()[TAKEN_OVER]
    assert [entry["name"] for entry in entries] == ["quick"]
    assert entries[0]["commits"] == document["published"]["commits"] + inner


def test_an_unreached_level_is_a_measurement_without_rows(tmp_path: Path, smaller: Path) -> None:
    """Frames hold rows alone; a level that was reached and not measured is not made up."""
    runs = pd.read_parquet(smaller / "results" / "runs.parquet").sort_values("id")["id"]
    never, reached = runs.iloc[0], runs.iloc[1]
    alter(smaller, "sharpness_along", lambda rows: rows[~rows["id"].isin([never, reached])])
    alter(
        smaller,
        "epochs",
        lambda rows: rows.assign(loss=rows["loss"].where(rows["id"] != never, 9.0)),
    )
    directory = begun(read_published(smaller), tmp_path)
    folder = directory.runs / never / MEASUREMENTS
    assert pd.read_parquet(folder / "sharpness_along.parquet").empty
    assert not (directory.runs / reached / MEASUREMENTS / "sharpness_along.parquet").exists()


@pytest.mark.parametrize(
    ("frame", "change", "words"),
    [
        ("epochs", lambda rows: rows[rows["epoch"] != 1], "epochs of the run"),
        ("update_norms", lambda rows: rows.iloc[:0], "0 bins of its update norms"),
        ("runs", lambda rows: pd.concat([rows, rows]), "edited"),
        ("runs", lambda rows: rows.assign(id="other-" + rows["id"]), "no finished run that this"),
        ("epochs", lambda rows: rows.drop(columns="val_loss"), "lack the columns val_loss"),
    ],
)
def test_edited_results_are_refused(
    tmp_path: Path, smaller: Path, frame: str, change, words: str
) -> None:
    alter(smaller, frame, change)
    with pytest.raises(StoreError, match=words):
        begun(read_published(smaller), tmp_path)
    assert not (tmp_path / "study" / "study.json").exists()


def test_a_name_from_outside_makes_no_file_elsewhere(tmp_path: Path, smaller: Path) -> None:
    alter(smaller, "interpolation", lambda rows: rows.assign(small_id="../../../../outside"))
    directory = begun(read_published(smaller), tmp_path)
    assert not list(tmp_path.rglob("*outside*"))
    assert frames_of(directory, read_published(smaller))["interpolation"].empty


def test_a_study_is_no_published_result(tmp_path: Path) -> None:
    directory = begun(read_published(PUBLISHED / "quick"), tmp_path)
    with pytest.raises(StoreError, match="holds no published results"):
        read_published(directory.path)
    with pytest.raises(StoreError, match="does not exist"):
        read_published(tmp_path / "nowhere")
