"""Rows of the small tables: what they hold, where it comes from, what is said beside it."""

import json

import numpy as np
import pytest

from study.experiments import get_experiment
from study.summarise.measured import Measured
from study.summarise.statistics import mean_interval
from study.summarise.table_headers import headers
from study.summarise.tables import published_rows, table_rows
from tests.make_study import empty_frames, make_frames, make_settings

ARTICLE = get_experiment("article")
TABLES = ("A4", "A5", "A7", "A8", "A9", "A10", "A11", "A12", "A13", "A14", "A16", "A17", "A18")


def tables_of(frames, **settings):
    return table_rows(ARTICLE, Measured({**make_settings(), **settings}, frames, ARTICLE))


@pytest.fixture(scope="module")
def frames():
    return make_frames(3, replicas=(1, 4), devices="logical CPU", landscape_points=9)


@pytest.fixture(scope="module")
def tables(frames):
    return tables_of(frames, replicas=[1, 4])


def values(frames, column, batch_size, rate, replicas=1):
    runs = frames["runs"]
    chosen = (runs["batch_size"] == batch_size) & np.isclose(runs["learning_rate"], rate)
    return runs[chosen & (runs["replicas"] == replicas)].sort_values("seed")[column].tolist()


def test_every_table_is_there_and_plain_json(tables):
    assert set(tables) == {*TABLES, "A19", "A20", "B2", "B3", "B4"}
    assert json.loads(json.dumps(tables, allow_nan=False)) == tables
    assert all(tables.values())


def test_a4_holds_means_intervals_and_what_was_published(frames, tables):
    row = tables["A4"][3]
    assert (row["arm"], row["batch_size"], row["learning_rate"]) == ("fixed", 256, 0.01)
    expected = mean_interval(values(frames, "min_val_loss", 256, 0.01))
    assert row["min_val_loss"] == pytest.approx(expected.effect)
    ends = (row["min_val_loss_low"], row["min_val_loss_high"])
    assert ends == pytest.approx(expected.interval)
    assert (row["n"], row["min_val_loss_n"], row["note"]) == (3, 3, "")
    assert row["min_val_loss_published"] == "0.395"
    assert row["seconds_to_min_published"] == "almost four times that of 32"
    assert tables["A4"][1]["min_val_loss_published"] is None


def test_a_printed_number_that_disagrees_with_itself_is_shown_whole(tables):
    assert tables["A4"][0]["min_val_loss_published"] == "0.343 / 0.344 / 0.345"
    assert tables["A4"][0]["seconds_to_min_published"] == "1,915 / 3,156"
    assert tables["A16"][0]["seconds_to_min_published"] == "1,915 / 3,156"


def test_a_number_printed_for_one_arm_stands_with_the_same_run_in_another(tables):
    assert tables["A13"][0]["sharpness_published"] == "1.14"
    assert [row["sharpness_published"] for row in tables["A13"][1:]] == [None] * 3
    by_place = {(row["arm"], row["batch_size"]): row for row in tables["A17"]}
    assert by_place["fixed", 32]["sharpness_published"] == "1.14"
    assert by_place["linear", 32]["sharpness_published"] == "1.14"
    assert by_place["fixed", 64]["sharpness_published"] is None
    assert tables["A16"][0]["epochs_to_min_published"] == "158"
    assert tables["A16"][0]["seconds_per_epoch_published"] == "12.4"
    assert tables["A16"][1]["seconds_per_epoch_published"] == "slightly more than on one"


def test_a4_says_how_far_the_net_had_learned_at_its_minimum(frames, tables):
    runs, epochs = frames["runs"], frames["epochs"]
    chosen = runs[(runs["batch_size"] == 256) & np.isclose(runs["learning_rate"], 0.01)]
    chosen = chosen[chosen["replicas"] == 1].set_index("id")
    at_minimum = [
        rows.loc[rows["val_loss"].idxmin(), "accuracy"]
        for name, rows in epochs.groupby("id")
        if name in chosen.index
    ]
    row = tables["A4"][3]
    assert row["train_accuracy_at_min"] == pytest.approx(np.mean(at_minimum))
    assert row["train_loss_at_min"] == pytest.approx(chosen["train_loss_at_min"].mean())


def test_a5_and_a16_hold_one_row_for_each_number_of_devices(frames, tables):
    assert [(row["batch_size"], row["replicas"]) for row in tables["A5"]] == [
        (size, count) for size in (32, 64, 128, 256) for count in (1, 4)
    ]
    assert [row["devices"] for row in tables["A5"][:2]] == ["CPU", "logical CPU"]
    assert tables["A5"][7]["seconds_per_epoch_published"] == "3.97"
    assert tables["A5"][7]["seconds_to_min_published"] == "about 3,700"
    assert tables["A5"][1]["seconds_per_epoch_published"] == "slightly more than on one"
    mean = np.mean(values(frames, "seconds_per_epoch", 256, 0.08, replicas=4))
    assert tables["A16"][7]["seconds_per_epoch"] == pytest.approx(mean)


def test_a5_without_several_devices_has_one_row_a_batch_size():
    assert [row["replicas"] for row in tables_of(make_frames(1), seeds=[0])["A5"]] == [1, 1, 1, 1]


def test_a8_goes_layer_by_layer(tables):
    assert [row["layer"] for row in tables["A8"][:4]] == ["conv_1", "conv_1", "conv_2", "conv_2"]
    assert [row["batch_size"] for row in tables["A8"][:2]] == [32, 256]
    assert tables["A8"][0]["distance"] > tables["A8"][1]["distance"] > 0
    assert len(tables["A8"]) == 16


def test_a9_gives_the_range_over_the_epochs(frames, tables):
    row = tables["A9"][0]
    epochs = frames["epochs"]
    chosen = epochs[(epochs["batch_size"] == 32) & (epochs["learning_rate"] == 0.01)]
    by_run = chosen[chosen["replicas"] == 1].groupby("seed")["epoch_distance"]
    assert row["epoch_distance"] == pytest.approx(by_run.median().mean())
    assert row["lowest"] == pytest.approx(by_run.min().mean())
    assert row["highest"] == pytest.approx(by_run.max().mean())
    assert row["epoch_distance_published"] == "0.15 to 0.4"


def test_a12_gives_the_rise_about_both_ends(tables):
    assert [(row["split"], row["batch_size"]) for row in tables["A12"]] == [
        ("train", 32),
        ("train", 256),
        ("validation", 32),
        ("validation", 256),
    ]
    assert 0 < tables["A12"][0]["rise"] < tables["A12"][1]["rise"]


def test_a14_measures_the_landscapes_that_there_are(tables):
    assert [row["landscape_rise_n"] for row in tables["A14"]] == [3, 0, 0, 3]
    assert tables["A14"][1]["landscape_rise"] is None


def test_a14_says_nothing_of_cells_whose_landscape_is_not_measured():
    frames = make_frames(2, landscape_points=3)
    last = frames["runs"]["seed"] == 1
    frames["runs"].loc[last, "status"] = "pending"
    tables = tables_of(frames)
    assert [row["note"] for row in tables["A14"]] == [
        "1 of 2 not finished",
        "",
        "",
        "1 of 2 not finished",
    ]
    assert {row["note"] for row in tables["A13"]} == {"1 of 2 not finished"}


def test_a17_sets_fixed_beside_scaled(tables):
    rows = {(row["arm"], row["batch_size"]): row for row in tables["A17"]}
    assert len(rows) == 8
    assert rows["linear", 256]["sharpness_published"] == "4 to 7"
    assert rows["linear", 32]["sharpness_published"] == "1.14"
    assert rows["fixed", 256]["sharpness_published"] is None
    assert rows["linear", 256]["sharpness"] < rows["fixed", 256]["sharpness"]


def test_a20_marks_the_best_rate_of_each_batch_size_and_the_edge(frames):
    runs = frames["runs"].copy()
    runs.loc[
        (runs["batch_size"] == 64) & np.isclose(runs["learning_rate"], 0.04), "min_val_loss"
    ] = 0.1
    rows = tables_of({**frames, "runs": runs}, replicas=[1, 4])["A20"]
    assert len(rows) == 16
    best = {row["batch_size"]: row for row in rows if row["best"]}
    assert {size: row["multiple"] for size, row in best.items()} == {32: 1, 64: 4, 128: 8, 256: 8}
    assert {size: row["edge"] for size, row in best.items()} == {
        32: True,
        64: False,
        128: True,
        256: True,
    }
    assert not any(row["edge"] for row in rows if not row["best"])


def test_runs_that_did_not_complete_are_told():
    frames = make_frames(
        2, diverged=[(256, 1, 0)], failed=[(32, 1, 1)], missing=[(64, 1, 0)], censored=[(128, 1, 0)]
    )
    notes = [row["note"] for row in tables_of(frames, seeds=[0, 1])["A4"]]
    assert notes == [
        "1 of 2 failed (seed 1, process ended with exit code 1)",
        "1 of 2 not finished",
        "1 of 2 stopped by the limit of epochs",
        "1 of 2 diverged (seed 0, loss not finite in epoch 3)",
    ]


def test_one_seed_has_a_mean_and_no_interval():
    row = tables_of(make_frames(1), seeds=[0])["A7"][0]
    assert row["distance_from_init"] is not None
    assert (row["distance_from_init_low"], row["distance_from_init_n"]) == (None, 1)


@pytest.mark.parametrize("frames_so_far", [{}, empty_frames()], ids=["no frames", "empty frames"])
def test_tables_of_nothing_have_rows_without_numbers(frames_so_far):
    found = tables_of(frames_so_far)
    assert [row["min_val_loss"] for row in found["A4"]] == [None] * 4
    assert found["A8"] == []
    assert not any(row["best"] for row in found["A20"])


def test_every_column_has_a_title_and_numbers_a_unit(tables):
    found = headers(tables)
    for name, rows in tables.items():
        for row in rows:
            assert set(row) == set(found[name])
    assert found["A4"]["seconds_to_min_low"] == {
        "title": "seconds to the minimum, lower end of the 95 % interval",
        "unit": "s",
    }
    assert found["A8"]["distance_n"] == {"title": "distance from initialisation, seeds", "unit": ""}


def test_every_printed_number_stands_beside_ours(frames):
    study = Measured(make_settings(replicas=[1, 4]), frames, ARTICLE)
    rows = {row["id"]: row for row in published_rows(ARTICLE, study)}
    assert len(rows) == len(ARTICLE.published)
    row = rows["min_val_loss/linear/256/one"]
    expected = mean_interval(values(frames, "min_val_loss", 256, 0.08))
    assert (row["published"], row["n"]) == ("0.352", 3)
    assert row["ours"] == pytest.approx(expected.effect)
    assert (row["ours_low"], row["ours_high"]) == pytest.approx(expected.interval)
    assert rows["seconds_to_min/fixed/256/several"]["devices"] == "logical CPU"
    assert rows["epoch_distance/fixed/32/one"]["published_high"] == 0.4
    assert rows["seconds_to_min/fixed/256/one"]["published_low"] is None
