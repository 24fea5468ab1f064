"""What the page shows of a sweep: its table and figures, the list of its runs, a target missed."""

import json
import math

import pytest

from reports.exhibits.kinds import KINDS
from reports.ledger import environment, run_rows
from reports.page import build_page
from reports.study_view import StudyView
from reports.wording import shown
from study.conduct.conditions import condition_runs
from tests import make_sweep
from tests.make_conditions import condition_document
from tests.make_sweep import EXPERIMENT, SIZES, STUDY, TARGET, frames_of, summary_of
from tests.page_checks import check_html

frames, summary = make_sweep.frames, make_sweep.summary


def test_tables_and_figures_show_the_sweep(frames, summary) -> None:
    view = StudyView(condition_document(STUDY), summary, frames)
    rows = summary["tables"]["N4"]
    assert [row["batch_size"] for row in rows] == SIZES
    assert rows[0]["steps_unresolved"] == 1
    assert rows[0]["chance_share"] == pytest.approx(0.25, abs=1e-3)
    assert rows[0]["smith_scale"] == pytest.approx(2 * STUDY.base_rate * 255)
    exhibits = {figure.id: KINDS[figure.kind](view, figure) for figure in EXPERIMENT.figures}
    assert not any(exhibit.missing for exhibit in exhibits.values())
    assert [len(exhibits[name].panels) for name in ("N1", "N2", "N3", "N5")] == [2, 3, 1, 1]
    assert "Critical batch size of the fit: 100" in exhibits["N2"].caption
    assert "0 or less in 0 of 84 epochs" in exhibits["N1"].caption
    assert "Of all epochs 21 are at chance level, with a training loss of 0.679" in (
        exhibits["N1"].caption
    )
    assert "averaged apart over the seeds (and over epochs within a quarter, losses" in (
        exhibits["N1"].caption
    )
    html = build_page(dict(view.settings), dict(view.summary), dict(view.frames))
    check_html(html)
    assert "batch sizes from 1 to 64 times the smallest" in html


def test_a_target_that_no_run_reached_is_no_number() -> None:
    frames = frames_of(target=TARGET + 0.2)
    summary = json.loads(json.dumps(summary_of(frames), allow_nan=False))
    row = summary["tables"]["N4"][0]
    assert row["updates_to_target"] is None
    assert row["updates_to_target_words"] == "not reached"
    assert all(size["updates"] == {"0": None, "1": None, "2": None} for size in _sizes(summary))
    assert all(claim["effect"] is None for claim in summary["claims"])
    # all completed, so nothing is "not run"
    assert {claim["verdict"] for claim in summary["claims"]} == {"inconclusive"}
    reason = {claim["id"]: claim["reason"] for claim in summary["claims"]}["C3"]
    assert (
        "fewer than two of the batches 8, 16 and 32 reached the target (seed 0, 1 and 2)" in reason
    )
    view = StudyView(condition_document(STUDY), summary, frames)
    exhibit = KINDS["sweep_law"](view, EXPERIMENT.figure("N2"))
    assert exhibit.missing.startswith("No run reached the target, a validation loss of 0.37")
    html = build_page(dict(view.settings), dict(view.summary), dict(view.frames))
    assert ">not reached<" in html


def _sizes(summary) -> list[dict[str, object]]:
    return summary["sweep"]["sizes"]


def test_the_list_of_runs_shows_smiths_g_and_what_ended_them(frames, summary) -> None:
    view = StudyView(condition_document(STUDY), summary, frames)
    rows = {row.id: row for row in run_rows(view)}
    for run in condition_runs(STUDY)["b8-r2"]:
        g = run.learning_rate * (2048 / run.batch_size - 1)
        assert rows[run.id].noise == shown(g)
        assert rows[run.id].reason == "ended at its target"
    # without a recipe's record, from rate, batch size and the number of training pictures
    bare = frames["epochs"].assign(epoch_batch_size=math.nan, noise_scale=math.nan)
    again = run_rows(StudyView(condition_document(STUDY), summary, {**frames, "epochs": bare}))
    assert {row.id: row.noise for row in again} == {row.id: row.noise for row in rows.values()}
    assert ("Stop rule", "a validation loss of 0.370, or the end of the run’s epochs") in (
        environment(view)
    )
