"""Smith's noise scale of runs with and without a recipe, and where it is shown."""

import math

import pandas as pd
import pytest

from study.experiments import get_experiment
from study.summarise.measured import Measured
from study.summarise.smith_scale import first_noise_scales
from study.summarise.tables import table_rows
from study.train.schedule import noise_scale
from tests.make_study import make_frames, make_settings

ARTICLE = get_experiment("article")
RUNS = pd.DataFrame({"id": ["a", "b"], "batch_size": [32, 10], "learning_rate": [0.01, 0.5]})


def test_without_a_recipe_it_follows_from_rate_and_batch_size() -> None:
    found = first_noise_scales(RUNS, None, 320)
    assert found == pytest.approx({"a": 0.09, "b": 15.5})
    assert found["b"] == pytest.approx(noise_scale(0.5, 10, 320))


def test_a_recipe_s_record_goes_before_it() -> None:
    epochs = pd.DataFrame(
        {
            "id": ["a", "b", "b"],
            "epoch": [1, 1, 2],
            "epoch_batch_size": [math.nan, 10.0, 20.0],
            "noise_scale": [math.nan, 155.0, 70.0],
        }
    )
    assert first_noise_scales(RUNS, epochs, 320) == pytest.approx({"a": 0.09, "b": 155.0})


def test_nothing_is_known_without_runs_or_pictures() -> None:
    assert first_noise_scales(RUNS[:0], None, 320) == {}
    assert math.isnan(first_noise_scales(RUNS, None, math.nan)["a"])


def test_the_article_s_page_has_it_by_batch_size_and_rate() -> None:
    frames = make_frames(2, landscape_points=3)
    assert frames["epochs"]["noise_scale"].isna().all()
    settings = make_settings(2)
    rows = table_rows(ARTICLE, Measured(settings, frames, ARTICLE))["B4"]
    pictures = settings["data"]["train_examples"]
    assert len(rows) == 12
    for row in rows:
        wanted = row["learning_rate"] * (pictures / row["batch_size"] - 1)
        assert row["smith_scale"] == pytest.approx(wanted)
        # the settings fix it: seeds do not spread
        assert row["smith_scale_low"] is None
        assert row["min_val_loss_low"] is not None
