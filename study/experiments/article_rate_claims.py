"""The article's claims C16 to C21, on other learning rates; see ``article_claims``."""

from study.experiments.article_design import (
    BATCH_SIZES,
    FIXED,
    HIGH,
    LARGE,
    LINEAR,
    MULTIPLES,
    SMALL,
)
from study.experiments.declare import (
    Approach,
    AtMatchedLoss,
    BestRate,
    Claim,
    Combination,
    Part,
    ShareOfGap,
    above,
    below,
    difference,
    mean_ratio,
    ratio,
    within_factor,
)

_RATIO = "times"

_SMALL, _LARGE, _SCALED = FIXED.cell(SMALL), FIXED.cell(LARGE), LINEAR.cell(LARGE)
_LARGER = BATCH_SIZES[1:]
_BEST = {size: 1 if size == SMALL else 8 for size in BATCH_SIZES}
_SCALED_PAIRS = [(LINEAR.cell(size), FIXED.cell(size)) for size in _LARGER]
_AGAINST_SMALL = [(scaled, _SMALL) for scaled, _ in _SCALED_PAIRS]

CLAIMS: tuple[Claim, ...] = (
    Claim(
        "C16",
        "Scaling the rate linearly closes most of the gap in validation loss.",
        "lowest validation loss",
        "At the base rate 256 minus 32 is above 0, and scaling closes more than 0.5 of it.",
        (
            Part(
                "share of the gap closed",
                ShareOfGap("min_val_loss", before=_LARGE, after=_SCALED, goal=_SMALL, sign=1),
                above(0.5),
                "of the gap",
            ),
            Part("the gap", difference("min_val_loss", _LARGE, _SMALL), above(0), "loss"),
        ),
        figures=("A15", "A16"),
    ),
    Claim(
        "C17",
        "With the rate scaled, large batches converge in about as many epochs, so that they are "
        "faster in all, more so on several devices.",
        "epochs and seconds to the lowest validation loss",
        "Batch 256 against 32: the ratio of epochs lies within a factor of 1.5, that of seconds "
        "is below 1, and the latter is smaller on several devices than on one. Without several "
        "devices the first two decide. (The article prints two times for batch 32: with 3,156 s "
        "its own numbers give ratios of 1.12 and 0.70, with 1,915 s 1.81 and 1.15.)",
        (
            Part("epochs", ratio("epochs_to_min", _SCALED, _SMALL), within_factor(1.5), _RATIO),
            Part("seconds", ratio("seconds_to_min", _SCALED, _SMALL), below(1), _RATIO),
            Part(
                "ratio of seconds, several devices against one",
                Combination(
                    "seconds_to_min",
                    (
                        (1, _SCALED.on_several()),
                        (-1, _SMALL.on_several()),
                        (-1, _SCALED),
                        (1, _SMALL),
                    ),
                    log=True,
                ),
                below(1),
                _RATIO,
            ),
        ),
        figures=("A16",),
    ),
    Claim(
        "C18",
        "With the rate scaled, the minimisers of large batches are flatter than before, yet still "
        "sharper than that of batch 32.",
        "epsilon-sharpness, full space, 1e-3, geometric mean over 64, 128 and 256",
        "The ratio of scaled to fixed rate is below 1, and that of scaled to batch 32 above 1. "
        "Both at the lowest training loss that all these runs passed are tested beside it and do "
        "not decide.",
        (
            Part("scaled against fixed", mean_ratio("sharpness", _SCALED_PAIRS), below(1), _RATIO),
            Part(
                f"scaled against batch {SMALL}",
                mean_ratio("sharpness", _AGAINST_SMALL),
                above(1),
                _RATIO,
            ),
            Part(
                "scaled against fixed, at matched training loss",
                AtMatchedLoss(mean_ratio("sharpness", _SCALED_PAIRS)),
                below(1),
                _RATIO,
                decides=False,
            ),
            Part(
                f"scaled against batch {SMALL}, at matched training loss",
                AtMatchedLoss(mean_ratio("sharpness", _AGAINST_SMALL)),
                above(1),
                _RATIO,
                decides=False,
            ),
        ),
        figures=("A17", "B1"),
    ),
    Claim(
        "C19",
        "With the rate scaled, the distance of large batches from the start comes closer to that "
        "of batch 32 (the article's exception: 128).",
        "distance from initialisation, as distance of logarithms from that of batch 32",
        "At 64 and 256 its mean change from fixed to scaled rate is below 0. The exception, above "
        "0 at 128, is tested beside it and does not decide.",
        (
            Part(
                "64 and 256",
                Approach(
                    "distance_from_init",
                    tuple((FIXED.cell(size), LINEAR.cell(size)) for size in (64, 256)),
                    _SMALL,
                ),
                below(0),
                "in |log ratio|",
            ),
            Part(
                "the exception: 128",
                Approach("distance_from_init", ((FIXED.cell(128), LINEAR.cell(128)),), _SMALL),
                above(0),
                "in |log ratio|",
                decides=False,
            ),
        ),
        figures=("A18",),
    ),
    Claim(
        "C20",
        "At eight times the rate batch 64 beats batch 32: large batches do not always lose.",
        "lowest validation loss",
        "The difference 64 minus 32 at that rate is below 0.",
        (
            Part(
                "64 against 32",
                difference("min_val_loss", HIGH.cell(64), HIGH.cell(32)),
                below(0),
                "loss",
            ),
        ),
        figures=("A19", "A20"),
    ),
    Claim(
        "C21",
        "The base rate is best for batch 32, eight times that rate for the others.",
        "lowest validation loss, heat map",
        "For each batch size, the loss at the rate named minus that at each other rate is below 0.",
        tuple(
            Part(
                f"batch {size}",
                BestRate("min_val_loss", size, best, MULTIPLES),
                below(0),
                "loss",
            )
            for size, best in _BEST.items()
        ),
        headline="weakest",
        figures=("A20",),
    ),
)
