"""The article's claims C1 to C15, at one learning rate, and the test of each.

They and those in ``article_rate_claims`` were fixed before any run was looked at. A review on
21 November 2026, after the quick study, made tests stricter: C6 (an upper end for “slightly”) and
C12 (what is true by arithmetic does not decide).

Effects are taken within a seed (all batch sizes of a seed start from the same weights) and then
over seeds. Factors compare by ratio, so they are tested on logarithms; losses by difference.
"About the same" is a factor of at most 1.5 either way; "most of the gap" is more than half.
"""

from study.experiments.article_design import FIXED, LARGE, SMALL
from study.experiments.declare import (
    AtMatchedLoss,
    Claim,
    EachLayer,
    EpochRatio,
    EpochTrend,
    LineRise,
    Part,
    Range,
    Trend,
    above,
    below,
    difference,
    ratio,
)

_FACTOR = "times per doubling"
_LOSS = "loss per doubling"
_RATIO = "times"

_SMALL, _LARGE = FIXED.cell(SMALL), FIXED.cell(LARGE)


def _exception(quantity: str) -> Part:
    first, second = FIXED.cell(128), FIXED.cell(64)
    return Part(
        "the exception: 128 against 64",
        ratio(quantity, first, second),
        above(1),
        _RATIO,
        decides=False,
    )


CLAIMS: tuple[Claim, ...] = (
    Claim(
        "C1",
        "At one learning rate, the training loss falls more slowly the larger the batch.",
        "training loss, mean over the epochs that all batch sizes have run",
        "Its slope per doubling of the batch size is above 0.",
        (Part("training loss at equal epochs", EpochTrend("loss", FIXED), above(0), _LOSS),),
        figures=("A3",),
    ),
    Claim(
        "C2",
        "The lowest validation loss is higher the larger the batch.",
        "lowest validation loss",
        "Its slope per doubling of the batch size is above 0.",
        (Part("lowest validation loss", Trend("min_val_loss", FIXED, False), above(0), _LOSS),),
        figures=("A3", "A4"),
    ),
    Claim(
        "C3",
        "An epoch takes less time the larger the batch.",
        "seconds an epoch, training and validation",
        "Its factor per doubling of the batch size is below 1.",
        (Part("seconds an epoch", Trend("seconds_per_epoch", FIXED, True), below(1), _FACTOR),),
        figures=("A4",),
    ),
    Claim(
        "C4",
        "The minimum comes after more epochs the larger the batch.",
        "epochs to the lowest validation loss",
        "Its factor per doubling of the batch size is above 1.",
        (Part("epochs to the minimum", Trend("epochs_to_min", FIXED, True), above(1), _FACTOR),),
        figures=("A4",),
    ),
    Claim(
        "C5",
        "In all, large batches take longer to their minimum.",
        "seconds to the lowest validation loss",
        "Its factor per doubling of the batch size is above 1.",
        (Part("seconds to the minimum", Trend("seconds_to_min", FIXED, True), above(1), _FACTOR),),
        figures=("A4",),
    ),
    Claim(
        "C6",
        "More devices slow the epochs of small batches slightly and speed up those of large ones.",
        "seconds an epoch on several devices against one",
        "The ratio several / one is below 1 at batch 256, and between 1 and 1.5 at batch 32: "
        "“slightly” slower.",
        (
            Part(
                f"batch {LARGE}, several against one",
                ratio("seconds_per_epoch", _LARGE.on_several(), _LARGE),
                below(1),
                _RATIO,
            ),
            Part(
                f"batch {SMALL}, several against one",
                ratio("seconds_per_epoch", _SMALL.on_several(), _SMALL),
                Range(1, 1.5),
                _RATIO,
            ),
        ),
        figures=("A5",),
    ),
    Claim(
        "C7",
        "Batch 256 on several devices still takes longer in all than batch 32 on one.",
        "seconds to the lowest validation loss",
        "The ratio of 256 on several devices to 32 on one is above 1.",
        (
            Part(
                f"batch {LARGE} on several against {SMALL} on one",
                ratio("seconds_to_min", _LARGE.on_several(), _SMALL),
                above(1),
                _RATIO,
            ),
        ),
        figures=("A5",),
    ),
    Claim(
        "C8",
        "The minimisers of large batches lie closer to the start (the article's exception: 128 "
        "lies farther than 64).",
        "distance from initialisation",
        "Its factor per doubling of the batch size is below 1. The exception, 128 / 64 above 1, "
        "is tested beside it and does not decide.",
        (
            Part("distance", Trend("distance_from_init", FIXED, True), below(1), _FACTOR),
            _exception("distance_from_init"),
        ),
        figures=("A7",),
    ),
    Claim(
        "C9",
        "In each layer, too, the minimisers of large batches lie closer to the start.",
        "distance from initialisation of each layer",
        "In every layer the ratio of batch 256 to 32 is below 1.",
        (Part("distance", EachLayer(_LARGE, _SMALL), below(1), _RATIO),),
        headline="weakest",
        figures=("A8",),
    ),
    Claim(
        "C10",
        "Large batches travel less per epoch, and the ratio grows with the epochs.",
        "distance moved in an epoch, at equal epochs",
        "The ratio of batch 32 to 256, geometric mean over the shared epochs, is above 1, and "
        "that of the second half of these epochs is above that of the first.",
        (
            Part(
                f"batch {SMALL} against {LARGE}",
                EpochRatio("epoch_distance", _SMALL, _LARGE),
                above(1),
                _RATIO,
            ),
            Part(
                "the ratio, later against earlier",
                EpochRatio("epoch_distance", _SMALL, _LARGE, growth=True),
                above(1),
                _RATIO,
            ),
        ),
        figures=("A9",),
    ),
    Claim(
        "C11",
        "Large batches also move less per update.",
        "median batch update norm of a run",
        "Its factor per doubling of the batch size is below 1.",
        (Part("median update", Trend("median_update_norm", FIXED, True), below(1), _FACTOR),),
        figures=("A10",),
    ),
    Claim(
        "C12",
        "The updates are shorter because gradients compete: their mean is shorter than they are.",
        "mean norm of single gradients / mean norm of batch gradients",
        "Its factor per doubling of the batch size is above 1 at the minimisers. At the initial "
        "weights, which all batch sizes share, it cannot fall: the large batches are made of the "
        "small ones, and their mean is no longer than theirs (the triangle inequality); it is "
        "shown beside. That the updates are shorter for this reason alone is not tested.",
        (
            Part(
                "growth at the minimisers",
                Trend("competition_minimiser", FIXED, True),
                above(1),
                _FACTOR,
            ),
            Part(
                "growth at the initial weights",
                Trend("competition_initial", FIXED, True),
                above(1),
                _FACTOR,
                decides=False,
            ),
        ),
        figures=("A11",),
    ),
    Claim(
        "C13",
        "Minimisers of small batches are flatter along the line between the two.",
        "rise of the training loss within 0.5 of each end of the line",
        "The mean rise about the minimiser of 256 minus that about 32 is above 0. The same on "
        "validation pictures is tested beside it and does not decide.",
        (
            Part("training loss", LineRise("train", _SMALL, _LARGE), above(0), "loss"),
            Part(
                "validation loss",
                LineRise("validation", _SMALL, _LARGE),
                above(0),
                "loss",
                decides=False,
            ),
        ),
        figures=("A6", "A12"),
    ),
    Claim(
        "C14",
        "Minimisers of small batches are flatter by epsilon-sharpness.",
        "epsilon-sharpness, full space, 1e-3",
        "Its factor per doubling of the batch size is above 1. Sharpness in random subspaces and "
        "adaptive sharpness, which rescaling cannot change, and sharpness at the lowest training "
        "loss that the runs of all batch sizes passed, are tested beside it and do not decide.",
        (
            Part("full space", Trend("sharpness", FIXED, True), above(1), _FACTOR),
            Part(
                "random subspace",
                Trend("sharpness_subspace", FIXED, True),
                above(1),
                _FACTOR,
                decides=False,
            ),
            Part(
                "adaptive",
                Trend("sharpness_adaptive", FIXED, True),
                above(1),
                _FACTOR,
                decides=False,
            ),
            Part(
                "full space, at matched training loss",
                AtMatchedLoss(Trend("sharpness", FIXED, True)),
                above(1),
                _FACTOR,
                decides=False,
            ),
        ),
        figures=("A13", "B1"),
    ),
    Claim(
        "C15",
        "Minimisers of small batches are flatter in the filter-normalised landscape.",
        "mean rise of the training loss within radius 0.5 of the minimiser",
        "The rise at batch 256 minus that at 32 is above 0.",
        (Part("rise", difference("landscape_rise", _LARGE, _SMALL), above(0), "loss"),),
        figures=("A14",),
    ),
)
