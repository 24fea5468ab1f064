"""Hoffer et al. 2017: closing the gap of large batches by longer training, declared.

Its claims are in ``hoffer_claims``.
"""

from study.experiments.condition_parts import (
    OUTCOMES,
    UNCHECKED,
    other_pictures,
    real_size,
)
from study.experiments.declare import (
    ByCondition,
    Departure,
    Experiment,
    Figure,
    Lesson,
    Remedy,
    Size,
)
from study.experiments.hoffer_claims import (
    ALL,
    CLAIMS,
    GHOST,
    LARGE,
    PUBLISHED,
    RATE,
    REGIME,
    SMALL,
    WANDERING,
)

FIGURES = (
    Figure(
        "H1",
        "condition_schedule",
        "The schedules",
        "Learning rate, batch size and noise scale by epoch. With equal updates a large batch has "
        "as many times the epochs, drops of the rate included.",
        conditions=ALL,
    ),
    Figure(
        "H2",
        "condition_curves",
        "Closing the gap",
        "Training loss and validation accuracy, each change on top of the one before.",
        "Each change brings the large batch nearer; with equal updates it meets the small one.",
        quantity="loss val_accuracy",
        conditions=ALL,
    ),
    Figure(
        "H3",
        "condition_table",
        "Small batch, large batch, and what closes the gap",
        "The paper’s table, rebuilt. Its numbers are those of ResNet-44 on CIFAR-10 with batches "
        "of 128 and 4,096, to compare their order, not their size. Where the validation loss at "
        "the end is far above the lowest, the net knows its pictures by heart. " + UNCHECKED,
        conditions=ALL,
        table=ByCondition(OUTCOMES, ALL),
    ),
    Figure(
        "H4",
        "condition_ends",
        "Accuracy at the end",
        "Validation accuracy after the last epoch, by condition.",
        "The gap comes from too few updates, not from the batch size.",
        quantity="final_val_accuracy",
        conditions=ALL,
    ),
    Figure(
        "H5",
        "condition_updates",
        "Ultra-slow diffusion",
        "Distance of the weights from their start by updates, on a logarithmic axis, where a "
        "logarithm is a straight line. The table has its slope over each run’s own epochs at the "
        "first rate: where the lines bend, slopes of runs with other numbers of updates cannot be "
        "compared; claim C6 compares distances after the same number.",
        "The distance grows as the logarithm of the number of updates, and with the rate scaled by "
        "the root and ghosts as fast for large batches as for small ones.",
        quantity="distance_from_init",
        conditions=WANDERING,
        table=ByCondition(("diffusion_slope", "diffusion_log_ratio"), WANDERING),
    ),
)

LESSONS = (
    Lesson(
        "C1",
        "A large batch at an unchanged rate and number of epochs costs accuracy.",
        "A large batch costs no accuracy here, even at an unchanged rate.",
    ),
    Lesson(
        "C2",
        "Scaling the rate by the square root of the batch size wins a part of it back.",
        "Scaling the rate by the square root does not help here.",
    ),
    Lesson(
        "C3",
        "With batch normalisation, take its statistics over small ghosts of a large batch.",
        "Ghost batches do not help here.",
    ),
    Lesson(
        "C4",
        "If accuracy counts and not time, train a large batch longer, with as many updates as a "
        "small one makes: the gap vanishes.",
        "Equal updates do not close the gap here.",
    ),
)

EXPERIMENT = Experiment(
    name="hoffer",
    reviewed_again=True,
    title="Train longer, generalize better",
    source="Hoffer et al., “Train longer, generalize better”, 2017",
    called="paper",
    about=(
        "Do large batches generalise worse because they are large, or because they make too few "
        "updates? A net with batch normalisation is trained with a small batch and with one 8 "
        "times as large; then the large batch gets, one on top of the other, a rate scaled by the "
        "square root, statistics over ghost batches of 32, and as many updates as the small one."
    ),
    conditions=(SMALL, LARGE, RATE, GHOST, REGIME),
    base_rate=0.01,
    sizes=(
        Size("smoke", epochs=8, base_rate=0.05),
        # the rate with the most accurate small batch of 0.02, 0.04 and 0.16, in one run each with
        # a seed that no study has
        Size("quick", epochs=32, base_rate=0.04),
        # likewise, of 0.01, 0.02 and 0.04: 0.701, 0.712 and 0.717; all have learned their pictures
        real_size(epochs=60, base_rate=0.04),
    ),
    published=PUBLISHED,
    figures=FIGURES,
    claims=CLAIMS,
    lessons=LESSONS,
    remedies=tuple(
        Remedy(title, SMALL.cell, condition.cell, LARGE.cell)
        for title, condition in (
            ("square-root scaling", RATE),
            ("square-root scaling, ghost batches", GHOST),
            ("square-root scaling, ghost batches, equal updates", REGIME),
        )
    ),
    departures=(
        other_pictures("CIFAR-10 and four further sets"),
        Departure(
            "net",
            "ResNet-44 and four further nets",
            "the article’s net (“{model}”) with batch normalisation after each convolution",
            "one net for all chapters",
        ),
        Departure(
            "batch sizes",
            "128 and 4,096, 32 times as large",
            "32 and 256, 8 times as large",
            "the data are fewer",
        ),
        Departure(
            "learning rate",
            "one for each net",
            "that of three with the most accurate small batch, in one run each",
            "the other conditions’ rates follow from it by their rules; on the real pictures it is "
            "the largest of the three, so that a larger one may be better still",
        ),
        Departure(
            "the last batch of an epoch",
            "not told",
            "filled up with copies of pictures, which count in the statistics of whole batches and "
            "not in those of ghosts",
            "every batch has one shape",
        ),
        Departure("ghost size", "128, the small batch", "32, the small batch", "the same rule"),
        Departure(
            "epochs of the small batch",
            "about 200, with drops of the rate",
            "{epochs}, the rate divided by 10 after a half and three quarters of them",
            "time",
        ),
        Departure("runs of each condition", "not told", "{seeds}", "one run has no interval"),
    ),
)
