"""Claims, their small drawings, and the figures they point to."""

import math
import re
import xml.etree.ElementTree as ElementTree
from typing import Any

import pytest

from reports.claims import FIGURES, claim_views, counts, figure_claims
from reports.strip import WIDTH, strip
from reports.study_view import StudyView
from study.experiments import get_experiment
from tests.make_study import empty_frames, make_settings

PART = {
    "name": "slope",
    "verdict": "reproduced",
    "effect": 1.5,
    "interval": [1.2, 1.9],
    "n": 3,
    "unit": "times per doubling",
    "values": [1.3, 1.5, 1.7],
    "claimed": [1.0, None],
    "decides": True,
}
CLAIM = {
    **PART,
    "id": "C3",
    "text": "An epoch takes less time.",
    "headline": "slope",
    "quantity": "seconds",
    "test": "Above 1.",
    "reason": "It is.",
    "parts": [
        {**PART, "name": "other", "effect": 9.0, "decides": False, "claimed": [None, 2]},
        PART,
    ],
}


def view(*claims: dict[str, Any]) -> StudyView:
    return StudyView(make_settings(), {"claims": list(claims), "tables": {}}, empty_frames())


def test_every_claim_points_to_a_figure_and_every_link_exists() -> None:
    experiment = get_experiment("article")
    assert set(FIGURES["article"]) == {claim.id for claim in experiment.claims}
    known = {figure.id for figure in experiment.figures}
    assert all(figures and set(figures) <= known for figures in FIGURES["article"].values())


def test_claim_as_a_row() -> None:
    (claim,) = claim_views(view(CLAIM))
    assert (claim.id, claim.anchor, claim.verdict) == ("C3", "claim-C3", "reproduced")
    assert (claim.effect, claim.interval, claim.n) == ("1.50", "1.20 to 1.90", "3")
    assert claim.figures == ("A4",)
    assert [part.claimed for part in claim.parts] == ["below 2.00", "above 1.00"]
    assert [part.decides for part in claim.parts] == [False, True]


def test_claim_without_effect() -> None:
    bare = {"id": "C6", "verdict": "not run", "effect": None, "interval": None, "n": 0, "parts": []}
    (claim,) = claim_views(view(bare))
    assert claim.effect == "–"
    assert claim.interval == ""
    assert claim.strip == ""


def test_counts_name_every_verdict() -> None:
    claims = claim_views(view(CLAIM, {"id": "C1", "verdict": "not run"}))
    assert counts(claims) == [
        ("reproduced", 1),
        ("not reproduced", 0),
        ("inconclusive", 0),
        ("not run", 1),
    ]
    assert [claim.id for claim in figure_claims(claims)["A4"]] == ["C3"]


def places(part: dict[str, Any], name: str, key: str) -> list[float]:
    root = ElementTree.fromstring(strip(part))
    return [float(item.get(key, "nan")) for item in root if item.get("class") == name]


def test_strip_draws_range_interval_and_seeds_on_one_scale() -> None:
    (threshold,) = places(PART, "s-threshold", "x1")
    (left,), (right,) = places(PART, "s-interval", "x1"), places(PART, "s-interval", "x2")
    (effect,) = places(PART, "s-effect", "cx")
    seeds = places(PART, "s-seed", "cx")
    assert 0 < threshold < left < seeds[0] < effect < seeds[2] < right < WIDTH
    assert effect == seeds[1]
    assert places(PART, "s-range", "x") == [threshold]
    # a factor of 1.2 takes the same room everywhere: logarithms
    scale = (right - threshold) / math.log(1.9)
    assert left - threshold == pytest.approx(scale * math.log(1.2), abs=0.2)


def test_strip_of_a_difference_is_linear_and_closed_ranges_are_drawn_closed() -> None:
    part = {**PART, "unit": "loss", "claimed": [1.0, 3.0]}
    low, high = places(part, "s-threshold", "x1")
    (effect,) = places(part, "s-effect", "cx")
    assert effect - low == pytest.approx((high - low) / 4, abs=0.2)
    assert places(part, "s-range", "width")[0] == pytest.approx(high - low, abs=0.2)


def test_strip_without_interval() -> None:
    assert not places({**PART, "interval": None, "values": None}, "s-interval", "x1")


@pytest.mark.parametrize("effect", [None, "x", math.nan, -1.0])
def test_strip_without_a_usable_effect_is_nothing(effect: Any) -> None:
    assert strip({**PART, "effect": effect}) == ""


def test_strip_is_hidden_from_screen_readers() -> None:
    assert re.match(r'<svg class="strip" [^>]*aria-hidden="true"', strip(PART))
