"""Goyal et al. 2017: linear scaling of the rate and gradual warm-up, declared.

The claims were written down before any run was looked at, but for what a review changed later
(README, "How verdicts come about"). The number of seeds of the quick size was not: it was raised
from 3 to 5, the paper's own number, after a study with 3 had been seen (its verdict on C5, then
inconclusive, changed with it).
"""

from study.experiments.condition_parts import OUTCOMES, UNCHECKED, other_pictures, real_size
from study.experiments.declare import (
    ByCondition,
    Departure,
    Experiment,
    Figure,
    Lesson,
    Published,
    Remedy,
    Size,
)
from study.experiments.goyal_claims import (
    CLAIMS,
    CONSTANT,
    FOURFOLD,
    GRADUAL,
    NONE,
    ROOT,
    SIXTEENFOLD,
    SMALL,
    TWICE,
    UNSCALED,
)

_ORDER = ("small", "none", "constant", "gradual", "root", "unscaled")
_SIZES = ("small", "gradual-2", "gradual-4", "gradual", "gradual-16")
_ALL = (*_ORDER[:4], "root", "unscaled", "gradual-2", "gradual-4", "gradual-16")


def _printed(condition: str, error: str) -> Published:
    words = f"{error} % error"
    return Published("final_val_accuracy", "", 0, words=words, condition=condition)


PUBLISHED = (
    _printed("small", "23.60 ± 0.12"),
    _printed("none", "24.84 ± 0.37"),
    _printed("constant", "25.88 ± 0.56"),
    _printed("gradual", "23.74 ± 0.09"),
    _printed("root", "26.22 ± 0.03"),
    _printed("unscaled", "41.67 ± 0.10"),
)

FIGURES = (
    Figure(
        "G1",
        "condition_schedule",
        "The schedules",
        "Learning rate, batch size and Smith’s noise scale by epoch. The rate drops by 10 three "
        "times, as in the paper.",
        conditions=_ORDER,
    ),
    Figure(
        "G2",
        "condition_curves",
        "Warm-up",
        "Training and validation loss of the small batch and of 8 times the batch with no, "
        "constant and gradual warm-up.",
        "Without warm-up or with a constant one the large batch trains worse at the beginning and "
        "does not recover; with gradual warm-up its curve joins that of the small batch.",
        quantity="loss val_loss",
        conditions=("small", "none", "constant", "gradual"),
    ),
    Figure(
        "G3",
        "condition_curves",
        "Batch sizes under linear scaling with gradual warm-up",
        "Training and validation loss of batches from the small one to 16 times as large.",
        "Up to a threshold the curves match after the first epochs; beyond it they part.",
        quantity="loss val_loss",
        conditions=_SIZES,
    ),
    Figure(
        "G4",
        "condition_table",
        "What each condition comes to",
        "Losses and accuracies with the updates, epochs and seconds that they took. The paper’s "
        "numbers are errors of ResNet-50 on ImageNet, batch 256 against 8,192: they stand beside "
        "ours to compare their order, not their size. " + UNCHECKED,
        conditions=_ALL,
        table=ByCondition(OUTCOMES, _ALL),
    ),
    Figure(
        "G5",
        "condition_ends",
        "Accuracy at the end",
        "Validation accuracy after the last epoch, by condition.",
        "The error stays at 23.6 to 23.7 % up to a batch of 8,192 and rises beyond it.",
        quantity="final_val_accuracy",
        conditions=_ALL,
    ),
)

LESSONS = (
    Lesson(
        "C1",
        "Multiply the rate by as much as the batch and raise it gradually over the first epochs: "
        "8 times the batch then ends as accurate, with an eighth of the updates.",
        "Do not count on linear scaling with warm-up at 8 times the batch here: it ends at "
        "another accuracy than the small batch.",
    ),
    Lesson(
        "C2",
        "Spend the first epochs on a gradual warm-up; a constant one or none costs accuracy.",
        "The kind of warm-up does not cost accuracy here in the way the paper says.",
    ),
    Lesson(
        "C3",
        "Change the rate with the batch: at an unchanged rate and number of epochs the large batch "
        "ends less accurate here.",
        "An unchanged rate is no loss here.",
    ),
    Lesson(
        "C4",
        "With equal epochs, scale the rate linearly and not by the square root.",
        "Scaling by the square root is not worse than linear scaling here.",
    ),
    Lesson(
        "C7",
        "There is a largest batch that this works for: 16 times is beyond it here.",
        "No threshold of the kind the paper describes shows between 2 and 16 times the batch.",
    ),
)

EXPERIMENT = Experiment(
    name="goyal",
    title="Linear scaling and gradual warm-up",
    source="Goyal et al., “Accurate, Large Minibatch SGD: Training ImageNet in 1 Hour”, 2017",
    called="paper",
    about=(
        "Can a large batch train in as many epochs as a small one and end as accurate? The paper’s "
        "answer: multiply the learning rate by as much as the batch size, and raise it gradually "
        "in the first epochs, when the net changes fastest. Here a small batch of 32 is set "
        "beside batches of 2 to 16 times as many pictures (“8 ×” and so on), with three kinds of "
        "warm-up and three rules for the rate."
    ),
    conditions=(SMALL, NONE, CONSTANT, GRADUAL, ROOT, UNSCALED, TWICE, FOURFOLD, SIXTEENFOLD),
    base_rate=0.01,
    sizes=(
        Size("smoke", epochs=6, base_rate=0.05),
        # the rate with the most accurate small batch of 0.04, 0.08, 0.16 and 0.32, in one run each
        # with a seed that no study has
        Size("quick", epochs=40, base_rate=0.08, seeds=5),
        # the rate with the most accurate small batch of 0.01, 0.02, 0.04 and 0.08, in one run each
        # with a seed that no study has
        real_size(epochs=60, base_rate=0.02),
    ),
    published=PUBLISHED,
    figures=FIGURES,
    claims=CLAIMS,
    lessons=LESSONS,
    remedies=tuple(
        Remedy(title, SMALL.cell, condition.cell, UNSCALED.cell)
        for title, condition in (
            ("linear scaling", NONE),
            ("linear scaling, constant warm-up", CONSTANT),
            ("linear scaling, gradual warm-up", GRADUAL),
            ("square-root scaling, gradual warm-up", ROOT),
        )
    ),
    departures=(
        other_pictures("1.28 million of ImageNet at 224 pixels, 1,000 classes"),
        Departure("net", "ResNet-50", "the article’s net (“{model}”)", "one net for all chapters"),
        Departure(
            "epochs",
            "90, warm-up over 5, rate divided by 10 after 30, 60 and 80",
            "{epochs}, warm-up and drops at the same shares of them, the warm-up at a sixth",
            "a warm-up of an eighteenth of few epochs would be one epoch or two",
        ),
        Departure(
            "batch sizes",
            "256 to 65,536",
            "32 to 512",
            "the same multiples of the small batch up to 16",
        ),
        Departure(
            "momentum where the rate changes",
            "corrected, so that a new rate acts at once",
            "Keras’s, which keeps past gradients at their rates: a new one acts over some 10 "
            "updates",
            "Keras’s own optimizer in all chapters",
        ),
        Departure("runs of each condition", "5 seeds", "{seeds}", "time"),
        Departure(
            "training pictures",
            "augmented by scale and aspect ratio, weight decay 0.0001",
            "as they are, without weight decay",
            "nothing but the batch, the rate and the warm-up varies",
        ),
    ),
)
