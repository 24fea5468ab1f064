"""The conditions of Goyal et al. 2017 and what is claimed of them.

The claims and their margins were written down before any run was looked at, but for what a review
changed later (README, "How verdicts come about"): the margin, C5 and C6.
"""

from dataclasses import replace

from study.experiments.condition_parts import CURVES, MARGIN, NEAR, accuracy_against, curves_apart
from study.experiments.declare import (
    Claim,
    Condition,
    EpochRatio,
    Part,
    above,
    below,
    ratio,
    within_factor,
)

# 5 of the paper's 90 epochs are 1/18, too few epochs of a short run to warm up in
_WARM_UP = 1 / 6

# the paper drops the rate by 10 after 30, 60 and 80 of 90 epochs
SMALL = Condition(
    "small",
    "small batch",
    rate_multiple=0.1,
    changes=(1 / 3, 2 / 3, 8 / 9),
    factor=10,
    momentum=0.9,
    nesterov=True,
)
UNSCALED = replace(SMALL, name="unscaled", title="8 ×, rate not scaled", batch_multiple=8)
NONE = replace(UNSCALED, name="none", title="8 ×, no warm-up", scaling="linear")
GRADUAL = replace(
    NONE,
    name="gradual",
    title="8 ×, gradual warm-up",
    warm_up="gradual",
    warm_up_share=_WARM_UP,
)
CONSTANT = replace(GRADUAL, name="constant", title="8 ×, constant warm-up", warm_up="constant")
ROOT = replace(GRADUAL, name="root", title="8 ×, rate by the square root", scaling="square root")
TWICE, FOURFOLD, SIXTEENFOLD = (
    replace(GRADUAL, name=f"gradual-{k}", title=f"{k} ×, gradual warm-up", batch_multiple=k)
    for k in (2, 4, 16)
)


def _first_epochs(name: str, second: Condition) -> Part:
    effect = EpochRatio("loss", NONE.cell, second.cell, window=(0.0, _WARM_UP))
    return Part(name, effect, above(1), "times")


CLAIMS = (
    Claim(
        "C1",
        "With the rate scaled linearly and gradual warm-up, 8 times the batch reaches the accuracy "
        "of the small batch in as many epochs.",
        "validation accuracy at the end",
        f"Its difference to the small batch lies within {MARGIN}. The ratio of the lowest "
        "validation losses is tested beside it and does not decide.",
        (
            accuracy_against("8 times the batch against the small one", GRADUAL, SMALL, NEAR),
            Part(
                "lowest validation loss",
                ratio("min_val_loss", GRADUAL.cell, SMALL.cell),
                within_factor(1.25),
                "times",
                decides=False,
            ),
        ),
        figures=("G4", "G5"),
    ),
    Claim(
        "C2",
        "Without warm-up, or with a constant one, it ends less accurate than with a gradual one.",
        "validation accuracy at the end",
        "The differences of gradual to no warm-up and to constant warm-up are above 0.",
        (
            accuracy_against("gradual against no warm-up", GRADUAL, NONE, above(0)),
            accuracy_against("gradual against constant", GRADUAL, CONSTANT, above(0)),
        ),
        figures=("G2", "G5"),
    ),
    Claim(
        "C3",
        "If the rate stays that of the small batch, 8 times the batch ends less accurate.",
        "validation accuracy at the end",
        "The differences of the unscaled rate to the small batch, and to linear scaling with "
        "gradual warm-up, are below 0.",
        (
            accuracy_against("unscaled against the small batch", UNSCALED, SMALL, below(0)),
            accuracy_against("unscaled against linear scaling", UNSCALED, GRADUAL, below(0)),
        ),
        figures=("G5",),
    ),
    Claim(
        "C4",
        "A rate scaled by the square root of the batch size ends less accurate than a linear one.",
        "validation accuracy at the end",
        "The difference of square root to linear scaling, both with gradual warm-up, is below 0.",
        (accuracy_against("square root against linear", ROOT, GRADUAL, below(0)),),
        figures=("G5",),
    ),
    Claim(
        "C5",
        "After the warm-up, the training curves of 8 times the batch match those of the small one.",
        "training loss at equal epochs",
        "The factor by which the two lie apart, whichever is above, geometric mean over the epochs "
        f"from the end of the warm-up, is below {CURVES}.",
        (curves_apart("gradual against the small batch", "loss", GRADUAL, SMALL, (_WARM_UP, 1.0)),),
        figures=("G2", "G3"),
    ),
    Claim(
        "C6",
        "Without warm-up, training is worse in the first epochs.",
        "training loss at equal epochs and updates",
        "The ratio of no warm-up to gradual warm-up, geometric mean over the epochs of the "
        "warm-up, is above 1: both make as many updates with the same batch. That of no warm-up "
        "to the small batch, which makes 8 times as many updates, is shown beside it; it would be "
        "above 1 for that alone.",
        (
            _first_epochs("no warm-up against gradual", GRADUAL),
            replace(_first_epochs("no warm-up against the small batch", SMALL), decides=False),
        ),
        figures=("G2",),
    ),
    Claim(
        "C7",
        "Accuracy stays up to a threshold of the batch size and falls beyond it.",
        "validation accuracy at the end",
        f"The differences of 2 and 4 times the batch to the small batch lie within {MARGIN}, and "
        "that of 16 times is below 0. (The paper’s threshold is 32 times its smallest batch of "
        "256; where it lies depends on the data.)",
        (
            accuracy_against("2 times the batch", TWICE, SMALL, NEAR),
            accuracy_against("4 times the batch", FOURFOLD, SMALL, NEAR),
            accuracy_against("16 times the batch", SIXTEENFOLD, SMALL, below(0)),
        ),
        figures=("G3", "G5"),
    ),
)
