"""Questions to a study: arms, ends, hardware; the ledger and the environment."""

from functools import cache

import pandas as pd
import pytest

from reports.ledger import dropped, environment, run_rows
from reports.printed import printed_notes, printed_rows
from reports.study_view import StudyView, seeds_in
from study.errors import StoreError
from study.experiments import get_experiment
from tests.make_study import make_frames, make_settings

FIXED, LINEAR, HIGH = get_experiment("article").arms


@cache
def made() -> dict[str, pd.DataFrame]:
    return make_frames(
        2, replicas=(1, 4), diverged=[(32, 8, 1)], missing=[(64, 8, 0)], landscape_points=3
    )


def view(**settings: object) -> StudyView:
    frames = {name: frame.copy() for name, frame in made().items()}
    base = make_settings(2, replicas=(1, 4), embedded=False)
    return StudyView({**base, **settings}, {"claims": [], "tables": {}}, frames)


@pytest.mark.parametrize(
    ("arm", "rates"),
    [(FIXED, [0.01] * 4), (LINEAR, [0.01, 0.02, 0.04, 0.08]), (HIGH, [0.08] * 4)],
)
def test_arms_on_one_device(arm, rates: list[float]) -> None:
    rows = view().arm_rows("runs", arm)
    found = rows.groupby("batch_size")["learning_rate"].unique()
    assert [list(found[size]) for size in (32, 64, 128, 256)] == [[rate] for rate in rates]
    assert set(rows["replicas"]) == {1}
    assert len(rows) == 8


def test_arms_with_sizes_and_another_base_rate() -> None:
    assert set(view().arm_rows("epochs", FIXED, (32, 256))["batch_size"]) == {32, 256}
    assert view(base_rate=0.02).arm_rows("runs", FIXED)["learning_rate"].unique() == [0.02]


def test_rates_that_differ_by_rounding_belong_together() -> None:
    study = view()
    study.frames["runs"]["learning_rate"] *= 1 + 1e-12
    assert len(study.arm_rows("runs", FIXED)) == 8


def test_devices() -> None:
    assert view().one_device == 1
    assert view().several_devices == (4,)


def test_ends() -> None:
    assert view().ends((32, 256)) == (32, 256)
    assert view().ends((8, 16)) == (32, 256)
    assert view().ends(()) == (32, 256)


@pytest.mark.parametrize("rate", [None, 0, -1, "x", float("nan")])
def test_base_rate_must_be_a_positive_number(rate: object) -> None:
    with pytest.raises(StoreError, match="base rate"):
        _ = view(base_rate=rate).base_rate


def test_machine() -> None:
    assert view().machine == "made-up processor at 2.5 GHz, 2 cores"
    gpus = {"cpu": "c", "cores": 16, "gpus": ["H", "H", "K"]}
    assert view(hardware=gpus).machine == "2 × H and 1 × K; c, 16 cores"
    assert view(hardware=None).machine == "hardware not recorded"


def test_seeds_in() -> None:
    runs = view().arm_rows("runs", FIXED)
    assert seeds_in(runs) == "n = 2 seeds"
    assert seeds_in(runs.drop(index=runs.index[0])) == "n = 1 to 2 seeds"
    assert seeds_in(runs.iloc[:0]) == "no seeds"


def test_ledger_lists_every_run_with_its_reason() -> None:
    study = view()
    rows = run_rows(study)
    assert len(rows) == len(study.runs)
    (diverged,) = (row for row in rows if row.status == "diverged")
    assert (diverged.batch, diverged.rate, diverged.seed) == (32, "0.08", "1")
    assert diverged.reason == "loss not finite in epoch 3"
    assert diverged.loss == "–"
    assert [row.status for row in rows].count("pending") == 1
    assert {row.devices for row in rows} >= {"1 × CPU", "4 × CPU"}


def test_environment() -> None:
    found = dict(environment(view(dirty=True, wall_seconds=61)))
    assert found["Commit"] == "0" * 40 + " with uncommitted changes"
    assert found["Order of the pictures"] == "the same in every epoch"
    anew = dict(environment(view(reshuffle=True)))
    assert anew["Order of the pictures"] == "a new one in every epoch"
    assert found["Pictures"] == "2,326: 1,861 to train on, 465 to validate on"
    assert found["Data fingerprint"] == "0123456789abcdef"
    assert found["Time in all"] == "1 min 1 s"
    assert found["Memory"] == "4.0 GiB"
    assert found["tensorflow"] == "2.21.0"
    assert found["Runs at a time"] == "2, each with 1 thread"
    on_gpus = dict(environment(view(jobs=4, threads_per_run=0)))
    assert on_gpus["Runs at a time"] == "4, each with TensorFlow’s choice of threads"


def test_dropped_pictures() -> None:
    assert dropped(view()) == [("no JFIF marker", "cat", "3"), ("empty file", "dog", "1")]


def test_printed_counts_are_whole() -> None:
    rows = [{"unit": "epochs", "ours": ours} for ours in (19.0, 19.5)]
    study = StudyView(make_settings(), {"published": rows}, make_frames(1))
    assert [row.ours for row in printed_rows(study)] == ["19", "19.5"]


def test_printed_numbers() -> None:
    row = {
        "title": "seconds an epoch",
        "unit": "s",
        "arm": "fixed",
        "batch_size": 32,
        "several_devices": False,
        "published": "12.4",
        "published_note": "a remark",
        "ours": 1.5,
        "ours_low": 1.0,
        "ours_high": 2.0,
    }
    study = StudyView(make_settings(), {"published": [row, row, 7]}, make_frames(1))
    first, _ = printed_rows(study)
    assert (first.ours, first.interval, first.published) == ("1.50", "1.00 to 2.00", "12.4")
    assert first.arm == "one rate for all"
    assert printed_notes(study) == ["“12.4”: a remark."]
