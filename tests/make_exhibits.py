"""Sections of the article's page on a made-up study."""

import json
from typing import Any

import pandas as pd
import pytest

from reports.exhibits.exhibit import Exhibit
from reports.exhibits.kinds import KINDS
from reports.read import checked_view
from reports.study_view import StudyView
from study.experiments import get_experiment
from study.summarise import summarise
from tests.make_study import make_frames, make_settings

ARTICLE = get_experiment("article")


def view(frames: dict[str, pd.DataFrame], settings: dict[str, Any] | None = None) -> StudyView:
    settings = make_settings() if settings is None else settings
    summary = json.loads(json.dumps(summarise(settings, frames, ARTICLE)))
    return checked_view(settings, summary, frames)


def exhibit(name: str, study: StudyView) -> Exhibit:
    figure = ARTICLE.figure(name)
    return KINDS[figure.kind](study, figure)


@pytest.fixture(scope="module")
def study() -> StudyView:
    frames = make_frames(
        3, diverged=[(32, 8, 1)], censored=[(256, 1, 0)], landscape_points=5, noise=0.05
    )
    return view(frames)
