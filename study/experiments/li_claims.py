"""The conditions of Li et al. 2018 and what is claimed of them.

The claims, their thresholds and tests were written down before any run of a study was looked at.
"""

from collections.abc import Callable
from dataclasses import replace

from study.experiments.declare import (
    Claim,
    Combination,
    Condition,
    LineRise,
    Part,
    Range,
    RankAgreement,
    above,
    below,
    ratio,
    within_factor,
)

# the largest of 0.25, 0.5 and 1 with which the small batch ended within 0.01 of its accuracy
# without weight decay, in one run each with a seed that no study has
_SHRINKAGE = 0.25

# the paper divides the rate by 10 after 150, 225 and 275 of 300 epochs
SMALL = Condition(
    "small",
    "small batch",
    rate_multiple=0.1,
    changes=(1 / 2, 3 / 4, 11 / 12),
    factor=10,
    momentum=0.9,
    nesterov=True,
    path=True,
)
LARGE = replace(SMALL, name="large", title="8 ×", batch_multiple=8, scaling="square root")
SMALL_DECAY = replace(
    SMALL, name="small-decay", title="small batch, weight decay", shrinkage=_SHRINKAGE
)
LARGE_DECAY = replace(LARGE, name="large-decay", title="8 ×, weight decay", shrinkage=_SHRINKAGE)
CONDITIONS = (SMALL, LARGE, SMALL_DECAY, LARGE_DECAY)
PAIRS = ((SMALL, LARGE, "without weight decay"), (SMALL_DECAY, LARGE_DECAY, "with weight decay"))
_CELLS = tuple(condition.cell for condition in CONDITIONS)


def _each(quantity: str, claimed: Range, unit: str) -> tuple[Part, ...]:
    """A value of its own for each condition."""
    return tuple(
        Part(
            condition.title,
            Combination(quantity, ((1.0, condition.cell),), log=False),
            claimed,
            unit,
        )
        for condition in CONDITIONS
    )


def _large_against_small(quantity: str, claimed: Callable[[str], Range]) -> tuple[Part, ...]:
    """The ratio of the large to the small batch, without weight decay and with it."""
    return tuple(
        Part(
            f"large against small, {which}",
            ratio(quantity, large.cell, small.cell),
            wanted,
            "times",
        )
        for small, large, which in PAIRS
        for wanted in (claimed(which),)
    )


CLAIMS = (
    Claim(
        "C1",
        "The path of training lies in a space of very few dimensions.",
        "variance of the weights along a run in their first two principal components",
        "The share is above a half, for each way to train: two of some hundred thousand "
        "directions hold more than all others. The paper’s words fix no threshold; this is ours.",
        _each("path_share", above(0.5), "of the variance"),
        headline="weakest",
        figures=("L2", "L3"),
    ),
    Claim(
        "C2",
        "It lies in fewer dimensions than the path of a random walk would.",
        "variance in two components, beside that of a random walk",
        "The share minus that of a random walk in many dimensions with as many steps as long is "
        "above 0, for each way to train. The paper does not ask this; a random walk of many equal "
        "steps has 0.76 in two components (Antognini and Sohl-Dickstein 2018), so that C1 alone "
        "says little.",
        _each("path_share_excess", above(0), "of the variance"),
        headline="weakest",
        figures=("L2", "L3"),
    ),
    Claim(
        "C3",
        "A small batch ends with larger weights than a large one; with weight decay, with smaller "
        "ones.",
        "norm of the kernels at the end",
        "The ratio of the large to the small batch is below 1 without weight decay and above 1 "
        "with it.",
        _large_against_small(
            "weight_norm", lambda which: below(1) if which.startswith("without") else above(1)
        ),
        figures=("L4",),
    ),
    Claim(
        "C4",
        "On the line between two minimisers, weight decay turns round which of them looks flat.",
        "rise of the training loss about each end of the line",
        "The rise about the large batch’s end minus that about the small one’s is above 0 without "
        "weight decay and below 0 with it.",
        tuple(
            Part(
                which,
                LineRise("train", small.cell, large.cell),
                above(0) if which.startswith("without") else below(0),
                "in loss",
            )
            for small, large, which in PAIRS
        ),
        figures=("L5",),
    ),
    Claim(
        "C5",
        "With filter normalisation the small batch’s minimiser looks flatter, whatever the decay.",
        "mean rise of the training loss within half a filter norm",
        "The ratio of the large to the small batch is above 1, with and without weight decay.",
        _large_against_small("landscape_rise", lambda which: above(1)),
        figures=("L4", "L6"),
    ),
    Claim(
        "C6",
        "With filter normalisation, the flatter a minimiser looks the lower is its validation "
        "loss.",
        "order of four ways to train by rise and by validation loss at the end",
        "Kendall’s tau between the two, within a seed, is above 0. Tau with the validation "
        "accuracy, which should be below 0, is tested beside it and does not decide. This is an "
        "association over four ways to train, no cause.",
        (
            Part(
                "rise and validation loss",
                RankAgreement("landscape_rise", "final_val_loss", _CELLS),
                above(0),
                "Kendall’s tau",
            ),
            Part(
                "rise and validation accuracy",
                RankAgreement("landscape_rise", "final_val_accuracy", _CELLS),
                below(0),
                "Kendall’s tau",
                decides=False,
            ),
        ),
        figures=("L4", "L6"),
    ),
    Claim(
        "C7",
        "Without it, how flat a minimiser looks says less about its validation loss.",
        "the same order, with and without filter normalisation",
        "Tau with filter normalisation minus tau without it is above 0.",
        (
            Part(
                "with against without normalisation",
                RankAgreement(
                    "landscape_rise", "final_val_loss", _CELLS, less="landscape_plain_rise"
                ),
                above(0),
                "difference of Kendall’s tau",
            ),
        ),
        figures=("L4", "L7"),
    ),
    Claim(
        "C8",
        "Weights rescaled without any effect on the net look sharper, but with filter "
        "normalisation just the same.",
        "rise of the training loss, after rescaling over before",
        "The first dense layer times 4 and the next one’s kernel divided by 4 (the net computes "
        "the same): the ratio of the rises is above 1 without filter normalisation, since one of "
        "two layers gains more than the other loses, and within a factor of 1.01 with it.",
        (
            Part(
                "without normalisation",
                Combination("rescaling_none", ((1.0, SMALL.cell),), log=True),
                above(1),
                "times",
            ),
            Part(
                "with normalisation",
                Combination("rescaling_filters", ((1.0, SMALL.cell),), log=True),
                within_factor(1.01),
                "times",
                # 4 and 1/4 are powers of 2, which change no digit: all seeds give 1
                exact=True,
            ),
        ),
        figures=("L8",),
    ),
)
