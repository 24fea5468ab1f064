"""Means of quantities over seeds, with intervals of what is possible."""

import pytest

from study.experiments import get_experiment
from study.experiments.quantities import QUANTITIES
from study.summarise.cells import mean_of
from study.summarise.measured import Measured
from study.summarise.statistics import Estimate, mean_interval
from study.summarise.tables import published_rows, table_rows
from tests.make_study import make_frames, make_settings

ARTICLE = get_experiment("article")


def test_a_count_is_not_negative_and_a_share_lies_between_0_and_1() -> None:
    assert mean_interval([10, 400]).interval[0] < 0
    assert mean_of("updates", [10, 400]).interval[0] == 0
    assert mean_of("updates", [10, 400]).interval[1] == mean_interval([10, 400]).interval[1]
    assert mean_of("final_val_accuracy", [0.5, 0.95]).interval == (0, 1)
    assert mean_of("path_share_excess", [-0.9, 0.9]).interval == (-1, 1)


def test_what_may_be_negative_keeps_its_interval() -> None:
    for name in ("diffusion_slope", "landscape_rise", "rescaling_none"):
        assert mean_of(name, [-1.0, 5.0]) == mean_interval([-1.0, 5.0])


def test_the_mean_itself_is_not_moved() -> None:
    assert mean_of("seconds", [1.0, 9.0]).effect == 5.0
    assert mean_of("seconds", [3.0]) == Estimate(3.0, None, 1)


def test_an_interval_beyond_the_bounds_ends_at_them() -> None:
    assert Estimate(-2.0, (-3.0, -1.0), 2).within(0, 1).interval == (0, 0)


def test_accuracies_and_shares_are_declared_as_shares() -> None:
    named = ("accuracy", "_unresolved", "path_share", "walk_share")
    for name, quantity in QUANTITIES.items():
        if any(part in name for part in named) and not name.endswith("excess"):
            assert quantity.bounds == (0.0, 1.0), name
        assert quantity.bounds[0] <= 0


@pytest.fixture(scope="module")
def far_apart() -> Measured:
    frames = make_frames(2, batch_sizes=(32, 256), landscape_points=3)
    runs = frames["runs"]
    runs["seconds_to_min"] = runs["seconds_to_min"].where(runs["seed"] == 0, 30 * 1915.0)
    runs["distance_from_init"] = runs["distance_from_init"].where(runs["seed"] == 0, 0.01)
    return Measured(make_settings(2, batch_sizes=(32, 256)), frames, ARTICLE)


def test_tables_and_printed_numbers_have_no_negative_seconds(far_apart: Measured) -> None:
    tables = table_rows(ARTICLE, far_apart)
    for table, column in (("A4", "seconds_to_min"), ("A7", "distance_from_init")):
        assert [row[f"{column}_low"] for row in tables[table]] == [0, 0]
        assert all(row[f"{column}_high"] > row[column] for row in tables[table])
    ends = [
        row["ours_low"]
        for row in published_rows(ARTICLE, far_apart)
        if row["quantity"] == "seconds_to_min" and row["n"]
    ]
    assert ends and set(ends) == {0}
