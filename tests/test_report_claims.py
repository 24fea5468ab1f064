"""Claims, their small drawings, and the figures they point to."""

import math
import re
import xml.etree.ElementTree as ElementTree
from typing import Any

import numpy as np
import pytest

from reports.claims import claim_views, counts, figure_claims, reading
from reports.page import build_page
from reports.strip import WIDTH, strip
from reports.study_view import StudyView
from study.experiments import EXPERIMENTS, get_experiment
from study.summarise import summarise
from study.summarise.stopping import NO_RISE, NO_RISE_MEANS
from tests.make_study import empty_frames, make_frames, make_settings

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
    "figures": ["A4", "A99", 7],
    "parts": [
        {**PART, "name": "other", "effect": 9.0, "decides": False, "claimed": [None, 2]},
        PART,
    ],
}


def view(*claims: dict[str, Any]) -> StudyView:
    return StudyView(make_settings(), {"claims": list(claims), "tables": {}}, empty_frames())


def test_every_claim_names_figures_that_exist() -> None:
    for experiment in EXPERIMENTS.values():
        figures = experiment.figures + experiment.companions
        known = {figure.id for figure in figures}
        for claim in experiment.claims:
            assert claim.figures
            assert set(claim.figures) <= known


@pytest.mark.parametrize("name", sorted(EXPERIMENTS))
def test_what_is_declared_of_a_claim_is_shown_whole(name: str) -> None:
    declared = get_experiment(name).claims
    settings = {**make_settings(), "experiment": name}
    rows = [{"text": c.text, "quantity": c.quantity, "test": c.test} for c in declared]
    shown = claim_views(StudyView(settings, {"claims": rows, "tables": {}}, empty_frames()))
    assert [(c.text, c.quantity, c.test) for c in shown] == [
        (" ".join(c.text.split()), c.quantity, c.test) for c in declared
    ]


def test_figures_of_a_claim_reach_the_page_through_the_summary() -> None:
    summary = summarise(make_settings(1), make_frames(1), get_experiment("article"))
    assert [row["figures"] for row in summary["claims"][:2]] == [["A3"], ["A3", "A4"]]
    assert claim_views(view(*summary["claims"]))[1].figures == ("A3", "A4")


def test_a_claim_without_figures_points_nowhere() -> None:
    (claim,) = claim_views(view({**CLAIM, "figures": "A4"}))
    assert claim.figures == ()


def test_claim_as_a_row() -> None:
    (claim,) = claim_views(view(CLAIM))
    assert (claim.id, claim.anchor, claim.verdict) == ("C3", "claim-C3", "reproduced")
    assert (claim.effect, claim.interval, claim.n) == ("1.50", "1.20 to 1.90", "3")
    assert claim.figures == ("A4",)
    assert [part.claimed for part in claim.parts] == ["below 2.00", "above 1.00"]
    assert [part.decides for part in claim.parts] == [False, True]


def test_the_sources_own_effect_stands_beside_ours() -> None:
    part = {**PART, "source": [3.5, 6.1], "source_lies": "outside"}
    (claim,) = claim_views(view({**CLAIM, "parts": [part]}))
    assert claim.source == "3.50 to 6.10, outside"
    assert claim.parts[0].source == "3.50 to 6.10, outside"
    (claim,) = claim_views(view({**CLAIM, "parts": [{**part, "source": [2.0, 2.0]}]}))
    assert claim.source == "2.00, outside"
    # of a part that is not the headline with its name, where the headline has none
    other = {**part, "name": "other", "source_lies": ""}
    (claim,) = claim_views(view({**CLAIM, "parts": [PART, other]}))
    assert claim.source == "other: 3.50 to 6.10; ours 1.50 (1.20 to 1.90)"
    (claim,) = claim_views(view(CLAIM))
    assert claim.source == ""


def test_the_sources_own_effect_is_drawn_on_the_same_scale() -> None:
    def ends(low: float, high: float) -> tuple[float, float]:
        part = {**PART, "source": [low, high]}
        root = ElementTree.fromstring(strip(part))
        (path,) = (item.get("d", "") for item in root if item.get("class") == "s-source")
        left, right = re.findall(r"M([\d.]+) 2", path)
        (threshold,) = places(part, "s-threshold", "x1")
        (effect,) = places(part, "s-effect", "cx")
        scale = (effect - threshold) / math.log(1.5)
        return (float(left) - threshold) / scale, (float(right) - threshold) / scale

    assert ends(1.5, 3.0) == pytest.approx((math.log(1.5), math.log(3)), abs=0.02)
    assert ends(2.0, 2.0) == pytest.approx((math.log(2), math.log(2)), abs=0.02)
    assert "s-source" not in strip(PART)


def test_claim_without_effect() -> None:
    bare = {"id": "C6", "verdict": "not run", "effect": None, "interval": None, "n": 0, "parts": []}
    (claim,) = claim_views(view(bare))
    assert claim.effect == "–"
    assert claim.interval == ""
    assert claim.strip == ""
    assert claim.instead == ""


def test_a_gap_that_is_not_clear_is_told_in_place_of_its_share() -> None:
    frames = make_frames(3)
    runs = frames["runs"]
    noise = np.random.default_rng(0).uniform(0.4, 0.5, len(runs))
    flat = {**frames, "runs": runs.assign(min_val_loss=noise)}
    summary = summarise(make_settings(), flat, get_experiment("article"))
    (row,) = (claim for claim in summary["claims"] if claim["id"] == "C16")
    assert (row["effect"], row["n"]) == (None, 3)
    assert row["instead"].startswith("no clear gap: ")
    (claim,) = claim_views(view(row))
    assert claim.instead == row["instead"]


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


def test_what_was_seen_of_each_part_that_decides() -> None:
    alike = {**PART, "name": "same", "effect": 0.0, "interval": [0.0, 0.0], "unit": "in accuracy"}
    bare = {**PART, "name": "bare", "effect": None, "interval": None}
    beside = {**PART, "name": "beside", "decides": False}
    rows = [PART, alike, bare, beside, {**PART, "name": "unfit", "verdict": "not run"}]
    (claim,) = claim_views(view({**CLAIM, "parts": rows}))
    slope = "slope: 1.50 times per doubling, 95\N{NO-BREAK SPACE}% interval 1.20 to 1.90"
    assert claim.seen == (slope, "same: 0 in accuracy, all seeds alike")
    assert [part.interval for part in claim.parts][:3] == ["1.20 to 1.90", "all seeds alike", "–"]
    # of many the one that stands for the claim
    (claim,) = claim_views(view({**CLAIM, "parts": [PART] * 5}))
    assert claim.seen == (slope,)
    (claim,) = claim_views(view({**CLAIM, "parts": [PART]}))
    assert claim.seen == (slope.removeprefix("slope: "),)


def test_the_take_away_lists_each_remedy_and_why_the_claim_is_open() -> None:
    experiment = get_experiment("keskar")
    names = [part.name for part in experiment.claims[6].parts if part.decides]
    parts = [{**PART, "name": name, "unit": "in accuracy"} for name in names]
    row = {**CLAIM, "id": "C7", "verdict": "inconclusive", "parts": parts, "obstacle": "too few"}
    summary = {
        "claims": [row],
        "tables": {},
        "lessons": [{"claim": "C7", "verdict": "inconclusive", "text": ""}],
    }
    page = build_page({**make_settings(), "experiment": "keskar"}, summary, empty_frames())
    lessons = page[page.index('id="lessons"') : page.index('id="verdicts-heading"')]
    assert len(names) == 3 and all(f"; {name}: 1.50 in accuracy" in lessons for name in names)
    assert "open because: too few)" in lessons
    assert '<p class="unit">inconclusive: too few</p>' in page
    assert page.count("“in accuracy” are on its scale from 0 to 1") == 1


def test_what_many_claims_say_is_explained_once() -> None:
    def said(*reasons: str) -> str:
        rows = [{**CLAIM, "reason": reason} for reason in reasons]
        return reading(claim_views(view(*rows)))

    assert said("Nothing.") == ""
    assert said("Nothing.", f"In both runs that patience ended {NO_RISE}.") == NO_RISE_MEANS
