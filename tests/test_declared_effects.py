"""What holds for the effects that all experiments declare: directions of gaps, units."""

import pytest

from study.experiments import EXPERIMENTS
from study.experiments.declare import (
    AtMatchedLoss,
    Cell,
    Combination,
    EachLayer,
    EpochRatio,
    RatioAtUpdates,
    ShareOfGap,
    Trend,
)
from study.summarise.effects import sample
from study.summarise.verdicts import gap_words
from tests.effect_frames import a_run, a_study


@pytest.mark.parametrize("name", sorted(EXPERIMENTS))
def test_declared_gaps_are_gaps_in_one_direction_only(name):
    """An accuracy is lower, all else higher, before the gap is closed."""
    parts = [part for claim in EXPERIMENTS[name].claims for part in claim.parts]
    for effect in (part.effect for part in parts if isinstance(part.effect, ShareOfGap)):
        assert effect.sign == (-1 if "accuracy" in effect.quantity else 1)


@pytest.mark.parametrize("name", sorted(EXPERIMENTS))
def test_ratios_are_told_in_times(name):
    for part in (part for claim in EXPERIMENTS[name].claims for part in claim.parts):
        of = part.effect.of if isinstance(part.effect, AtMatchedLoss) else part.effect
        ratio = isinstance(of, EpochRatio | RatioAtUpdates | EachLayer)
        if ratio or (isinstance(of, Trend | Combination) and of.log):
            assert part.unit.startswith("times"), part.name


@pytest.mark.parametrize(
    ("spread", "words"), [(0.3, "no clear gap: −"), (0.01, "the gap lies the other way round: −")]
)
def test_a_gap_lies_the_other_way_round_only_where_that_is_clear(spread, words):
    runs = [
        a_run(size, multiple, seed, min_val_loss=loss)
        for seed, shift in enumerate((-spread, 0, spread))
        for size, multiple, loss in ((32, 1, 0.5 + shift), (64, 1, 0.4), (64, 2, 0.45))
    ]
    share = ShareOfGap("min_val_loss", Cell(64), Cell(64, 2), Cell(32), sign=1)
    assert gap_words(sample(share, a_study(*runs, seeds=(0, 1, 2)))).startswith(words)
