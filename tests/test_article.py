"""The declarations of the article: complete, consistent, and free of TensorFlow."""

import dataclasses
import re
import subprocess
import sys

import pytest

from study.errors import SettingsError
from study.experiments import EXPERIMENTS, get_claim, get_experiment
from study.experiments.declare import Arm, Cell, Published, Range, within_factor
from study.experiments.quantities import QUANTITIES
from study.summarise.effect_cells import cells_of
from study.summarise.effects import expand
from study.summarise.measured import Measured
from tests.make_study import make_frames, make_settings

ARTICLE = get_experiment("article")


def test_all_claims_and_figures_are_there_in_order():
    assert [claim.id for claim in ARTICLE.claims] == [f"C{number}" for number in range(1, 22)]
    assert [figure.id for figure in ARTICLE.figures] == [f"A{number}" for number in range(1, 21)]


def test_the_arms_are_those_of_the_article():
    rates = {
        arm.name: [arm.rate(0.01, size) for size in ARTICLE.batch_sizes] for arm in ARTICLE.arms
    }
    assert rates == {
        "fixed": [0.01, 0.01, 0.01, 0.01],
        "linear": [0.01, 0.02, 0.04, 0.08],
        "high": [0.08, 0.08, 0.08, 0.08],
    }


def test_cells_are_distinct_arms_first_and_stable():
    cells = ARTICLE.cells(0.01, (32, 64, 128, 256))
    assert len(cells) == len(set(cells)) == 16
    assert cells[:4] == [(32, 0.01), (64, 0.01), (128, 0.01), (256, 0.01)]
    assert cells == ARTICLE.cells(0.01, (32, 64, 128, 256))
    only = ARTICLE.grid_only_cells(0.01, (32, 64, 128, 256))
    assert only == [(32, 0.02), (32, 0.04), (64, 0.04), (128, 0.02), (256, 0.02), (256, 0.04)]
    assert ARTICLE.cells(0.01, (32, 64), arms=["linear"], grid=False) == [(32, 0.01), (64, 0.02)]


@pytest.mark.parametrize("base", [0.1, 0.07, 1 / 3, 0.05])
def test_equal_rates_reached_in_two_ways_are_equal(base):
    # 3 * 0.1 and 0.3 differ in the last bit; a cell must not be run twice for that
    assert len(ARTICLE.cells(base, (32, 64, 96, 128, 256))) == len(
        {(size, f"{rate:.9g}") for size, rate in ARTICLE.cells(base, (32, 64, 96, 128, 256))}
    )
    assert Arm("a", "", factor=3).rate(0.1, 32) == Cell(32, 3).rate(0.1) == 0.3


def test_an_arm_can_scale_by_a_power():
    assert Arm("root", "", power=0.5).multiple(128) == 2


def test_declarations_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        ARTICLE.base_rate = 1
    hash(ARTICLE)


def test_everything_declared_is_known():
    for printed in ARTICLE.published:
        assert printed.quantity in QUANTITIES
        assert ARTICLE.arm(printed.arm)
        assert printed.batch_size in ARTICLE.batch_sizes
    for figure in ARTICLE.figures + ARTICLE.companions:
        assert figure.shows.endswith(".")
        assert not figure.found or figure.found.endswith(".")
        assert re.fullmatch("[a-z_]+", figure.kind)
        for quantity in getattr(figure.table, "quantities", ()):
            assert quantity in QUANTITIES
    assert ARTICLE.figure("A5").needs_several_devices


def test_every_claim_is_declared_with_its_test():
    study = Measured(make_settings(), make_frames(1), ARTICLE)
    for claim in ARTICLE.claims:
        assert claim.text.endswith(".")
        assert claim.test.endswith((".", ".)"))
        assert claim.quantity
        assert claim.parts[0].decides
        assert len({part.name for part in claim.parts}) == len(claim.parts)
        for part in claim.parts:
            assert part.claimed.low < part.claimed.high
            for _, effect in expand(part.effect, study):
                sizes = {cell.batch_size for cell in cells_of(effect, study)}
                assert sizes <= set(ARTICLE.batch_sizes)
                weights = [weight for weight, _ in getattr(effect, "terms", ())]
                assert sum(weights) == pytest.approx(0)


def test_claims_on_several_devices_are_known_by_their_cells():
    several = [
        claim.id
        for claim in ARTICLE.claims
        if any(part.needs_several_devices for part in claim.parts)
    ]
    assert several == ["C6", "C7", "C17"]


def test_printed_numbers_are_unique_and_those_of_the_article():
    shown = {printed.id: printed.shown for printed in ARTICLE.published}
    assert len(shown) == len(ARTICLE.published)
    assert shown["min_val_loss/fixed/32/one"] == "0.343 / 0.344 / 0.345"
    assert shown["epochs_to_min/fixed/256/one"] == "958"
    assert shown["seconds_per_epoch/fixed/256/several"] == "3.97"
    assert shown["median_update_norm/fixed/256/one"] == "0.0015"
    assert shown["seconds_to_min/linear/256/one"] == "2,197"
    assert shown["sharpness/linear/128/one"] == "4 to 7"
    notes = {printed.id: printed.note for printed in ARTICLE.published}
    assert "1,959" in notes["seconds_to_min/fixed/32/one"]


def test_a_printed_number_shows_all_that_is_printed():
    assert Published("sharpness", "fixed", 32, (2, 1)).limits == (1, 2)
    assert Published("sharpness", "fixed", 32, span=(4, 7)).limits == (4, 7)
    words = Published("sharpness", "fixed", 32, words="a little more")
    assert (words.limits, words.shown) == (None, "a little more")


def test_ranges_say_what_they_claim():
    assert Range(low=0).words == "above 0"
    assert Range(high=1).words == "below 1"
    assert within_factor(1.5).words == "between 0.667 and 1.5"


def test_unknown_names_are_refused_with_the_known_ones():
    assert EXPERIMENTS["article"] is ARTICLE
    with pytest.raises(SettingsError, match=r"unknown experiment 'artikel': expected .*article"):
        get_experiment("artikel")
    with pytest.raises(SettingsError, match=r"unknown claim 'C22' of article: expected one of C1,"):
        get_claim("article", "C22")
    assert get_claim(ARTICLE, "C21").id == "C21"


def test_neither_declarations_nor_statistics_import_tensorflow():
    code = (
        "import sys, study.experiments, study.summarise; "
        "print([name for name in ('tensorflow', 'keras') if name in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
