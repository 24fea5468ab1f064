"""The noise scale of a run and of its epochs: parts are averaged before they are divided."""

import math

import numpy as np
import pandas as pd
import pytest

from reports.exhibits.noise import averaged
from study.summarise.noise import noise_values


def test_noise_of_a_run_flags_what_is_negative() -> None:
    norms, traces = np.array([1.0, -1.0, 2.0]), np.array([4.0, 4.0, 4.0])
    frame = pd.DataFrame({"rest_norm_squared": norms, "rest_variance_trace": traces})
    found = noise_values(frame)
    # the parts are averaged before they are divided: 4 / (2 / 3)
    assert found["rest_noise"] == pytest.approx(6)
    assert math.isnan(noise_values(frame.assign(rest_norm_squared=-norms))["rest_noise"])
    assert found["rest_unresolved"] == pytest.approx(1 / 3)
    assert (found["rest_noise_near"], found["noise_growth"]) == (2, 0.5)
    assert "steps_noise" not in found
    nothing = frame.assign(rest_norm_squared=math.nan)
    assert noise_values(nothing) == {}
    # epochs at chance level are left out, and two are too few for thirds
    plateau = noise_values(frame.assign(loss=[0.5, 0.69, 0.4]), chance=0.68)
    assert plateau == {"rest_noise": pytest.approx(8 / 3), "rest_unresolved": 0}
    assert noise_values(frame.assign(loss=[0.7, math.nan, 0.7]), chance=0.68) == {
        "rest_noise": pytest.approx(math.nan, nan_ok=True),
        "rest_unresolved": 1,
    }


def test_parts_are_averaged_apart_over_seeds() -> None:
    frame = pd.DataFrame(
        {
            "batch_size": 8,
            "epoch": [1, 1, 2],
            "rest_norm_squared": [3.0, -1.0, -1.0],
            "rest_variance_trace": [10.0, 20.0, 20.0],
        }
    )
    assert averaged(frame, "epoch").to_dict("records") == [
        {"batch_size": 8, "epoch": 1, "noise": 15.0}
    ]
