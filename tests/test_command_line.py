"""The commands: what they print, and that what does not fit gives one line and an exit code."""

import zipfile
from dataclasses import replace
from pathlib import Path
from unittest.mock import Mock

import pytest
import tyro

from study.command_line import make_study as make_study_module
from study.command_line.adjusted_preset import adjusted_preset
from study.command_line.commands import StudyOptions
from study.command_line.main import main
from study.errors import DiskError, StoreError, StudyError
from study.store.environment import hardware
from tests.command_lines import SMALL, is_one_line_error


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--preset", "huge"], "unknown preset 'huge'; expected one of smoke, quick, cpu, paper"),
        (["--image-size", "100"], "image size 100 does not fit"),
        (["--batch-sizes", "0"], "batch size 0; expected 1 or more"),
        (["--batch-sizes", "512"], "batch size 512 is larger than the training set of 256"),
        (["--pictures", "20"], "larger than the training set of 16 pictures"),
        (["--pictures", "0"], "expected positive"),
        (["--devices", "3", "--logical-devices"], "does not divide over 3 devices"),
        (["--devices", "0"], "--devices 0; expected 1 or more"),
        (["--devices", "1000"], "add --logical-devices"),
        (["--seeds", "0"], "--seeds 0; expected 1 or more"),
        (["--heat-map-seeds", "-1"], "--heat-map-seeds -1; expected 0 or more"),
        (["--search-seeds", "-1"], "--search-seeds -1; expected 0 or more"),
        (["--heat-map-seeds", "2"], "--heat-map-seeds 2, but the study has --seeds 1; expected at"),
        (["--search-seeds", "9", "--seeds", "2"], "Ask for fewer, or add --seeds 9."),
        (["--batch-sizes", "32;64"], "--batch-sizes '32;64'; expected whole numbers, such as 32,2"),
        (["--batch-sizes", "32,32"], "all different"),
        (["--batch-sizes", ","], "expected one or more"),
        (["--jobs", "0"], "--jobs 0; expected 1 or more"),
        (["--model", "vgg"], "unknown model 'vgg'"),
        (["--base-rate", "0"], "learning rate 0"),
        (["--patience", "0"], "patience 0"),
        (["--reshuffle", "--no-reshuffle"], "expected one of them at most"),
        (["--data", "no/such/place"], "no/such/place"),
    ],
)
def test_settings_that_do_not_fit(
    call, no_gpus, tmp_path: Path, arguments: list[str], words: str
) -> None:
    out = tmp_path / "study"
    code, _, err = call("reproduce", *SMALL, "--out", out, *arguments)
    assert code == 2
    assert is_one_line_error(err)
    assert words in err
    assert not out.exists(), "nothing is written before everything fits"


@pytest.mark.parametrize("begun", [False, True])
def test_the_command_that_began_a_study_goes_on_with_it(
    call, no_gpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, begun: bool
) -> None:
    """Too many seeds of a part were cut down once, and that command stands in study.json."""

    def gone(*arguments: object) -> None:
        raise StudyError("as far as the pictures")

    stored = (Mock(), False) if begun else (None, False)
    monkeypatch.setattr(make_study_module, "_stored", lambda *arguments: stored)
    monkeypatch.setattr(make_study_module, "_data", gone)
    code, _, err = call("reproduce", *SMALL, "--out", tmp_path / "study", "--heat-map-seeds", "9")
    assert code == 2
    assert ("as far as the pictures" in err) == begun
    assert ("--heat-map-seeds 9, but the study has" in err) != begun


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", "keynes", "--preset", "smoke"], "unknown experiment 'keynes'"),
        (["list", "--experiment", "keynes"], "unknown experiment 'keynes'"),
        (["list", "--claim", "C99"], "unknown claim 'C99'"),
        (["data", "synthetic", "--image-size", "31"], "multiple of 32"),
        (["data", "synthetic", "--pictures", "0"], "--pictures 0"),
    ],
)
def test_names_that_are_unknown(call, arguments: list[str], words: str) -> None:
    code, _, err = call(*arguments)
    assert code == 2
    assert is_one_line_error(err)
    assert words in err


def test_dry_run_prints_the_plan_and_writes_nothing(call, tmp_path: Path) -> None:
    out = tmp_path / "study"
    code, printed, _ = call("reproduce", *SMALL, "--out", out, "--dry-run")
    assert code == 0
    assert "8 runs of at most 3 epochs" in printed
    assert "320 pictures" in printed
    assert "Estimate" in printed
    assert "Data: synthetic (drawn by this project), 320 pictures of 32 x 32" in printed
    assert not out.exists()


def test_batch_sizes_may_be_apart_by_commas(call, no_gpus, tmp_path: Path) -> None:
    tables = set()
    for sizes in (["32,64"], ["32", "64"], ["32,", "64"]):
        asked = ["--batch-sizes", *sizes, "--out", tmp_path / "study", "--dry-run"]
        code, printed, _ = call("reproduce", *SMALL, *asked)
        assert code == 0
        tables.add(printed)
    (printed,) = tables
    assert "seed numbers" in printed
    assert [line.split()[0] for line in printed.splitlines()[2:4]] == ["32", "64"]


def test_more_workers_than_cores_make_no_study_short(call, no_gpus, tmp_path: Path) -> None:
    estimates = []
    for jobs in (hardware()["cores"], 1_000):
        asked = ["--jobs", jobs, "--out", tmp_path / "study", "--dry-run"]
        code, printed, _ = call("reproduce", *SMALL, *asked)
        assert code == 0
        estimates += [line for line in printed.splitlines() if line.startswith("Estimate")]
    assert estimates[0] == estimates[1]


def test_dry_run_draws_no_pictures_and_plans_the_same_runs(
    call, no_gpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BATCH_SIZE_STUDY_CACHE", str(tmp_path / "cache"))
    planned = []
    settled = make_study_module.settle
    monkeypatch.setattr(
        make_study_module, "settle", lambda *asked: planned.append(settled(*asked)) or planned[-1]
    )
    asked = ["run", "goyal", "--preset", "smoke", "--out", tmp_path / "study", "--dry-run"]
    assert call(*asked)[0] == 0
    assert not (tmp_path / "cache").exists()
    monkeypatch.setattr(make_study_module, "undrawn", lambda *source: None)
    assert call(*asked)[0] == 0
    assert (tmp_path / "cache").exists()
    assert planned[0].settings == planned[1].settings
    assert planned[0].tasks == planned[1].tasks


@pytest.mark.parametrize("reported", [True, False])
def test_what_ends_a_study_still_leaves_a_report(
    call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reported: bool
) -> None:
    """A full disk ends the study; the report is made if that can be done."""

    def full(*arguments: object) -> None:
        raise DiskError("cannot write x: No space left on device.")

    out = tmp_path / "study"
    begin = make_study_module.conduct

    def conduct(study, directory, observer) -> None:
        monkeypatch.setattr("study.conduct.conductor.carry_out", full)
        begin(study, directory, observer)

    monkeypatch.setattr(make_study_module, "conduct", conduct)
    if not reported:
        monkeypatch.setattr(make_study_module, "finish_study", full)
    code, _, err = call("reproduce", *SMALL, "--out", out)
    assert code == 2
    assert is_one_line_error(err)
    assert "No space left on device" in err
    assert (out / "report" / "index.html").exists() == reported
    assert ("and reported in" if reported else "no report of it can be made now") in err


def test_order_of_the_pictures_is_an_option(call, tmp_path: Path) -> None:
    out = tmp_path / "study"
    for option, wanted in [("--reshuffle", True), ("--no-reshuffle", False)]:
        options = tyro.cli(StudyOptions, args=[option], config=(tyro.conf.FlagCreatePairsOff,))
        assert adjusted_preset(options).reshuffle is wanted
        code, _, _ = call("reproduce", *SMALL, "--out", out, "--dry-run", option)
        assert code == 0


def test_measurements_take_at_most_the_pictures_asked_for(call, tmp_path: Path) -> None:
    asked = StudyOptions(preset="cpu", measured_pictures=2_048)
    given = adjusted_preset(StudyOptions(preset="cpu")).measures
    capped = adjusted_preset(asked).measures
    assert given.interpolation_examples > 2_048 > given.along_examples
    assert capped == replace(given, interpolation_examples=2_048)
    of_a_paper = adjusted_preset(replace(asked, measured_pictures=100), "keskar")
    assert {
        count for name, count in vars(of_a_paper.measures).items() if name.endswith("_examples")
    } == {100}
    code, _, err = call("reproduce", "--measured-pictures", "0", "--out", tmp_path / "study")
    assert code == 2
    assert is_one_line_error(err)
    assert "--measured-pictures 0; expected 1 or more" in err


def test_data_describes_a_source(call) -> None:
    code, printed, _ = call("data", "synthetic", "--image-size", "32", "--pictures", "320")
    assert code == 0
    assert "320 usable pictures" in printed
    assert "256 to train on, 64 to validate on" in printed
    assert "Nothing was dropped." in printed


def test_data_names_what_is_wrong_with_an_archive(call, tmp_path: Path) -> None:
    path = tmp_path / "evil.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("../../etc/passwd", "x")
    code, _, err = call("data", path)
    assert code == 2
    assert is_one_line_error(err)


def test_markup_in_names_is_shown_as_it_is(call) -> None:
    code, _, err = call("data", "[red]none[/red]")
    assert code == 2
    assert "[red]none[/red]" in err


def test_list_names_everything(call) -> None:
    code, printed, _ = call("list")
    assert code == 0
    for word in ("article", "smoke", "quick", "cpu", "paper", "dropout", "tfds"):
        assert word in printed
    # what a preset's column of data says is a name that --data is documented to take
    assert "embedded" not in printed


def test_list_shows_what_a_claim_is_about(call) -> None:
    _, printed, _ = call("list", "--claim", "C2")
    assert "quantity: lowest validation loss" in printed
    assert "tested: Its slope" in printed


def test_list_shows_claims_and_their_tests(call) -> None:
    _, printed, _ = call("list", "--experiment", "article")
    assert [line.split()[0] for line in printed.splitlines() if line.startswith("C")] == [
        f"C{number}" for number in range(1, 22)
    ]


def test_doctor_finds_this_machine_ready(call) -> None:
    code, printed, _ = call("doctor")
    assert code == 0, printed
    assert "TensorFlow sees" in printed


@pytest.mark.parametrize(
    "arguments",
    [[], ["reproduce"], ["run"], ["status"], ["report"], ["list"], ["doctor"], ["data"]],
)
def test_help_exits_with_0(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*arguments, "--help"])
    assert ended.value.code == 0
    assert "usage:" in capsys.readouterr().out


def test_unknown_option_exits_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["reproduce", "--presset", "smoke"])
    assert ended.value.code == 2
    assert "Traceback" not in capsys.readouterr().err


def test_debug_shows_where_an_error_came_from(tmp_path: Path) -> None:

    with pytest.raises(StoreError):
        main(["status", str(tmp_path), "--debug"])
