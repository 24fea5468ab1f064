"""How far epochs of one batch size lie apart, and what the chapter says of it."""

from typing import Any

import pandas as pd
import pytest

from study.experiments import get_experiment
from study.experiments.cells import Cell
from study.summarise.epoch_spread import EpochSpread, epoch_spreads, sizes_of
from study.summarise.measured import Measured
from study.summarise.remedy_rows import remedy_rows
from tests.make_conditions import condition_document, condition_frames, condition_study
from tests.make_study import make_frames, make_settings


def slowed(name: str, seconds: dict[tuple[str, int], float], **changes: Any) -> Measured:
    """A study whose epochs take 2.5 s, but in the runs given by condition and seed."""
    study = condition_study(name)
    frames = condition_frames(study, {}, **changes)
    members = frames["conditions"]
    for (condition, seed), value in seconds.items():
        chosen = (members["condition"] == condition) & (members["seed"] == seed)
        rows = frames["epochs"]["id"].isin(members.loc[chosen, "id"])
        frames["epochs"].loc[rows, "train_seconds"] = value - 0.5
    return Measured(condition_document(study), frames, get_experiment(name))


def cells(*names: str) -> list[Cell]:
    return [Cell(0, condition=name) for name in names]


def test_the_fastest_and_the_slowest_run_of_a_batch_size_are_named() -> None:
    study = slowed("hoffer", {("large", 1): 9.0, ("ghost", 2): 2.0, ("small", 0): 3.0})
    spreads = epoch_spreads(cells("small", "large", "rate", "ghost"), study)
    title = get_experiment("hoffer").condition
    assert spreads[32] == EpochSpread(
        32, 2.5, 3.0, f"“{title('small').title}”, seed 1", f"“{title('small').title}”, seed 0"
    )
    assert spreads[256] == EpochSpread(
        256, 2.0, 9.0, f"“{title('ghost').title}”, seed 2", f"“{title('large').title}”, seed 1"
    )
    assert (spreads[32].unlike, spreads[256].unlike) == (False, True)


@pytest.mark.parametrize(("seconds", "unlike"), [(4.9, False), (5.0, False), (5.1, True)])
def test_more_than_twice_is_unlike(seconds: float, unlike: bool) -> None:
    study = slowed("hoffer", {("large", 1): seconds})
    assert epoch_spreads(cells("large"), study)[256].unlike is unlike


def test_a_run_whose_batch_grows_counts_at_each_of_its_sizes() -> None:
    study = slowed("smith", {})
    sizes = sizes_of(*cells("grow"), study)
    assert min(sizes) == 8
    assert len(sizes) > 1
    assert set(epoch_spreads(cells("grow"), study)) == sizes


def test_only_completed_runs_with_times_count() -> None:
    study = slowed("hoffer", {("rate", 1): 9.0}, diverged=[("rate", 1)])
    assert not epoch_spreads(cells("rate", "large"), study)[256].unlike
    document = condition_document(condition_study("hoffer"))
    frames = condition_frames(condition_study("hoffer"), {})
    frames["epochs"] = frames["epochs"].assign(train_seconds=float("nan"))
    empty = Measured(document, frames, get_experiment("hoffer"))
    assert epoch_spreads(cells("rate"), empty) == {}


def test_runs_without_a_recipe_have_the_batch_size_of_the_run() -> None:
    experiment = get_experiment("article")
    study = Measured(make_settings(), make_frames(), experiment)
    remedy = experiment.remedies[0]
    assert sizes_of(remedy.small, study) == {32}
    assert set(epoch_spreads([remedy.small, remedy.large], study)) == {32, 256}


def test_a_row_names_the_batch_sizes_behind_each_of_its_ratios() -> None:
    experiment = get_experiment("hoffer")
    rows = remedy_rows(experiment, slowed("hoffer", {("small", 1): 6.0}))
    for row in rows:
        assert row["unlike_epochs"]["of_large"] == []
        (found,) = row["unlike_epochs"]["of_small"]
        assert pd.Series(found)[["batch_size", "fastest", "slowest"]].tolist() == [32, 2.5, 6.0]
    alike = remedy_rows(experiment, slowed("hoffer", {}))
    assert {str(row["unlike_epochs"]) for row in alike} == {"{'of_large': [], 'of_small': []}"}
