"""Sharpness by every law: means and spread over trials, from the frame to the page."""

import dataclasses
import json
import math
from typing import Any

import pandas as pd
import pytest

from reports.exhibits.kinds import KINDS
from reports.page import section
from reports.read import checked_view
from reports.study_view import StudyView
from study.experiments import get_experiment
from study.summarise import summarise
from study.summarise.sharpness_values import mean_over_trials, sharpness_values
from tests.make_study import make_frames, make_settings

ARTICLE = get_experiment("article")
LAWS = ("sharpness", "sharpness_full_half", "sharpness_subspace", "sharpness_subspace_half")
LAWS += ("sharpness_authors", "sharpness_authors_half")
LAWS += ("sharpness_adaptive", "sharpness_adaptive_half")


def trials(space: str, epsilon: float, values: list[float]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"id": "run", "space": space, "epsilon": epsilon, "trial": trial, "sharpness": value}
            for trial, value in enumerate(values)
        ]
    )


def view_of(frames: dict[str, pd.DataFrame]) -> StudyView:
    settings = make_settings(2)
    summary: dict[str, Any] = json.loads(json.dumps(summarise(settings, frames, ARTICLE)))
    return checked_view(settings, summary, frames)


@pytest.fixture(scope="module")
def study() -> StudyView:
    return view_of(make_frames(2, landscape_points=5))


def test_mean_and_spread_by_hand() -> None:
    frame = pd.concat(
        [trials("full", 1e-3, [2.0]), trials("subspace", 5e-4, [1.0, 2.0, 3.0])], ignore_index=True
    )
    found = sharpness_values(frame)
    assert found["run", "sharpness_full"] == 2.0
    assert math.isnan(found["run", "spread_full"])
    assert found["run", "sharpness_subspace_half"] == 2.0
    assert found["run", "spread_subspace_half"] == pytest.approx(50.0)
    assert mean_over_trials(frame) == {("run", "full", 1e-3): 2.0, ("run", "subspace", 5e-4): 2.0}


def test_loss_and_accuracy_at_the_weights_are_those_of_the_full_space() -> None:
    full = trials("full", 1e-3, [2.0, 3.0]).assign(base_loss=0.25, base_accuracy=0.75)
    authors = trials("authors", 1e-3, [2.0]).assign(base_loss=9.0, base_accuracy=0.5)
    found = sharpness_values(pd.concat([full, authors], ignore_index=True))
    assert (found["run", "base_loss"], found["run", "base_accuracy"]) == (0.25, 0.75)
    assert ("run", "base_loss") not in sharpness_values(trials("full", 1e-3, [2.0]))


def test_the_search_is_told_by_its_means_in_the_full_space() -> None:
    full = trials("full", 1e-3, [2.0, 3.0]).assign(evaluations=[20, 30], active_share=[0.5, 0.75])
    half = trials("full", 5e-4, [1.0]).assign(evaluations=[99], active_share=[0.0])
    found = sharpness_values(pd.concat([full, half], ignore_index=True))
    assert found["run", "sharpness_evaluations"] == 25.0
    assert found["run", "sharpness_active_share"] == 0.625
    assert ("run", "sharpness_active_share") not in sharpness_values(trials("full", 1e-3, [2.0]))


def test_a_spread_of_rounding_alone_is_none() -> None:
    values = [1.0, 1.0 + 1e-7]
    assert sharpness_values(trials("full", 1e-3, values))["run", "spread_full"] == 0.0


def test_no_spread_about_a_mean_of_nothing_and_no_values_without_trials() -> None:
    assert math.isnan(sharpness_values(trials("full", 1e-3, [0.0, 0.0]))["run", "spread_full"])
    assert sharpness_values(pd.DataFrame()) == {} == mean_over_trials(pd.DataFrame())


def test_every_law_is_a_column_by_batch_size_and_rate(study: StudyView) -> None:
    rows = study.rows_of_table("B2")
    assert len(rows) == 12  # three arms, four batch sizes
    assert set(LAWS) <= set(rows[0])
    # as made up: half the box holds 0.5 ** 1.5 of it; the authors find half, in the lowest trial
    for row in rows:
        assert row["sharpness_full_half"] == pytest.approx(row["sharpness"] * 0.5**1.5)
        assert row["sharpness_authors"] == pytest.approx(0.95 * row["sharpness"] / 2)


def test_spread_is_that_of_the_trials(study: StudyView) -> None:
    row = study.rows_of_table("B3")[0]
    assert row["spread_full"] == pytest.approx(5.0)  # trials at 0.95, 1 and 1.05 of their mean
    assert row["spread_subspace_half"] == pytest.approx(5.0)
    assert "spread_adaptive" not in row  # one trial


def test_the_page_has_both_tables(study: StudyView) -> None:
    laws = section(study, ARTICLE.figure("B2"), {})
    assert laws.table is not None
    heads = [head.text.replace("\N{NON-BREAKING HYPHEN}", "-") for head in laws.table.groups]
    assert "sharpness by the authors’ script (5e-4)" in heads
    assert "epsilon-sharpness (full space, 5e-4)" in heads
    assert "Each law has 3 trials" in laws.exhibit.caption
    assert "the authors’ script draws nothing" in laws.exhibit.caption
    assert "512 training pictures" in laws.exhibit.caption
    assert laws.exhibit.data is not None and set(laws.exhibit.data["space"]) == {
        *("full", "subspace", "adaptive", "authors")
    }
    assert section(study, ARTICLE.figure("B3"), {}).table is not None


def test_laws_that_a_study_leaves_out_get_no_column() -> None:
    frames = make_frames(1, landscape_points=5)
    measured = frames["sharpness"]
    kept = (measured["space"] == "full") & (measured["epsilon"] == 1e-3) & (measured["trial"] == 0)
    view = view_of({**frames, "sharpness": measured[kept]})
    assert [name for name in LAWS if name in view.rows_of_table("B2")[0]] == ["sharpness"]
    spread = section(view, ARTICLE.figure("B3"), {})
    assert spread.table is None
    assert "one trial of each law" in spread.exhibit.missing
    assert "One trial of each law." in section(view, ARTICLE.figure("B2"), {}).exhibit.caption


def test_nothing_measured_says_so(study: StudyView) -> None:
    bare = dataclasses.replace(
        study, frames={**study.frames, "sharpness": study.frames["sharpness"][:0]}
    )
    for name in ("B2", "B3"):
        figure = ARTICLE.figure(name)
        assert "Nothing was measured" in KINDS[figure.kind](bare, figure).missing
