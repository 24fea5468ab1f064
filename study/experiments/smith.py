"""Smith et al. 2018: growing the batch in place of decaying the rate, declared.

The claims and their margins were written down before any run was looked at.
"""

from dataclasses import replace

from study.experiments.condition_parts import MARGIN, NEAR, OUTCOMES, UNCHECKED, accuracy_against
from study.experiments.declare import (
    ByCondition,
    Claim,
    Condition,
    Departure,
    EpochRatio,
    Experiment,
    Figure,
    Lesson,
    Part,
    Published,
    Remedy,
    Size,
    above,
    below,
    ratio,
    within_factor,
)

# 60, 120 and 160 of the paper's 200 epochs
_CHANGES = (0.3, 0.6, 0.8)

DECAY = Condition("decay", "decaying rate", rate_multiple=0.1, changes=_CHANGES, momentum=0.9)
HYBRID = replace(DECAY, name="hybrid", title="hybrid", grow=True, decays_first=1)
GROW = replace(DECAY, name="grow", title="growing batch", grow=True)
RATE = replace(
    GROW, name="rate", title="growing batch, 5 × rate", batch_multiple=5, scaling="linear"
)
MOMENTUM = replace(
    GROW,
    name="momentum",
    title="growing batch, 5 × rate, momentum 0.98",
    batch_multiple=25,
    rate_multiple=0.5,
    momentum=0.98,
)
SGD_DECAY = replace(
    DECAY, name="sgd-decay", title="decaying rate, no momentum", rate_multiple=1, momentum=0.0
)
SGD_GROW = replace(SGD_DECAY, name="sgd-grow", title="growing batch, no momentum", grow=True)
ADAM_DECAY = replace(
    DECAY,
    name="adam-decay",
    title="decaying rate, Adam",
    rate_multiple=0.05,
    momentum=0.0,
    optimizer="adam",
)
ADAM_GROW = replace(ADAM_DECAY, name="adam-grow", title="growing batch, Adam", grow=True)

_THREE = ("decay", "hybrid", "grow")
_FEWER = ("decay", "grow", "rate", "momentum")
_OTHERS = ("sgd-decay", "sgd-grow", "adam-decay", "adam-grow")
_ALL = (*_THREE, "rate", "momentum", *_OTHERS)


def _fewer(first: Condition, second: Condition, share: float) -> Part:
    effect = ratio("updates", first.cell, second.cell)
    return Part(f"updates: {first.title} against {second.title}", effect, below(share), "times")


CLAIMS = (
    Claim(
        "C1",
        "Decaying the rate, growing the batch and a hybrid of both end equally accurate.",
        "validation accuracy at the end",
        f"The differences of growing batch and hybrid to decaying rate lie within {MARGIN}.",
        (
            accuracy_against("growing batch against decaying rate", GROW, DECAY, NEAR),
            accuracy_against("hybrid against decaying rate", HYBRID, DECAY, NEAR),
        ),
        figures=("S2", "S5"),
    ),
    Claim(
        "C2",
        "Their training curves coincide by epochs.",
        "training loss at equal epochs",
        "The ratios of growing batch and hybrid to decaying rate, geometric mean over all epochs, "
        "lie within a factor of 1.1.",
        tuple(
            Part(
                f"{condition.title} against decaying rate",
                EpochRatio("loss", condition.cell, DECAY.cell),
                within_factor(1.1),
                "times",
            )
            for condition in (GROW, HYBRID)
        ),
        figures=("S2",),
    ),
    Claim(
        "C3",
        "A growing batch needs far fewer updates, and 5 times the rate and batch fewer still.",
        "updates in all",
        "The ratios of growing batch to decaying rate, and of 5 times the rate to that, are below "
        "1/2. (They follow from the schedules, and are the same in every seed.)",
        (_fewer(GROW, DECAY, 0.5), _fewer(RATE, GROW, 0.5)),
        figures=("S4",),
    ),
    Claim(
        "C4",
        "Starting with 5 times the rate and the batch costs no accuracy.",
        "validation accuracy at the end",
        f"The difference of 5 times the rate to decaying rate lies within {MARGIN}.",
        (accuracy_against("5 times the rate against decaying rate", RATE, DECAY, NEAR),),
        figures=("S3", "S5"),
    ),
    Claim(
        "C5",
        "A larger momentum saves more updates and costs some accuracy.",
        "validation accuracy at the end, and updates",
        "The difference of momentum 0.98 to decaying rate is below 0, and the ratio of its updates "
        "to those of 5 times the rate is below 1.",
        (
            accuracy_against("momentum 0.98 against decaying rate", MOMENTUM, DECAY, below(0)),
            _fewer(MOMENTUM, RATE, 1.0),
        ),
        figures=("S4", "S5"),
    ),
    Claim(
        "C6",
        "High momentum suppresses the first updates, because its accumulator starts at zero.",
        "training loss at equal epochs",
        "The ratio of momentum 0.98 to 5 times the rate, geometric mean over the first tenth of "
        "the epochs, is above 1.",
        (
            Part(
                "momentum 0.98 against 0.9",
                EpochRatio("loss", MOMENTUM.cell, RATE.cell, window=(0.0, 0.1)),
                above(1),
                "times",
            ),
        ),
        figures=("S3",),
    ),
    Claim(
        "C7",
        "It is the same without momentum and with Adam.",
        "validation accuracy at the end",
        f"For each of the two, the difference of growing batch to decaying rate lies within "
        f"{MARGIN}.",
        (
            accuracy_against("without momentum", SGD_GROW, SGD_DECAY, NEAR),
            accuracy_against("with Adam", ADAM_GROW, ADAM_DECAY, NEAR),
        ),
        figures=("S5", "S6"),
    ),
)


def _printed(condition: str, accuracy: str, updates: str) -> tuple[Published, ...]:
    return (
        Published("final_val_accuracy", "", 0, words=f"{accuracy} %", condition=condition),
        Published("updates", "", 0, words=updates, condition=condition),
    )


# CIFAR-10, Wide ResNet 16-4
PUBLISHED = (
    *_printed("decay", "94.3", "about 80,000"),
    *_printed("grow", "94.4", "about 29,000"),
    *_printed("rate", "94.5", "under 6,500"),
    *_printed("momentum", "93.3", "under 2,500"),
)

FIGURES = (
    Figure(
        "S1",
        "condition_schedule",
        "The schedules",
        "Learning rate, batch size and noise scale by epoch. Decaying rate, hybrid and growing "
        "batch have one course of the noise scale, as long as the batch is small beside the data.",
        frames=("epochs", "conditions"),
        conditions=(*_THREE, "rate", "momentum"),
    ),
    Figure(
        "S2",
        "condition_curves",
        "Three schedules of one noise scale",
        "Training and validation loss of decaying rate, hybrid and growing batch.",
        "By epochs the three curves coincide; by updates the growing batch is far ahead.",
        frames=("epochs", "conditions"),
        quantity="loss val_loss",
        conditions=_THREE,
    ),
    Figure(
        "S3",
        "condition_curves",
        "Fewer updates still",
        "Training loss, validation loss and the distance that the weights move in each epoch, "
        "with 5 times the rate and batch, and with a larger momentum.",
        "A larger rate and batch lose nothing; a momentum of 0.98 trains slowly at first, since "
        "its accumulator has to build up, and loses a little.",
        frames=("epochs", "conditions"),
        quantity="loss val_loss epoch_distance",
        conditions=_FEWER,
    ),
    Figure(
        "S4",
        "condition_table",
        "Updates and accuracy",
        "What each schedule comes to, and the updates that it takes. The paper’s numbers are those "
        "of a wide residual net on CIFAR-10, to compare their order, not their size. " + UNCHECKED,
        frames=("runs", "epochs", "conditions"),
        conditions=_ALL,
        table=ByCondition(OUTCOMES, _ALL),
    ),
    Figure(
        "S5",
        "condition_ends",
        "Accuracy at the end",
        "Validation accuracy after the last epoch, by schedule.",
        "All end alike but for the large momentum.",
        frames=("runs", "epochs", "conditions"),
        quantity="final_val_accuracy",
        conditions=_ALL,
    ),
    Figure(
        "S6",
        "condition_curves",
        "Without momentum, and with Adam",
        "Training and validation loss of decaying rate and growing batch with other optimizers.",
        "The curves of the two schedules coincide for every optimizer.",
        frames=("epochs", "conditions"),
        quantity="loss val_loss",
        conditions=_OTHERS,
    ),
)

LESSONS = (
    Lesson(
        "C1",
        "Where a schedule would lower the rate, raise the batch size by the same factor instead: "
        "it ends as accurate.",
        "Raising the batch size in place of lowering the rate is not the same here.",
    ),
    Lesson(
        "C4",
        "Begin with a larger batch and a rate larger by as much: it saves most of the updates at "
        "no cost in accuracy.",
        "Do not begin with 5 times the batch and rate here: it ends at another accuracy.",
    ),
    Lesson(
        "C5",
        "Raise the momentum only where updates are dear: it saves more of them and costs accuracy.",
        "The larger momentum does not cost accuracy as the paper says.",
    ),
    Lesson(
        "C7",
        "It holds with plain SGD and with Adam as well.",
        "Do not count on it with every optimizer.",
    ),
)

EXPERIMENT = Experiment(
    name="smith",
    title="Growing the batch in place of decaying the rate",
    source="Smith et al., “Don’t Decay the Learning Rate, Increase the Batch Size”, 2018",
    called="paper",
    about=(
        "The noise in the steps of SGD grows with the rate and shrinks with the batch size. So a "
        "schedule that lowers the rate should train like one that raises the batch size by the "
        "same factor, with fewer updates. Here both, and a hybrid, follow one course of the noise "
        "scale; further runs begin with a larger rate and batch, or a larger momentum. Batches "
        "grow to a tenth of the training pictures at most; from there on the rate drops."
    ),
    conditions=(
        DECAY,
        HYBRID,
        GROW,
        RATE,
        MOMENTUM,
        SGD_DECAY,
        SGD_GROW,
        ADAM_DECAY,
        ADAM_GROW,
    ),
    base_rate=0.0025,
    sizes=(
        Size("smoke", epochs=6, base_rate=0.02, base_batch_size=8),
        Size("quick", epochs=40, base_rate=0.02, base_batch_size=8),
        Size("cpu", epochs=90, base_rate=0.01, seeds=3),
    ),
    published=PUBLISHED,
    figures=FIGURES,
    claims=CLAIMS,
    lessons=LESSONS,
    remedies=tuple(
        # no batch is large from the beginning at an unchanged rate: there is no gap to share out
        Remedy(title, DECAY.cell, condition.cell)
        for title, condition in (
            ("growing batch", GROW),
            ("growing batch, 5 × the rate and batch", RATE),
            ("growing batch, momentum 0.98", MOMENTUM),
        )
    ),
    departures=(
        Departure(
            "pictures",
            "50,000 of CIFAR-10 at 32 pixels, 10 classes, augmented",
            "{pictures} of cats and dogs at {pixels} pixels, as they are",
            "what this machine trains in the time there is",
        ),
        Departure(
            "net",
            "wide residual net 16-4",
            "the article’s net (“{model}”)",
            "one net for all chapters",
        ),
        Departure(
            "epochs",
            "200, changes after 60, 120 and 160",
            "{epochs}, changes at the same shares of them",
            "time",
        ),
        Departure(
            "batch sizes",
            "128 at first, at most 5,120 (a tenth of the data)",
            "the smallest of this study at first, at most a tenth of the data",
            "the same factors",
        ),
        Departure("runs of each condition", "several", "{seeds}", "time"),
    ),
)
