"""Li et al.: weight decay told as shrinkage, what is planned, and what is drawn of it."""

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

from reports.exhibits.exhibit import Exhibit
from reports.exhibits.kinds import KINDS
from reports.exhibits.trajectories import rate_drops
from reports.figures.trajectory import points_at
from study.conduct.conditions import SNAPSHOTS, condition_run, condition_runs
from study.conduct.plan import plan_study
from study.conduct.task import COMPARE, MEASURE
from study.experiments import get_experiment
from study.experiments.li_claims import LARGE_DECAY, SMALL, SMALL_DECAY
from study.store.measurements import PLAIN_LANDSCAPE, RESCALING, TRAJECTORY
from study.store.schema import KEYS, typed_frame
from study.train.snapshots import path_epochs
from tests.make_conditions import condition_frames, condition_study
from tests.test_condition_report import view_of

STUDY = condition_study("li")
TICKS = np.linspace(-1, 1, 5)


def planes(base: dict[str, Any], rise: float) -> list[dict[str, Any]]:
    return [
        {**base, "alpha": a, "beta": b, "loss": 0.2 + rise * (a**2 + b**2), "examples": 64}
        for a in TICKS
        for b in TICKS
    ]


def run_rows(base: dict[str, Any], place: int, epochs: int) -> dict[str, list[dict[str, Any]]]:
    """Made-up measurements of one run."""
    norms = {"direction_seed": 0, "direction_norm": 20.0, "weight_norm": 18.0 + place}
    times = (0, *path_epochs(epochs, SNAPSHOTS))
    return {
        "landscape": [{**row, "direction_seed": 0} for row in planes(base, 1 + place)],
        "landscape_plain": [{**row, **norms} for row in planes(base, 4 - place)],
        "trajectory_plane": planes(base, 1.0),
        "trajectory": [
            {
                **base,
                "epoch": time,
                "alpha": 0.8 * math.cos(time / epochs * math.pi / 2),
                "beta": 0.5 * math.sin(time / epochs * math.pi),
                "step": 0.1,
            }
            for time in times
        ],
        "trajectory_components": [
            {**base, "component": k, "share": 0.9 * 0.1 ** (k - 1), "random_walk": 0.6 / k**2}
            for k in (1, 2, 3)
        ],
        "rescaling": [
            {
                **base,
                "factor": factor,
                "normalisation": way,
                "alpha": a,
                "loss": 0.2 + a**2 * (factor if way == "none" else 1),
                "examples": 64,
            }
            for factor in (1.0, 4.0)
            for way in ("filters", "none")
            for a in TICKS
        ],
    }


@pytest.fixture(scope="module")
def frames() -> dict[str, pd.DataFrame]:
    rows: dict[str, list[dict[str, Any]]] = {}
    runs = condition_runs(STUDY)
    for place, found in enumerate(runs.values()):
        for run in found:
            base = {key: getattr(run, key) for key in KEYS}
            for name, more in run_rows(base, place, STUDY.max_epochs).items():
                rows.setdefault(name, []).extend(more)
    for line in get_experiment("li").lines:
        pairs = zip(runs[line.small.condition], runs[line.large.condition], strict=True)
        for small, large in pairs:
            rows.setdefault("interpolation", []).extend(
                {
                    **{key: getattr(large, key) for key in KEYS},
                    "small_id": small.id,
                    "small_batch_size": small.batch_size,
                    "alpha": a,
                    "split": split,
                    "loss": 0.3 + a**2,
                    "accuracy": 0.8,
                    "examples": 64,
                }
                for split in ("train", "validation")
                for a in np.linspace(-1, 2, 7)
            )
    made = {name: typed_frame(name, pd.DataFrame(values)) for name, values in rows.items()}
    return {**condition_frames(STUDY, {}), **made}


def exhibit_of(identifier: str, frames: dict[str, pd.DataFrame]) -> Exhibit:
    figure = get_experiment("li").figure(identifier)
    return KINDS[figure.kind](view_of("li", frames), figure)


def test_weight_decay_shrinks_the_small_batch_as_told() -> None:
    small, large, none = (
        condition_run(STUDY, condition, 0, 1) for condition in (SMALL_DECAY, LARGE_DECAY, SMALL)
    )
    assert small.recipe is not None and large.recipe is not None and none.recipe is not None
    assert none.recipe.weight_decay == 0
    assert large.recipe.weight_decay == small.recipe.weight_decay > 0
    course = small.recipe.schedule
    weight = 1.0
    for update in range(course.updates):
        weight -= weight * course.learning_rate(update) * small.recipe.weight_decay
    assert math.log(weight) == pytest.approx(-SMALL_DECAY.shrinkage, rel=0.01)
    assert small.recipe.snapshots == SNAPSHOTS
    several = condition_run(STUDY, SMALL, 0, 2)
    assert several.recipe is not None
    assert several.recipe.snapshots == 0, "measured on one device only"


def test_every_run_is_measured_at_its_end_with_its_path() -> None:
    tasks = plan_study(STUDY, STUDY.train_examples, 480)
    measured = [task for task in tasks if task.kind == MEASURE]
    assert len(measured) == 4 * len(STUDY.seeds)
    for task in measured:
        assert task.further == (PLAIN_LANDSCAPE, RESCALING, *TRAJECTORY)
        assert set(task.further) < set(task.outputs)
        assert task.as_dict()["further"] == list(task.further)
        assert (task.at, task.landscape) == ("end", True)
    assert sum(task.kind == COMPARE for task in tasks) == 2 * len(STUDY.seeds)
    other = condition_study("goyal")
    assert not any(task.further for task in plan_study(other, other.train_examples, 480))


def test_paths_are_drawn_with_the_drops_of_the_rate(frames) -> None:
    exhibit = exhibit_of("L2", frames)
    assert len(exhibit.panels) == 4
    view = view_of("li", frames)
    identifier = condition_runs(STUDY)["small"][0].id
    # a half, three quarters and eleven twelfths of 32 epochs
    assert rate_drops(view, identifier) == (16, 24, 29)
    assert "The rate dropped after epoch 16, 24 and 29." in exhibit.panels[0].svg
    path = frames["trajectory"][frames["trajectory"]["id"] == identifier]
    # every second epoch was kept
    assert list(points_at(path, (16, 24, 29, 40))["epoch"]) == [16, 24, 30]
    assert "The data of 2 further seeds" in exhibit.caption


def test_shares_stand_beside_random_walks(frames) -> None:
    (panel,) = exhibit_of("L3", frames).panels
    assert "small batch: 0.990 in two components, a random walk 0.750" in panel.svg


def test_landscapes_lines_and_slices_have_their_panels(frames) -> None:
    assert [panel.title for panel in exhibit_of("L4", frames).panels] == [
        "With filter normalisation",
        "Without",
    ]
    assert [len(exhibit_of(name, frames).panels) for name in ("L5", "L6", "L7", "L8")] == [
        *(2, 4, 4, 2)
    ]
    shown = exhibit_of("L6", frames)
    assert "the cross is the last weights. All planes have" in shown.caption
    assert [panel.title for panel in shown.more] == [panel.title for panel in shown.panels]
    assert "of “small batch” as a surface: " in shown.more[0].svg
    data = exhibit_of("L5", frames).data
    assert data is not None
    # no line ends at the other pair's small batch
    assert len(data) == 2 * len(STUDY.seeds) * 2 * 7


def test_nothing_is_drawn_of_what_was_not_measured(frames) -> None:
    empty = {name: frame.iloc[:0] for name, frame in frames.items()}
    for figure in get_experiment("li").figures:
        assert KINDS[figure.kind](view_of("li", empty), figure).missing, figure.id
