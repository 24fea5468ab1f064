"""Groups of conditions: chosen without the seed at hand, stable or not, in the table."""

import pytest

from study.experiments import get_experiment
from study.experiments.condition_grid import base_rate_grid, by_batch_size, normalisation_grid
from study.experiments.conditions import Condition
from study.experiments.declare import BestAgainstBest, Group, StableCells
from study.summarise import summarise
from study.summarise.effects import sample
from study.summarise.groups import best_cell, group_rows
from study.summarise.measured import Measured
from tests.make_conditions import condition_document, condition_frames, condition_study

NAME = "masters-luschi"
EXPERIMENT = get_experiment(NAME)
STUDY = condition_study(NAME)


def group(*names: str, edges: tuple[str, ...] = ()) -> Group:
    cells = {name: EXPERIMENT.condition(name).cell for name in names}
    return Group("some", tuple(cells.values()), tuple(cells[name] for name in edges))


def measured(accuracy, by_seed=None, **changes) -> Measured:
    """A made-up study; ``by_seed`` gives (condition, seed) another accuracy at the end."""
    frames = condition_frames(STUDY, accuracy, **changes)
    epochs, members = frames["epochs"], frames["conditions"]
    for (name, seed), value in (by_seed or {}).items():
        chosen = (members["condition"] == name) & (members["seed"] == seed)
        rows = epochs["id"].isin(members.loc[chosen, "id"])
        epochs.loc[rows & (epochs["epoch"] == STUDY.max_epochs), "val_accuracy"] = value
    return Measured(condition_document(STUDY), frames, EXPERIMENT)


def test_the_best_cell_is_chosen_by_the_other_seeds() -> None:
    # lucky in seed 0 only, and so not chosen there
    lucky = {("plain-2-1", 0): 0.99}
    study = measured({"plain-2-1": 0.6, "plain-2-4": 0.8, "plain-8-1": 0.7}, lucky)
    effect = BestAgainstBest(
        "final_val_accuracy", group("plain-2-1", "plain-2-4"), group("plain-8-1")
    )
    values = sample(effect, study).values
    assert values[0] == pytest.approx(0.8 - 0.7)
    # seed 1 is judged where seeds 0 and 2 are best: by the lucky one's mean of 0.796
    assert values[1] == pytest.approx(0.8 - 0.7)
    assert values[2] == pytest.approx(0.8 - 0.7)


def test_cells_with_a_diverged_run_do_not_compete() -> None:
    study = measured({"plain-2-1": 0.9, "plain-2-4": 0.8}, diverged=[("plain-2-1", 1)])
    both = group("plain-2-1", "plain-2-4")
    assert best_cell("final_val_accuracy", both, study) == both.cells[1]
    effect = BestAgainstBest("final_val_accuracy", both, group("plain-8-1"))
    assert sample(effect, study).values == pytest.approx((0.0, 0.0, 0.0))
    alone = BestAgainstBest("final_val_accuracy", group("plain-2-1"), group("plain-8-1"))
    found = sample(alone, study)
    assert (found.values, found.lost) == ((), True)


def test_one_seed_gives_nothing_to_choose_by() -> None:
    study = condition_study(NAME, seeds=(0,))
    alone = Measured(condition_document(study), condition_frames(study, {}), EXPERIMENT)
    effect = BestAgainstBest("final_val_accuracy", group("plain-2-1"), group("plain-8-1"))
    found = sample(effect, alone)
    assert found.values == ()
    assert found.left_out[0][1].startswith("one seed alone")


def test_stable_are_runs_that_complete_near_the_best() -> None:
    accuracy = {"plain-2-1": 0.9, "plain-2-4": 0.79, "plain-8-1": 0.82, "plain-8-4": 0.9}
    study = measured(accuracy, diverged=[("plain-8-4", seed) for seed in range(3)])
    effect = StableCells(
        "final_val_accuracy",
        group("plain-2-1", "plain-2-4"),
        group("plain-8-1", "plain-8-4"),
    )
    assert sample(effect, study).values == (0.0, 0.0, 0.0)
    wider = StableCells(effect.quantity, effect.first, effect.second, within=0.2)
    assert sample(wider, study).values == (1.0, 1.0, 1.0)
    beside = StableCells(
        effect.quantity, effect.first, effect.second, group("plain-32-1").cells, 0.05
    )
    assert sample(beside, study).values == (1.0, 1.0, 1.0)


def test_a_run_that_is_missing_is_neither_stable_nor_not() -> None:
    frames = condition_frames(STUDY, {})
    frames["runs"].loc[frames["runs"]["seed"] == 1, "status"] = "pending"
    study = Measured(condition_document(STUDY), frames, EXPERIMENT)
    effect = StableCells("final_val_accuracy", group("plain-2-1"), group("plain-8-1"))
    assert sample(effect, study).seeds == (0, 2)


def test_claims_and_table_name_the_best_and_flag_the_edge() -> None:
    lost = [("plain-128-4", 0)]
    frames = condition_frames(STUDY, {"plain-2-4": 0.9}, diverged=lost, spread=1e-12)
    summary = summarise(condition_document(STUDY), frames, EXPERIMENT)
    claims = {claim["id"]: claim for claim in summary["claims"]}
    assert claims["C1"]["verdict"] == "reproduced"
    assert claims["C1"]["effect"] == pytest.approx(0.1)
    assert "“batch 2, 4 × base rate” and “batch 128" in claims["C1"]["reason"]
    assert "on the edge of the grid" in claims["C1"]["reason"]
    assert claims["C5"]["verdict"] == "inconclusive"
    rows = {row["condition"]: row for row in summary["tables"]["M3"]}
    assert len(rows) == 8
    assert rows["batch 2"]["final_val_accuracy"] == pytest.approx(0.901)
    assert "on the edge of the grid" in rows["batch 2"]["note"]
    assert "1 run diverged" in rows["batch 128"]["note"]
    # 0.8 is within 0.1 of 0.9, and one run of 128 is lost
    assert rows["batch 2"]["stable_rates"] == 4
    assert rows["batch 128"]["stable_rates"] == pytest.approx(11 / 3)
    assert rows["batch 8 with BN"]["stable_rates"] == 3


def test_intervals_of_groups_end_at_what_is_possible() -> None:
    by_seed = {("plain-2-1", seed): value for seed, value in enumerate((0.5, 0.95, 0.95))}
    accuracies = {condition.name: 0.1 for condition in EXPERIMENT.conditions}
    study = measured(accuracies, by_seed)
    (table,) = (figure.table for figure in EXPERIMENT.figures if figure.id == "M3")
    row = next(row for row in group_rows(table, study) if row["condition"] == "batch 2")
    # without bounds: -0.34 to 1.94, since the values are 0.5, 0.95 and 0.95
    assert (row["final_val_accuracy_low"], row["final_val_accuracy_high"]) == (0, 1)
    for row in group_rows(table, study):
        low, high = row["stable_rates_low"], row["stable_rates_high"]
        assert low is None or 0 <= low <= high <= row["tried"]


def test_a_grid_of_base_rates_scales_rates_with_the_batch() -> None:
    grid = base_rate_grid(Condition("x", "batch {size}", momentum=0.9), (4, 16), (1.0, 0.25), 4)
    assert [c.name for c in grid] == ["x-4-1", "x-4-0_25", "x-16-1", "x-16-0_25"]
    assert grid[3].title == "batch 16, 1/4 × base rate"
    assert {(c.batch_multiple, c.scaling, c.momentum) for c in grid} == {
        (1, "linear", 0.9),
        (4, "linear", 0.9),
    }
    groups = by_batch_size(grid, 4)
    assert groups[16].title == "batch 16"
    assert groups[16].edges == (grid[2].cell, grid[3].cell)
    with pytest.raises(ValueError, match="no multiple of the base batch size"):
        base_rate_grid(Condition("x", "x"), (6,), (1.0,), 4)


def test_a_grid_of_normalisation_has_the_smaller_ghosts_that_divide() -> None:
    grid = normalisation_grid(Condition("x", "x", batch_normalisation=True), (4, 12), (4, 6, 8), 4)
    assert [c.title for c in grid] == ["SGD batch 12, BN batch 4", "SGD batch 12, BN batch 6"]
    assert [(c.ghost_size, c.batch_normalisation) for c in grid] == [(4, False), (6, False)]


def test_titles_name_the_batches_of_every_size() -> None:
    assert {size.base_batch_size for size in EXPERIMENT.sizes} == {2}
    for condition in EXPERIMENT.conditions:
        assert f"batch {2 * condition.batch_multiple}" in condition.title
