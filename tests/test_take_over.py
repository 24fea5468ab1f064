"""Published results as the beginning of a study: all but the weights comes back."""

import dataclasses
import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from study.conduct import take_over as module
from study.conduct.conditions import condition_runs
from study.conduct.conductor import is_done, open_tasks, undone_tasks
from study.conduct.plan import plan_study, planned_runs
from study.conduct.published_study import PublishedStudy, read_published
from study.conduct.take_over import check_devices_alike, take_over, to_take_over
from study.errors import SettingsError, StoreError
from study.store.published import run_commits
from study.store.results import read_results
from study.store.run_folder import FINISHED, MEASUREMENTS, TAKEN_OVER
from study.store.study_directory import StudyDirectory
from study.store.taken_over import taken_over_now
from study.summarise.collect import collect
from study.summarise.times import with_typical_times

PUBLISHED = Path(__file__).parents[1] / "reports" / "published"
# all that is measured by some experiment, a growing batch, several devices, and a study that itself
# took runs over
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


def without_level(path: Path, run: str) -> None:
    """Spoils published results so that a run never came below the first level of its loss."""
    alter(path, "sharpness_along", lambda rows: rows[rows["id"] != run])
    alter(path, "epochs", lambda rows: rows.assign(loss=rows["loss"].where(rows["id"] != run, 9.0)))


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
    tasks = plan_study(published.settings, 2000, 500)
    assert undone_tasks(tasks, directory)[1] == []
    model = PUBLISHED / name / "model.json"
    assert json.loads((directory.path / "model.json").read_text()) == json.loads(model.read_text())


def test_nothing_is_left_to_do_of_a_finished_study(tmp_path: Path) -> None:
    published = read_published(PUBLISHED / "quick")
    directory = begun(published, tmp_path)
    tasks = plan_study(published.settings, 1920, 480)
    assert all(is_done(task, directory) for task in tasks)
    assert undone_tasks(tasks, directory)[1] == []


def test_what_was_not_measured_cannot_be_without_weights(tmp_path: Path, smaller: Path) -> None:
    """One run was published without its measurements, one while it was at work."""
    planned = planned_runs(read_published(smaller).settings)
    # their minimisers are ends of no line
    between = [run for run in planned if run.batch_size == 64 and run.seed == 0]
    unmeasured, untrained, *_ = (
        run.id for run in sorted(between, key=lambda run: run.learning_rate)
    )
    for frame in ("gradient_norms", "layer_distances", "sharpness", "sharpness_along"):
        alter(smaller, frame, lambda rows: rows[~rows["id"].isin([unmeasured, untrained])])
    at_work = {untrained: "running"}
    alter(
        smaller,
        "runs",
        lambda rows: rows.assign(status=rows["id"].map(at_work).fillna(rows["status"])),
    )
    published = read_published(smaller)
    directory = begun(published, tmp_path)
    tasks = plan_study(published.settings, 1920, 480)
    # what is trained anew can be measured; what has no weights cannot
    found = {(task.kind, task.run.id) for task in open_tasks(tasks, directory)}
    assert found == {("train", untrained), ("measure", untrained)}
    lacking = [(task.kind, task.run.id) for task in undone_tasks(tasks, directory)[1]]
    assert lacking == [("measure", unmeasured)]


def test_wanted_again_once_and_a_deleted_run_stays_away(tmp_path: Path) -> None:
    published = read_published(PUBLISHED / "quick")
    directory = begun(published, tmp_path)
    run = planned_runs(published.settings)[0]
    shutil.rmtree(directory.runs / run.id)
    assert to_take_over(published, directory) == []
    assert take_over(published, directory) == 0
    assert not (directory.runs / run.id).exists()


def test_results_renewed_under_their_name_bring_what_is_new(tmp_path: Path, smaller: Path) -> None:
    whole = read_results(smaller)["runs"]
    last = planned_runs(read_published(smaller).settings)[-1].id
    fewer = whole.assign(status=whole["status"].mask(whole["id"] == last, "running"))
    alter(smaller, "runs", lambda rows: fewer)
    directory = begun(read_published(smaller), tmp_path)
    first = planned_runs(read_published(smaller).settings)[0].id
    shutil.rmtree(directory.runs / first)
    seconds = directory.read()["wall_seconds"]
    alter(smaller, "runs", lambda rows: whole)
    assert take_over(read_published(smaller), directory) == 1
    assert (directory.runs / last).exists() and not (directory.runs / first).exists()
    document = directory.read()
    assert document["wall_seconds"] == seconds
    (entry,) = document[TAKEN_OVER]
    assert {first, last} <= set(entry["ids"]) and entry["runs"] == len(whole) - 1


@pytest.mark.parametrize("call", ["store_run", "write_json"])
def test_killed_in_the_middle_it_goes_on(
    tmp_path: Path, smaller: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    """In an existing study too, and with a level that its first run never reached."""
    first = planned_runs(read_published(smaller).settings)[0].id
    without_level(smaller, first)
    published = read_published(smaller)
    whole = begun(published, tmp_path)
    own = {key: value for key, value in whole.read().items() if key != TAKEN_OVER}
    shutil.rmtree(whole.runs)
    whole.write({**own, "wall_seconds": 1.0})
    whole.create()
    (whole.path / "model.json").unlink()
    count = 0

    def dies(*arguments) -> None:
        nonlocal count
        count += 1
        if count == 4 or call == "write_json":
            raise KeyboardInterrupt
        stored(*arguments)

    stored = getattr(module, call)
    monkeypatch.setattr(module, call, dies)
    with pytest.raises(KeyboardInterrupt):
        take_over(published, whole)
    assert TAKEN_OVER not in whole.read()
    monkeypatch.undo()
    take_over(published, whole)
    total = len(planned_runs(published.settings))
    (entry,) = whole.read()[TAKEN_OVER]
    assert entry["runs"] == len(entry["ids"]) == total
    seconds = 1.0 + published.seconds
    assert whole.read()["wall_seconds"] == pytest.approx(seconds, abs=0.1)
    tasks = plan_study(published.settings, 1920, 480)
    assert all(is_done(task, whole) for task in tasks)
    expected = with_typical_times(read_results(smaller))
    pd.testing.assert_frame_equal(frames_of(whole, published)["epochs"], expected["epochs"])


def test_killed_before_the_study_has_a_document(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
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
    published = read_published(PUBLISHED / "quick")
    directory = begun(published, tmp_path)
    document = directory.read()
    assert "published" not in document
    assert document["wall_seconds"] == published.document["wall_seconds"]
    assert "command" not in document
    entry = document[TAKEN_OVER][0]
    made = published.document["published"]["commits"]
    assert entry["commits"] == [row["commit"] for row in made]
    assert entry["hardware"]["cpu"] and entry["versions"]["tensorflow"]
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
    inner = {"name": "first", "ids": ["x"], "runs": 3, "commits": ["a" * 40]}
    document[TAKEN_OVER] = [inner, "edited", {**inner, "commits": 5}]
    (smaller / "study.json").write_text(json.dumps(document))
    entries = begun(read_published(smaller), tmp_path).read()[TAKEN_OVER]
    assert [entry["name"] for entry in entries] == ["quick"]
    own = [row["commit"] for row in document["published"]["commits"]]
    assert entries[0]["commits"] == [*own, "a" * 40]


def test_an_unreached_level_is_a_measurement_without_rows(tmp_path: Path, smaller: Path) -> None:
    """Frames hold rows alone; a level that was reached and not measured is not made up."""
    runs = pd.read_parquet(smaller / "results" / "runs.parquet").sort_values("id")["id"]
    never, reached = runs.iloc[0], runs.iloc[1]
    without_level(smaller, never)
    alter(smaller, "sharpness_along", lambda rows: rows[rows["id"] != reached])
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
    run = pd.read_parquet(smaller / "results" / "runs.parquet").iloc[0]
    other = run["id"]
    kinds = ["../../../../outside", "compare@../../outside", "measure", f"compare@{other}"]
    keys = {key: run[key] for key in ("batch_size", "learning_rate", "seed", "replicas", "id")}
    failed = pd.DataFrame([{**keys, "measurement": kind, "reason": "why"} for kind in kinds])
    alter(smaller, "failures", lambda rows: failed)
    directory = begun(read_published(smaller), tmp_path)
    assert not list(tmp_path.rglob("*outside*"))
    found = frames_of(directory, read_published(smaller))
    assert found["interpolation"].empty
    assert sorted(found["failures"]["measurement"]) == sorted(kinds[2:])


def test_a_run_that_diverged_may_have_no_norms(tmp_path: Path, smaller: Path) -> None:
    run = pd.read_parquet(smaller / "results" / "runs.parquet").iloc[0]["id"]
    alter(
        smaller,
        "runs",
        lambda rows: rows.assign(status=rows["status"].mask(rows["id"] == run, "diverged")),
    )
    alter(smaller, "update_norms", lambda rows: rows[rows["id"] != run])
    published = read_published(smaller)
    directory = begun(published, tmp_path)
    found = frames_of(directory, published)
    assert found["runs"].set_index("id")["status"][run] == "diverged"
    # there is no minimiser whose weights could be lacking
    shutil.rmtree(directory.runs / run / MEASUREMENTS)
    assert undone_tasks(plan_study(published.settings, 1920, 480), directory) == ([], [])


def test_an_edited_document_does_no_harm(tmp_path: Path, smaller: Path) -> None:
    document = json.loads((smaller / "study.json").read_text())
    document |= {"taken_over": 5, "wall_seconds": float("nan"), "data": "none", "hardware": 3}
    document["published"]["commits"] = 5
    (smaller / "study.json").write_text(json.dumps(document))
    directory = begun(read_published(smaller), tmp_path)
    assert directory.read()["wall_seconds"] == 0
    folders = [directory.runs / run.id for run in planned_runs(read_published(smaller).settings)]
    assert taken_over_now(directory.read(), folders)[0]["runs"] == len(folders)


def test_levels_that_are_no_numbers_are_refused(smaller: Path) -> None:
    document = json.loads((smaller / "study.json").read_text())
    document["settings"]["measures"]["along_levels"] = ["a"]
    (smaller / "study.json").write_text(json.dumps(document))
    with pytest.raises(StoreError, match="does not hold a study's settings"):
        read_published(smaller)


def test_only_a_study_on_the_same_devices_takes_runs_over() -> None:
    published = read_published(PUBLISHED / "devices-32px")
    own = published.settings
    check_devices_alike(published, None, False)
    check_devices_alike(published, own, True)
    for stored, logical in ((own, False), (dataclasses.replace(own, replicas=(1,)), False)):
        with pytest.raises(SettingsError, match="expected the same devices"):
            check_devices_alike(published, stored, logical)


@pytest.mark.parametrize("name", ["../../elsewhere", "", "a/b", "/tmp/x"])
def test_a_name_that_leads_elsewhere_is_refused(smaller: Path, name: str) -> None:
    document = json.loads((smaller / "study.json").read_text())
    document["published"]["name"] = name
    (smaller / "study.json").write_text(json.dumps(document))
    with pytest.raises(SettingsError, match="cannot name published results"):
        read_published(smaller)


def test_a_study_is_no_published_result(tmp_path: Path) -> None:
    directory = begun(read_published(PUBLISHED / "quick"), tmp_path)
    with pytest.raises(StoreError, match="holds no published results"):
        read_published(directory.path)
    with pytest.raises(StoreError, match="does not exist"):
        read_published(tmp_path / "nowhere")
