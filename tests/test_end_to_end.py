"""The whole way in fresh processes: the smoke study, killed in the middle, and its report."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from reports.wording import shown
from study.command_line.main import main
from study.store.measurements import PLAIN_LANDSCAPE, RESCALING, TRAJECTORY
from study.store.results import read_results
from study.store.run_folder import read_norms
from study.store.schema import FRAMES
from tests.page_checks import check_html

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
# wall-clock times differ between two runs of the same study; nothing else does
TIMES = [
    "seconds_per_epoch",
    "train_seconds_per_epoch",
    "validation_seconds_per_epoch",
    "first_epoch_seconds",
    "seconds_to_min",
    "pictures_per_second",
    "train_seconds",
    "validation_seconds",
]
FIGURES = [f"A{number}" for number in range(1, 21)]


def command(out: Path, *options: str) -> list[str]:
    return [
        *(sys.executable, "-m", "study", "reproduce", "--preset", "smoke"),
        *("--out", str(out), *options),
    ]


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A smoke study, made without interruption."""
    out = tmp_path_factory.mktemp("whole") / "smoke"
    done = subprocess.run(
        command(out), cwd=ROOT, capture_output=True, text=True, timeout=900, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert str(out / "report" / "index.html") in done.stdout
    assert done.stdout.count("C1 ") == 1
    return out


def test_summary_holds_runs_tables_and_all_claims(study: Path) -> None:
    summary = json.loads((study / "summary.json").read_text())
    assert [claim["id"] for claim in summary["claims"]] == [f"C{n}" for n in range(1, 22)]
    verdicts = {claim["verdict"] for claim in summary["claims"]}
    assert verdicts <= {"reproduced", "not reproduced", "inconclusive", "not run"}
    runs = {(r["batch_size"], r["learning_rate"]): r for r in summary["runs"]}
    assert len(runs) == 8
    for run in runs.values():
        assert run["status"] == "completed"
        assert 0.2 < run["min_val_loss"] < 0.9
        assert 1 <= run["epochs_to_min"] <= run["epochs"] <= 3
        assert run["distance_from_init"] > 0
        assert run["median_update_norm"] > 0
        assert run["seconds_per_epoch"] > 0
    assert runs[32, 0.05]["sharpness"] > 0
    rows = {row["batch_size"]: row for row in summary["tables"]["A4"]}
    assert rows[32]["min_val_loss"] == pytest.approx(runs[32, 0.05]["min_val_loss"])
    assert rows[256]["epochs_to_min"] == runs[256, 0.05]["epochs_to_min"]


def test_claims_about_several_devices_were_not_run(study: Path) -> None:
    summary = json.loads((study / "summary.json").read_text())
    verdicts = {claim["id"]: claim["verdict"] for claim in summary["claims"]}
    assert verdicts["C6"] == verdicts["C7"] == "not run"


def test_frames_are_whole_and_csv_says_the_same(study: Path) -> None:
    frames = read_results(study)
    for name, frame in frames.items():
        # nothing failed; three epochs do not reach the losses at which weights are kept; the
        # article has no conditions, and asks for none of what only some do
        none = {"failures", "sharpness_along", "conditions", PLAIN_LANDSCAPE, RESCALING}
        assert len(frame) or name in none | set(TRAJECTORY), name
        as_csv = pd.read_csv(study / "results" / f"{name}.csv", keep_default_na=True)
        assert list(as_csv.columns) == list(FRAMES[name])
        assert len(as_csv) == len(frame)
    steps = frames["update_norms"].groupby("id")["count"].sum()
    # 512 training pictures, 3 epochs
    for row in frames["runs"].itertuples():
        assert steps[row.id] == row.epochs * -(-512 // row.batch_size)
    assert set(frames["interpolation"]["alpha"]) >= {-1.0, 0.0, 1.0, 2.0}
    assert len(frames["landscape"]) == 2 * 5 * 5


def test_measurements_agree_with_the_records(study: Path) -> None:
    """The line's ends and the landscape's middle are the minimisers themselves."""
    frames = read_results(study)
    line = frames["interpolation"].query("split == 'train'").set_index("alpha")["loss"]
    sharp = frames["sharpness"].set_index("id")["base_loss"]
    runs = frames["runs"].query("learning_rate == 0.05").set_index("batch_size")["id"]
    middle = frames["landscape"].query("alpha == 0 and beta == 0").set_index("id")["loss"]
    # both over the first 128 training pictures
    np.testing.assert_allclose(line[0.0], sharp[runs[32]], rtol=1e-5)
    np.testing.assert_allclose(line[1.0], sharp[runs[256]], rtol=1e-5)
    assert set(middle.index) == set(runs)
    layers = frames["layer_distances"].groupby("id")["distance"].apply(lambda d: (d**2).sum())
    total = frames["runs"].set_index("id")["distance_from_init"]
    np.testing.assert_allclose(np.sqrt(layers), total[layers.index], rtol=1e-5)


def test_page_holds_every_figure(study: Path) -> None:
    page = (study / "report" / "index.html").read_text(encoding="utf-8")
    for name in FIGURES:
        assert f'id="{name}"' in page or f'id="{name.lower()}"' in page, name
    assert "<svg" in page
    assert 'src="http' not in page


def test_report_again_is_the_same_page(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = study / "report" / "index.html"
    before = page.read_bytes(), (study / "summary.json").read_bytes()
    assert main(["report", str(study)]) == 0
    assert (page.read_bytes(), (study / "summary.json").read_bytes()) == before
    assert "Report:" in capsys.readouterr().out


def test_status_counts_the_runs(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", str(study)]) == 0
    assert "8 runs: 8 completed" in capsys.readouterr().out


def test_other_settings_are_refused(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["reproduce", "--preset", "smoke", "--out", str(study), "--base-rate", "0.1"])
    assert code == 2
    assert "base_rate: 0.05 there, 0.1 asked" in capsys.readouterr().err


def kill_in_the_middle(out: Path, how: int) -> "subprocess.CompletedProcess[str]":
    """Starts a study and ends it by a signal once some runs are there."""
    process = subprocess.Popen(
        command(out),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # a test session in the background ignores Ctrl-C, and its children would inherit that
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    deadline = time.monotonic() + 300
    while len(list(out.glob("runs/*/epochs.parquet"))) < 2 and time.monotonic() < deadline:
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    os.kill(process.pid, how)
    printed, errors = process.communicate(timeout=60)
    return subprocess.CompletedProcess([], process.returncode, printed, errors)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_killed_study_ends_as_if_it_had_not_been(study: Path, tmp_path: Path, how: int) -> None:
    out = tmp_path / "smoke"
    killed = kill_in_the_middle(out, how)
    if how == signal.SIGINT:
        assert killed.returncode == 130
        assert "the same command goes on from here" in killed.stderr
        assert "Traceback" not in killed.stderr
    done = subprocess.run(
        command(out), cwd=ROOT, capture_output=True, text=True, timeout=900, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert_same_study(study, out)


def assert_same_study(first: Path, second: Path) -> None:
    """All results are equal to the last bit, times apart."""
    frames, others = read_results(first), read_results(second)
    for name, frame in frames.items():
        pd.testing.assert_frame_equal(
            frame.drop(columns=TIMES, errors="ignore"),
            others[name].drop(columns=TIMES, errors="ignore"),
            check_exact=True,
        )
    for folder in sorted((first / "runs").iterdir()):
        np.testing.assert_array_equal(read_norms(folder), read_norms(second / "runs" / folder.name))
        leftovers = [p.name for p in (second / "runs" / folder.name).rglob("*part*")]
        assert leftovers == []


def test_logical_devices_are_computed_and_not_judged(study: Path, tmp_path: Path) -> None:
    """The same study grows by runs on two logical devices, to the page."""
    out = tmp_path / "smoke"
    shutil.copytree(study, out)
    done = subprocess.run(
        command(out, "--devices", "2", "--logical-devices", "--jobs", "1"),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    summary = json.loads((out / "summary.json").read_text())
    runs = {(r["batch_size"], r["learning_rate"], r["replicas"]): r for r in summary["runs"]}
    several = [run for run in runs.values() if run["replicas"] == 2]
    assert {run["devices"] for run in several} == {"logical CPU"}
    for run in several:
        alone = runs[run["batch_size"], run["learning_rate"], 1]
        assert run["min_val_loss"] == pytest.approx(alone["min_val_loss"], rel=1e-3)
    for table, size in (("A5", 32), ("A5", 256), ("A16", 256)):
        rows = [row for row in summary["tables"][table] if row["batch_size"] == size]
        assert {row["devices"] for row in rows} == {"CPU", "logical CPU"}, table
        assert all(row["seconds_per_epoch"] > 0 and row["seconds_to_min"] > 0 for row in rows)
    claims = {claim["id"]: claim for claim in summary["claims"]}
    parts = claims["C6"]["parts"] + claims["C7"]["parts"] + claims["C17"]["parts"][-1:]
    assert len(parts) == 4
    for part in parts:
        assert part["verdict"] == "not run" and part["effect"] > 0 and part["n"] == 1
        assert part["reason"].startswith("ran on devices of the kind logical CPU, whose times say")
    assert claims["C6"]["verdict"] == claims["C7"]["verdict"] == "not run"
    assert "The part on several devices was not run" in claims["C17"]["reason"]
    page = check_html((out / "report" / "index.html").read_text(encoding="utf-8"))
    sections = {section.attributes.get("id"): section.text for section in page.all("section")}
    for figure in ("A5", "A16"):
        several = [row for row in summary["tables"][figure] if row["replicas"] == 2]
        assert several and all(shown(row["seconds_to_min"]) in sections[figure] for row in several)
        assert "their times say nothing about speed" in sections[figure], figure
    assert "C6 not run" in sections["A5"] and "C7 not run" in sections["A5"]


def test_a_plane_being_measured_is_drawn_as_a_preview(study: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(study, copy)
    for number, whole in enumerate(sorted(copy.glob("runs/*/measurements/landscape.parquet"))):
        part = whole.with_suffix(".part")
        if number == 0:
            pd.read_parquet(whole).query("abs(alpha) != 0.5 and abs(beta) != 0.5").to_parquet(part)
        else:
            part.write_bytes(whole.read_bytes()[:100])
        whole.unlink()
    assert main(["report", str(copy)]) == 0
    page = (copy / "report" / "index.html").read_text(encoding="utf-8")
    assert page.count("preview, 9 of 25 points") == 1
    assert "A preview, not a result, is shown of batch" in page
    claims = {c["id"]: c for c in json.loads((copy / "summary.json").read_text())["claims"]}
    assert claims["C15"]["verdict"] == "not run" and claims["C15"]["effect"] is None


@pytest.mark.parametrize(
    ("spoil", "words"),
    [("runs/*/run.json", "run.json"), ("runs/*/epochs.parquet", "epochs.parquet")],
)
def test_stored_results_cut_off(
    study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], spoil: str, words: str
) -> None:

    copy = tmp_path / "copy"
    shutil.copytree(study, copy)
    path = sorted(copy.glob(spoil))[0]
    path.write_bytes(path.read_bytes()[:20])
    assert main(["report", str(copy)]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert words in error
