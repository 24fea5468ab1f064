"""Numbers of planes, lines and paths, by hand; agreement of orders."""

import math

import numpy as np
import pandas as pd
import pytest

from study.experiments.declare import Cell, RankAgreement
from study.summarise.effect_cells import cells_of
from study.summarise.effects import sample
from study.summarise.plane_values import plane_values
from study.summarise.statistics import kendall_tau
from tests.test_effects import a_run, a_study


def values_of(**frames: pd.DataFrame) -> dict[tuple[str, str], float]:
    return plane_values(lambda name: frames.get(name, pd.DataFrame()))


def test_without_frames_there_are_no_values() -> None:
    assert values_of() == {}


def test_rises_and_the_norm_of_the_weights() -> None:
    alpha, beta = np.meshgrid([-0.5, 0, 0.5], [-0.5, 0, 0.5])
    plane = pd.DataFrame({"alpha": alpha.ravel(), "beta": beta.ravel()})
    plane = plane.assign(id="a", direction_seed=0, loss=1 + plane["alpha"] ** 2, weight_norm=7.5)
    found = values_of(landscape=plane, landscape_plain=plane.assign(loss=2 * plane["loss"]))
    # of the four points within the radius two rise by a quarter
    assert found["a", "landscape_rise"] == pytest.approx(0.125)
    assert found["a", "landscape_plain_rise"] == pytest.approx(0.25)
    assert found["a", "weight_norm"] == 7.5


def test_rescaling_is_a_ratio_of_rises() -> None:
    lines = [
        pd.DataFrame({"alpha": [-0.5, 0, 0.5], "loss": [1 + rise, 1, 1 + rise]}).assign(
            id=run, normalisation=way, factor=factor
        )
        for run, way, factor, rise in (
            ("a", "none", 1.0, 0.1),
            ("a", "none", 4.0, 0.3),
            ("a", "filters", 1.0, 0.2),
            ("a", "filters", 4.0, 0.2),
            ("flat", "none", 1.0, 0.0),
            ("flat", "none", 4.0, 0.1),
        )
    ]
    found = values_of(rescaling=pd.concat(lines))
    assert found["a", "rescaling_none"] == pytest.approx(3)
    assert found["a", "rescaling_filters"] == pytest.approx(1)
    assert math.isnan(found["flat", "rescaling_none"])


def test_shares_of_two_components() -> None:
    frame = pd.DataFrame(
        {
            "id": "a",
            "component": [3, 1, 2],
            "share": [0.1, 0.7, 0.2],
            "random_walk": [0.2, 0.5, 0.3],
        }
    )
    found = values_of(trajectory_components=frame)
    assert found["a", "path_share"] == pytest.approx(0.9)
    assert found["a", "walk_share"] == pytest.approx(0.8)
    assert found["a", "path_share_excess"] == pytest.approx(0.1)


def test_kendalls_tau() -> None:
    assert kendall_tau([1, 2, 3, 4], [10, 20, 30, 40]) == 1
    assert kendall_tau([1, 2, 3, 4], [4, 3, 2, 1]) == -1
    # one of six pairs stands the other way round
    assert kendall_tau([1, 2, 3, 4], [1, 2, 4, 3]) == pytest.approx(4 / 6)
    assert kendall_tau([1, 1, 2], [1, 2, 3]) == pytest.approx(2 / 3)


def test_agreement_of_two_quantities_in_each_seed() -> None:
    cells = (Cell(32), Cell(64), Cell(128))
    rows = [
        a_run(size, seed=seed, min_val_loss=loss, sharpness=sharp, epochs=epochs)
        for seed, losses in ((0, (0.1, 0.2, 0.3)), (1, (0.3, 0.2, 0.1)))
        for size, loss, sharp, epochs in zip(
            (32, 64, 128), losses, (1.0, 2.0, 3.0), (5, 9, 7), strict=True
        )
    ]
    study = a_study(*rows, seeds=(0, 1, 2))
    effect = RankAgreement("sharpness", "min_val_loss", cells)
    found = sample(effect, study)
    assert found.values == (1.0, -1.0)
    assert found.left_out[0][0] == 2
    assert not found.log
    assert cells_of(effect, study) == list(cells)
    less = RankAgreement("sharpness", "min_val_loss", cells, less="epochs")
    assert sample(less, study).values == pytest.approx((2 / 3, -2 / 3))
