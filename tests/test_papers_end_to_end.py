"""Papers’ experiments from the command to the page, each in a fresh process.

Those that are measured in ways of their own: paths and planes (Li), sharpness at the end, along
the way and on a line (Keskar), a sweep to a target with noise scales (McCandlish).
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from study.experiments import get_experiment
from study.store.results import read_results

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parent.parent
FILLED = {
    "li": ("landscape", "landscape_plain", "rescaling", "trajectory", "trajectory_plane"),
    "keskar": ("sharpness", "sharpness_along", "interpolation"),
    "mccandlish": (),
}


@pytest.fixture(scope="module", params=sorted(FILLED))
def study(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A smoke study of a paper, made without interruption; its folder is named as the paper."""
    out = tmp_path_factory.mktemp("papers") / request.param
    command = [sys.executable, "-m", "study", "run", request.param]
    command += ["--preset", "smoke", "--out", str(out)]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=900, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert str(out / "report" / "index.html") in done.stdout
    return out


@pytest.fixture(scope="module")
def frames(study: Path) -> dict[str, pd.DataFrame]:
    return read_results(study)


@pytest.fixture(scope="module")
def summary(study: Path) -> dict[str, Any]:
    return json.loads((study / "summary.json").read_text())


def test_all_runs_completed_and_every_claim_is_judged(study: Path, summary) -> None:
    experiment = get_experiment(study.name)
    assert {run["status"] for run in summary["runs"]} == {"completed"}
    assert not summary["failed_measurements"]
    assert [claim["id"] for claim in summary["claims"]] == [one.id for one in experiment.claims]
    # one seed: an interval only where two numbers are counted, not measured
    open_or_counted = {"inconclusive", "not run", "reproduced", "not reproduced"}
    assert {claim["verdict"] for claim in summary["claims"]} <= open_or_counted
    assert all(claim["reason"] for claim in summary["claims"])


def test_every_measurement_that_it_declares_is_kept(study: Path, frames) -> None:
    for name in FILLED[study.name]:
        assert len(frames[name]), name
    named = set(frames["conditions"]["condition"])
    assert named <= {condition.name for condition in get_experiment(study.name).conditions}
    assert set(frames["conditions"]["id"]) == set(frames["runs"]["id"])


def test_measurements_agree_with_the_records(study: Path, frames) -> None:
    if study.name == "keskar":
        sharp = frames["sharpness"].query("space == 'full'").drop_duplicates("id")
        line = frames["interpolation"].query("split == 'train' and alpha == 1")
        base = sharp.set_index("id")["base_loss"]
        # the line ends in the large batch's weights, by whose run its rows are named
        np.testing.assert_allclose(line["loss"], base[line["id"]], rtol=1e-5)
        assert frames["sharpness"]["active_share"].between(0, 1).all()
    elif study.name == "li":
        middle = [
            frames[name].query("alpha == 0 and beta == 0").set_index("id")["loss"]
            for name in ("landscape", "landscape_plain")
        ]
        both = middle[0].index.intersection(middle[1].index)
        assert len(both)
        np.testing.assert_allclose(middle[0][both], middle[1][both], rtol=1e-5)
        # the path ends in the weights that the run is measured at, where it came from its start
        path = frames["trajectory"].sort_values("epoch").groupby("id")
        ends = frames["epochs"].sort_values("epoch").groupby("id")["distance_from_init"].last()
        steps = path["step"].sum()
        assert (steps >= ends[steps.index] * (1 - 1e-5)).all()
    else:
        epochs = frames["epochs"]
        ratio = epochs["rest_variance_trace"] / epochs["rest_norm_squared"]
        known = epochs["rest_noise_scale"].notna()
        assert known.any()
        np.testing.assert_allclose(epochs["rest_noise_scale"][known], ratio[known], rtol=1e-6)
        assert (epochs["rest_norm_squared"][~known] > 0).sum() == 0


def test_the_page_has_every_figure_and_verdict(study: Path, summary) -> None:
    page = (study / "report" / "index.html").read_text(encoding="utf-8")
    for figure in get_experiment(study.name).figures:
        assert f'id="{figure.id}"' in page, figure.id
    for claim in summary["claims"]:
        assert claim["verdict"] in page
