"""Verdicts taken together: p against SciPy's tests, Holm's rule by hand."""

from typing import Any

import numpy as np
import pytest
from scipy import stats

from study.experiments.declare import Cell, Combination, Part, Range, above
from study.summarise import summarise
from study.summarise.multiplicity import claim_p, part_p, together
from study.summarise.samples import Sample
from study.summarise.statistics import verdict
from study.summarise.verdicts import Judged
from tests.judge_claims import ARTICLE
from tests.make_study import make_frames, make_settings

EFFECT = Combination("min_val_loss", ((1, Cell(32)), (-1, Cell(64))), log=False)
UP = above(0)


def judged(values: list[float], claimed: Range = UP, **more: Any) -> Judged:
    found = Sample(tuple(range(len(values))), tuple(values), None, False, (), False, **more)
    result = verdict(found.estimate, claimed.low, claimed.high)
    return Judged("", Part("", EFFECT, claimed), found, found.estimate, result, "")


@pytest.mark.parametrize("values", [[1.0, 1.2, 1.5], [-3.0, -2.0, -2.5, -2.2], [0.9, 1.0, 1.3]])
def test_p_of_a_direction_is_that_of_the_two_sided_t_test(values: list[float]) -> None:
    row = judged(values)
    assert row.verdict == ("reproduced" if values[0] > 0 else "not reproduced")
    assert part_p(row) == pytest.approx(stats.ttest_1samp(values, 0).pvalue, rel=1e-6)


def test_p_of_equivalence_is_that_of_the_nearer_end() -> None:
    values = [0.9, 1.0, 1.3, 1.1]
    row = judged(values, Range(0, 5))
    ends = [stats.ttest_1samp(values, end).pvalue for end in (0, 5)]
    assert part_p(row) == pytest.approx(max(ends), rel=1e-6)


def test_an_open_part_has_none_and_one_without_spread_has_0() -> None:
    assert part_p(judged([1.0, -1.0])) == 1.0
    assert part_p(judged([1.0, 1.0, 1.0])) == pytest.approx(0, abs=1e-9)


def test_p_of_chosen_values_is_at_their_stricter_level() -> None:
    values = [1.0, 1.2, 1.5, 1.1]
    plain, chosen = part_p(judged(values)), part_p(judged(values, chosen=True))
    assert chosen == pytest.approx(3 * plain, rel=1e-6)


def test_of_several_parts_the_weakest_or_as_many_times_the_strongest() -> None:
    strong, weak = judged([1.0, 1.1, 1.2]), judged([1.0, 1.2, 1.5])
    assert claim_p("reproduced", [strong, weak], [strong, weak]) == part_p(weak)
    assert claim_p("reproduced", [strong, weak], [strong]) == part_p(strong), "one was left aside"
    against, still = judged([-1.0, -1.1, -1.2]), judged([-1.0, -1.2, -1.5])
    assert claim_p("not reproduced", [against, still], []) == 2 * part_p(against)
    assert claim_p("inconclusive", [strong], [strong]) is None


PART = {"decides": True, "exact": False, "one_sided": True}


def claims(**p: float | None) -> list[dict[str, Any]]:
    return [
        {
            "id": name,
            "p": value,
            "verdict": "inconclusive" if value is None else "reproduced",
            "interval": [0.0, 1.0],
            "parts": [PART],
        }
        for name, value in p.items()
    ]


def test_holm_by_hand() -> None:
    # limits 0.05 / 4, / 3, / 2: the third is above 0.025, and so the fourth falls with it
    found = together(claims(A=0.030, B=0.001, C=0.016, D=0.049))
    assert (found["kept"], found["lost"]) == (["B", "C"], ["A", "D"])
    assert "B and C keep their verdicts" in found["text"]
    assert "A (p = 0.0300) and D (p = 0.0490)" in found["text"]
    assert found["tested"] == 4
    # open claims count: 0.016 is above 0.05 / 4
    found = together(claims(A=None, B=0.001, C=0.016, D=None, E=None))
    assert (found["kept"], found["lost"]) == (["B"], ["C"])
    assert "B keeps its verdict" in found["text"]
    found = together(claims(A=0.04, B=None))
    assert "none is kept: A (p = 0.0400)" in found["text"]


def test_claims_without_an_interval_were_not_tested() -> None:
    rows = claims(A=0.01, B=None, C=None)
    rows[1] = {**rows[1], "interval": None}
    rows[2] = {**rows[2], "verdict": "not run"}
    found = together(rows)
    assert (found["tested"], found["kept"]) == (1, ["A"])
    assert "at least one" not in found["text"]
    assert together([{**row, "interval": None} for row in rows])["text"] == ""


def test_what_follows_from_the_declaration_is_not_tested() -> None:
    rows = claims(A=1e-12, B=0.03, C=0.04)
    rows[0]["parts"] = [{**PART, "exact": True}]
    rows[1]["parts"] = [{**PART, "exact": True}, PART]
    rows[2]["parts"] = [PART, {**PART, "decides": False, "exact": True}]
    found = together(rows)
    assert (found["tested"], found["kept"], found["lost"]) == (2, [], ["B", "C"])


def test_chance_is_told_of_claims_in_one_direction_alone() -> None:
    rows = claims(A=0.001, B=None, C=None)
    rows[1]["parts"] = [PART, {**PART, "one_sided": False}]
    text = together(rows)["text"]
    assert "Of 2 such claims" in text and "in 5 % of studies at most" in text
    assert (
        "all 3 claims with an interval, in one direction or not (Holm) A keeps its verdict" in text
    )
    rows[2]["parts"] = rows[1]["parts"]
    text = together(rows)["text"]
    assert "2.5 % of studies at most" in text and "such claim" not in text
    rows[0]["parts"] = rows[1]["parts"]
    assert together(rows)["text"].startswith(
        "At a level shared over all 3 claims with an interval (Holm)"
    )


def test_the_share_that_is_told_is_the_share_that_is_found() -> None:
    draws = np.random.default_rng(0).normal(size=(4000, 8, 3))
    mean, error = draws.mean(-1), draws.std(-1, ddof=1) / np.sqrt(3)
    above_0 = mean > stats.t.ppf(0.975, 2) * error
    told = together(claims(**dict.fromkeys("ABCDEFGH")))["text"]
    assert "2.5 % of studies" in told and above_0.mean() == pytest.approx(0.025, abs=0.003)
    assert "in 18 % of studies" in told and above_0.any(1).mean() == pytest.approx(0.18, abs=0.02)


def test_the_summary_has_it() -> None:
    found = summarise(make_settings(), make_frames(3), ARTICLE)
    decided = [row["id"] for row in found["claims"] if row["p"] is not None]
    assert sorted(found["together"]["kept"] + found["together"]["lost"]) == sorted(decided)
    assert decided
    sides = {part["one_sided"]: part["claimed"] for row in found["claims"] for part in row["parts"]}
    assert sides[True].count(None) == 1 and sides.keys() == {True, False}
    one_seed = summarise(make_settings(1), make_frames(1), ARTICLE)
    assert one_seed["together"] == {"tested": 0, "kept": [], "lost": [], "text": ""}
