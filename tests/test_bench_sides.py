"""The sides of comparisons at a tiny size: what they count, and where two ways agree."""

import importlib
from pathlib import Path
from typing import Any

import pytest

from callbacks.sharpness import MAX_EVALUATIONS
from study.bench.grid import run_settings
from study.bench.peers.plane import EVERY, PLANE, POINTS, SAMPLE
from tests import make_peers
from tests.kept_laps import Enough, TwoLaps
from tests.make_bench import request

dataset = make_peers.dataset


@pytest.mark.parametrize(
    "job",
    [
        "training:ours",
        "training:article",
        "training:training_alone",
        "pytorch:torch_loop",
        "measuring:gradient",
        "measuring:loss",
        "measuring:predicting",
    ],
)
def test_sides_count_their_pictures(dataset: Any, tmp_path: Path, job: str) -> None:
    module, name = job.split(":")
    if module == "pytorch":
        pytest.importorskip("torch")
    options = {
        "data": str(dataset.directory),
        "run": run_settings(request(), dataset).as_dict(),
        # as few as PyTorch takes; TensorFlow's threads are set up already
        "threads": 1 if module == "pytorch" else 0,
        "folder": str(tmp_path),
    }
    laps = TwoLaps()
    with pytest.raises(Enough):
        getattr(importlib.import_module(f"study.bench.peers.{module}"), name)(options, laps)
    points = POINTS if job == "measuring:loss" else 1
    assert [lap["pictures"] for lap in laps.told[1:]] == [96 * points] * 2


def test_the_loss_is_timed_as_interpolation_and_landscape_take_it(
    dataset: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from study.bench.peers import measuring
    from study.measure import interpolation, landscape, many_points

    assert interpolation.ManyPoints is landscape.ManyPoints is many_points.ManyPoints
    assert many_points.GROUPS * many_points.SIDE_BY_SIDE == POINTS
    asked: list[Any] = []

    class Watched(many_points.ManyPoints):
        def losses_and_accuracies(self, basis: Any, points: Any) -> Any:
            asked.append((self.examples, self.together, len(points)))
            found = super().losses_and_accuracies(basis, points)
            assert len(set(found)) == len(points), "the points differ"
            return found

    monkeypatch.setattr(measuring, "ManyPoints", Watched)
    run = run_settings(request(), dataset).as_dict()
    with pytest.raises(Enough):
        measuring.loss({"data": str(dataset.directory), "run": run, "threads": 0}, TwoLaps())
    assert set(asked) == {(96, POINTS, POINTS)}


def test_the_timed_points_are_a_sample_of_the_whole_plane() -> None:
    from study.measure.landscape import plane_ticks
    from study.measure.stacked_passes import SIDE_BY_SIDE

    ticks = plane_ticks(PLANE)[::EVERY]
    # the whole width, in whole groups
    assert ticks == pytest.approx([-1, -1 / 3, 1 / 3, 1]) and len(ticks) == SAMPLE
    assert SAMPLE**2 % SIDE_BY_SIDE == 0


def test_all_ways_to_the_landscape_agree(dataset: Any) -> None:
    from study.bench.peers.measuring import landscape_loop, landscape_of_layers, landscape_ours

    options = {
        "data": str(dataset.directory),
        "run": run_settings(request(), dataset).as_dict(),
        "threads": 0,
    }
    losses = []
    for side in (landscape_ours, landscape_loop, landscape_of_layers):
        laps = TwoLaps()
        with pytest.raises(Enough):
            side(options, laps)
        losses.append(laps.told[-1]["losses"])
        # the validation pictures, at every point
        assert [lap["pictures"] for lap in laps.told[1:]] == [16 * 24] * 2
    assert len(losses[0]) == 16
    assert losses[0] == pytest.approx(losses[1], abs=1e-5)
    assert losses[0] == pytest.approx(losses[2], abs=1e-5)


def test_the_search_for_sharpness_is_counted(dataset: Any) -> None:
    from study.bench.peers.searching import sharpness_evaluations

    options = {
        "data": str(dataset.directory),
        "run": run_settings(request(), dataset).as_dict(),
        "threads": 0,
        "epochs": 1,
        "examples": 32,
    }
    laps = TwoLaps()
    with pytest.raises(Enough):
        sharpness_evaluations(options, laps)
    for lap in laps.told[1:]:
        assert 0 < lap["share"] <= 1 and lap["made"] <= MAX_EVALUATIONS
        assert lap["evaluations"] is None or lap["evaluations"] <= lap["made"]
