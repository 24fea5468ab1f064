"""The article's printed numbers as effects of its claims, worked out by hand."""

import math

import pytest

from study.experiments import get_claim, get_experiment
from study.summarise.source_effect import beside, source_effect
from study.summarise.statistics import Estimate
from tests.judge_claims import ARTICLE, the
from tests.make_study import make_frames, make_settings

PHOTOGRAPHS = {**make_settings()["data"], "embedded": False}


def source(claim: str, part: int = 0):
    return source_effect(get_claim(ARTICLE, claim).parts[part].effect, ARTICLE)


def test_trends_go_over_the_two_batch_sizes_that_are_printed() -> None:
    # 158 and 958 epochs at batch 32 and 256, three doublings apart
    assert source("C4") == pytest.approx([(958 / 158) ** (1 / 3)] * 2)
    assert source("C3") == pytest.approx([(7.70 / 12.4) ** (1 / 3)] * 2)
    # 0.395 against 0.343 to 0.345
    assert source("C2") == pytest.approx(((0.395 - 0.345) / 3, (0.395 - 0.343) / 3))


def test_ranges_give_the_widest_ratio() -> None:
    assert source("C10") == pytest.approx((0.15 / 0.04, 0.4 / 0.02))
    assert source("C7") == pytest.approx((3700 / 3156, 3700 / 1915))
    # batch 32 is one run in both arms; all three large ones at 4, and all at 7
    assert source("C18", 1) == pytest.approx((4 / 1.14, 7 / 1.14))


def test_a_share_of_a_gap() -> None:
    shares = [(0.395 - 0.352) / (0.395 - goal) for goal in (0.343, 0.345)]
    assert source("C16") == pytest.approx(shares)


def test_what_is_not_printed_gives_nothing() -> None:
    for claim, part in (("C1", 0), ("C5", 0), ("C8", 0), ("C10", 1), ("C13", 0), ("C18", 0)):
        assert source(claim, part) is None, claim


def test_papers_have_none_since_their_numbers_are_of_other_nets() -> None:
    for name in ("keskar", "goyal", "smith", "hoffer"):
        experiment = get_experiment(name)
        for claim in experiment.claims:
            assert all(source_effect(part.effect, experiment) is None for part in claim.parts)


def test_inside_and_outside_of_our_interval() -> None:
    estimate = Estimate(1.0, (0.5, 2.0), 3)
    assert beside((1.5, 1.5), estimate) == "inside"
    assert beside((2.0, 9.0), estimate) == "inside", "the range reaches into it"
    assert beside((2.1, 9.0), estimate) == "outside"
    assert beside((0.1, 0.4), estimate) == "outside"
    assert beside(None, estimate) == ""
    assert beside((1.0, 1.0), Estimate(1.0, None, 1)) == ""


def test_the_rows_of_claims_have_it() -> None:
    row = the("C4", make_frames(3), data=PHOTOGRAPHS)
    assert row["parts"][0]["source"] == pytest.approx([math.exp(math.log(958 / 158) / 3)] * 2)
    low, high = row["interval"]
    lies = "inside" if low <= row["parts"][0]["source"][0] <= high else "outside"
    assert row["parts"][0]["source_lies"] == lies
    # drawn pictures, and times of another machine, are not held against the article's
    drawn = the("C4", make_frames(3), data={**PHOTOGRAPHS, "embedded": True})
    assert (drawn["parts"][0]["source"], drawn["parts"][0]["source_lies"]) == (
        row["parts"][0]["source"],
        "",
    )
    assert the("C3", make_frames(3), data=PHOTOGRAPHS)["parts"][0]["source_lies"] == ""
    assert the("C8", make_frames(3))["parts"][0]["source"] is None
    # each of several comparisons has its own: 256 is printed at the base rate and at eight times
    best = {part["name"]: part["source"] for part in the("C21", make_frames(3))["parts"]}
    known = [name for name, found in best.items() if found]
    assert known == ["batch 256: 8 against 1 times the rate"]
    assert best[known[0]] == pytest.approx([0.352 - 0.395] * 2)
