"""Claims on sweeps whose truth is known: their verdicts wherever the critical batch lies."""

import math

import numpy as np
import pytest

from tests import make_sweep
from tests.make_sweep import CRITICAL, Law, claims_of, frames_of, law_of, summary_of

frames, summary = make_sweep.frames, make_sweep.summary


def test_claims_follow(summary) -> None:
    claims = {claim["id"]: claim for claim in summary["claims"]}
    verdicts = {name: claim["verdict"] for name, claim in claims.items()}
    assert verdicts == dict.fromkeys(("C1", "C2", "C3", "C4"), "reproduced")
    assert claims["C1"]["effect"] == pytest.approx(4)
    assert claims["C2"]["effect"] == pytest.approx(0.8 * 3.5 / 3, rel=1e-3)
    smallest, largest, error = claims["C3"]["parts"]
    wanted = [factor(8, 16, 32), factor(128, 256, 512)]
    assert [smallest["effect"], largest["effect"]] == pytest.approx(wanted, rel=1e-3)
    assert error["effect"] < 1e-3
    up_to, beyond = claims["C4"]["parts"]
    wanted = [(2 * factor(8, 16, 32, 64)) ** 3, 2 * factor(128, 256, 512)]
    assert [up_to["effect"], beyond["effect"]] == pytest.approx(wanted, rel=1e-3)
    # the smallest batch alone has the same noise scale as all others here
    alone = claims["C2"]["parts"][1]
    assert (alone["name"], alone["decides"]) == ("of the smallest batch alone", False)
    assert alone["effect"] == pytest.approx(claims["C2"]["effect"], rel=1e-3)
    assert "; mean over batch 8, 3 runs" in alone["reason"]


def factor(*sizes: float) -> float:
    """Of the law's updates per doubling."""
    logs = [math.log(1 + CRITICAL / size) for size in sizes]
    return math.exp(np.polyfit(np.log2(sizes), logs, 1)[0])


def verdicts_of(law: Law) -> dict[str, str]:
    return {name: claim["verdict"] for name, claim in claims_of(frames_of(law=law)).items()}


@pytest.mark.parametrize(
    ("law", "updates", "examples"),
    [
        # larger batches save nothing: so it is too where the critical batch is below all of them
        (lambda size: 10.0, "inconclusive", "inconclusive"),
        # perfect scaling throughout: the critical batch may be above all of them
        (lambda size: 1e4 / size, "inconclusive", "reproduced"),
        # steep at first, never level
        (lambda size: 1e4 / size**0.7, "not reproduced", "not reproduced"),
        # a slow fall throughout, and few sizes up to the critical one
        (lambda size: 1e4 / size**0.3, "not reproduced", "inconclusive"),
        # wherever in the sweep the critical batch lies, data by the law speak against neither
        (law_of(8), "inconclusive", "inconclusive"),
        (law_of(12), "inconclusive", "inconclusive"),
        (law_of(20), "reproduced", "inconclusive"),
        (law_of(33), "reproduced", "reproduced"),
        (law_of(64), "reproduced", "reproduced"),
        (law_of(240), "reproduced", "reproduced"),
        (law_of(400), "inconclusive", "reproduced"),
        (law_of(2000), "inconclusive", "reproduced"),
    ],
)
def test_updates_are_judged_wherever_the_critical_batch_lies(
    law: Law, updates: str, examples: str
) -> None:
    verdicts = verdicts_of(law)
    assert [verdicts["C3"], verdicts["C4"]] == [updates, examples]


def test_an_end_beyond_the_critical_batch_is_open_with_the_reason() -> None:
    claims = claims_of(frames_of(law=law_of(12)))
    smallest, largest, _ = claims["C3"]["parts"]
    assert "the fit puts the critical batch size below 16, twice the smallest" in smallest["reason"]
    assert [smallest["verdict"], largest["verdict"]] == ["inconclusive", "reproduced"]
    words = "fewer than three batch sizes lie up to the critical one (12, the seeds’ median)"
    assert words in claims["C4"]["reason"]
    smallest, largest, _ = claims_of(frames_of(law=law_of(400)))["C3"]["parts"]
    assert (
        "the fit puts the critical batch size above 256, half of the largest" in largest["reason"]
    )
    assert [smallest["verdict"], largest["verdict"]] == ["reproduced", "inconclusive"]


def test_what_needs_a_critical_batch_that_is_not_there_is_inconclusive() -> None:
    frames = frames_of(law=lambda size: 1e4 / size)
    claims = {claim["id"]: claim for claim in summary_of(frames)["claims"]}
    assert claims["C2"]["verdict"] == "inconclusive"
    assert "no critical batch size: above the sweep (seed 0, 1 and 2)" in claims["C2"]["reason"]
    # some runs are still awaited
    runs = frames["runs"]
    pending = runs.assign(status=runs["status"].where(runs["batch_size"] < 512, "pending"))
    claims = {claim["id"]: claim for claim in summary_of({**frames, "runs": pending})["claims"]}
    assert claims["C2"]["verdict"] == "not run"


def test_a_noise_scale_far_off_is_not_a_prediction() -> None:
    claims = {claim["id"]: claim for claim in summary_of(frames_of(noise=2000.0))["claims"]}
    assert claims["C2"]["verdict"] == "not reproduced"
    # every run completed, and none has an estimate from consecutive steps
    assert claims["C2"]["parts"][3]["verdict"] == "inconclusive"
