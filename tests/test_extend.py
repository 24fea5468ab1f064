"""``--extend``: a study that begins with published results, and what it refuses."""

import dataclasses
import json
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest

from reports.read import read_study
from study.command_line.adjusted_preset import adjusted_preset
from study.command_line.commands import StudyOptions
from study.command_line.main import main
from study.conduct.plan import plan_study
from study.conduct.published_study import read_published
from study.errors import SettingsError
from study.store.results import read_results
from study.store.run_folder import TAKEN_OVER
from tests.command_lines import SMALL, is_one_line_error
from tests.test_end_to_end import TIMES

pytestmark = pytest.mark.slow

PUBLISHED = Path(__file__).parents[1] / "reports" / "published"
Call = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """``one``: a study of one seed; ``published/one``: published; ``two``: grown to two seeds.

    ``runs/one-extended``: published results extended to two seeds.
    """
    path = tmp_path_factory.mktemp("extend")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(path)
        assert main(["reproduce", *SMALL, "--out", "one"]) == 0
        assert main(["publish", "one", "one", "--into", "published"]) == 0
        shutil.copytree("one", "two")
        assert main(["reproduce", *SMALL, "--out", "two", "--seeds", "2"]) == 0
        words = ["reproduce", "--extend", "published/one", "--seeds", "2"]
        # the command that a study records
        patch.setattr(sys, "argv", ["study", *words])
        assert main(words) == 0
        yield path


@pytest.fixture
def extended(folder: Path) -> Path:
    return folder / "runs" / "one-extended"


def test_it_ends_as_the_study_that_was_never_published(folder: Path, extended: Path) -> None:
    """Bit for bit, also the runs that only this study has trained."""
    expected, found = read_results(folder / "two"), read_results(extended)
    assert set(found["runs"]["seed"]) == {0, 1}
    for name, frame in expected.items():
        pd.testing.assert_frame_equal(
            found[name].drop(columns=TIMES, errors="ignore"),
            frame.drop(columns=TIMES, errors="ignore"),
            check_exact=True,
            obj=name,
        )
    claims = [
        json.loads((path / "summary.json").read_text())["claims"]
        for path in (folder / "two", extended)
    ]
    untimed = [[c for c in found if "faster" not in c["text"]] for found in claims]
    effects = [{c["id"]: c["effect"] for c in found} for found in untimed]
    assert {"C1", "C2", "C8", "C14"} <= set(effects[0])
    for claim in ("C1", "C2", "C8", "C11", "C12", "C13", "C14", "C15"):
        assert effects[0][claim] == effects[1][claim], claim


def test_times_are_those_of_the_runs_that_took_them(folder: Path, extended: Path) -> None:
    before, after = read_results(folder / "one")["runs"], read_results(extended)["runs"]
    kept = after[after["id"].isin(before["id"])].reset_index(drop=True)
    pd.testing.assert_frame_equal(kept[TIMES[:6]], before[TIMES[:6]], check_exact=True)


def test_the_page_says_what_was_taken_over(extended: Path) -> None:
    count = read_results(extended.parents[1] / "published" / "one")["runs"].shape[0]
    words = f"{count} runs, and what was measured on them, from the published results “one” (commit"
    page = (extended / "report" / "index.html").read_text(encoding="utf-8")
    assert words in page
    # all of it from the start, under the command that went on
    whole = f"python -m study reproduce {' '.join(SMALL)} --seeds 2"
    assert f"\n{whole}\npython -m study report DIR" in page
    assert read_study(extended).settings[TAKEN_OVER][0]["runs"] == count


def test_it_can_be_published_in_its_turn(folder: Path, extended: Path, tmp_path: Path) -> None:
    assert main(["publish", str(extended), "both", "--into", str(tmp_path)]) == 0
    readme = (tmp_path / "both" / "README.md").read_text(encoding="utf-8")
    taken = next(line for line in readme.splitlines() if line.startswith("| Taken over |"))
    own = next(line for line in readme.splitlines() if line.startswith("| Commit of the runs |"))
    counts = read_results(extended)["runs"].groupby("seed").size()
    assert taken.startswith(f"| Taken over | {counts[0]} runs, and what was measured on them")
    assert f"({counts[1]} runs)" in own
    expected, found = read_results(extended), read_results(tmp_path / "both")
    pd.testing.assert_frame_equal(found["epochs"], expected["epochs"], check_exact=True)


def test_the_same_command_has_nothing_left_to_do(
    folder: Path, extended: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    code, printed, _ = call("reproduce", "--extend", "published/one", "--seeds", "2")
    assert code == 0
    total = len(plan_study(read_published(folder / "published" / "one").settings, 256, 64))
    assert total < 22 and "\n0 of 22 tasks are left to do." in printed
    assert "training batch" not in printed


def test_a_deleted_run_is_trained_and_measured_again(
    folder: Path, extended: Path, tmp_path: Path
) -> None:
    """Bit for bit as published, so that anyone can check a published run."""
    copy = Path(shutil.copytree(extended, tmp_path / "copy"))
    frames = read_results(copy)
    run = frames["runs"].query("seed == 0 and batch_size == 256").iloc[0]["id"]
    shutil.rmtree(copy / "runs" / run)
    command = ["reproduce", "--extend", str(folder / "published" / "one"), "--seeds", "2"]
    assert main([*command, "--out", str(copy)]) == 0
    assert TAKEN_OVER not in json.loads((copy / "runs" / run / "run.json").read_text())
    count = len(frames["runs"].query("seed == 0")) - 1
    assert read_study(copy).settings[TAKEN_OVER][0]["runs"] == count
    assert f"{count} runs, and what" in (copy / "report" / "index.html").read_text(encoding="utf-8")
    again = read_results(copy)
    for name, frame in frames.items():
        if name == "interpolation":
            # the other end of the line has no weights
            continue
        pd.testing.assert_frame_equal(
            again[name].drop(columns=TIMES, errors="ignore"),
            frame.drop(columns=TIMES, errors="ignore"),
            check_exact=True,
            obj=name,
        )


def test_status_names_runs_without_weights(extended: Path, call: Call) -> None:
    code, printed, _ = call("status", extended)
    assert code == 0
    count = len(read_results(extended)["runs"].query("seed == 0"))
    assert "".join(printed.split()).count("from“one”,withoutweights") == count


def test_a_dry_run_counts_what_is_left_and_writes_nothing(tmp_path: Path, call: Call) -> None:
    out = tmp_path / "out"
    arguments = ("--extend", PUBLISHED / "quick", "--seeds", "5", "--out", out, "--dry-run")
    code, printed, _ = call("reproduce", *arguments)
    words = " ".join(printed.split())
    assert code == 0 and not out.exists()
    published = json.loads((PUBLISHED / "quick" / "summary.json").read_text())
    runs = len(published["runs"])
    assert f"{runs} finished runs, and what was measured on them" in words
    assert "0, 1, 2, 3, 4" in words


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--extend", "nowhere"], "does not exist"),
        (["--extend", PUBLISHED / "goyal-quick"], "run goyal --extend"),
        (["--extend", PUBLISHED / "real-64px"], "cats_and_dogs_128px.zip; expected the same"),
        (["--extend", PUBLISHED / "quick", "--preset", "cpu"], "preset: quick there, cpu asked"),
        (["--extend", PUBLISHED / "quick", "--base-rate", "0.3"], "base_rate: "),
        (["--extend", PUBLISHED / "quick", "--reshuffle"], "reshuffle: False there, True asked"),
        (["--extend", PUBLISHED / "quick", "--pictures", "300"], "fingerprint of the pictures"),
        (["--extend", PUBLISHED / "quick", "--heat-map-seeds", "9"], "--heat-map-seeds 9, but the"),
        (["--extend", PUBLISHED / "goyal-real-32px", "--preset", "quick"], "run goyal --extend"),
    ],
)
def test_what_does_not_fit_is_refused(
    arguments: list, words: str, call: Call, tmp_path: Path, no_gpus: None
) -> None:
    out = tmp_path / "out"
    code, _, err = call("reproduce", *arguments, "--out", out, "--dry-run")
    assert code == 2 and is_one_line_error(err)
    assert words in err
    assert not out.exists()


def test_results_on_pictures_of_tfds_are_extended_on_these() -> None:
    published = read_published(PUBLISHED / "quick")
    data = {**published.data, "source": "tfds", "embedded": False}
    other = dataclasses.replace(published, document={**published.document, "data": data})
    preset = adjusted_preset(StudyOptions(), "article", other)
    assert (preset.source, preset.pictures, preset.name) == ("tfds", None, "quick")
    drawn = adjusted_preset(StudyOptions(), "article", published)
    assert (drawn.source, drawn.pictures) == ("embedded", published.data["examples"])
    with pytest.raises(SettingsError, match="expected one of smoke, quick"):
        adjusted_preset(StudyOptions(preset="none"), "article", published)


def test_published_results_are_no_place_to_go_on_in(call: Call, no_gpus: None) -> None:
    code, _, err = call("reproduce", "--out", PUBLISHED / "quick", "--dry-run")
    assert code == 2 and "add --extend" in err
