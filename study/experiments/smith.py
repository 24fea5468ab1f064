"""Smith et al. 2018: growing the batch in place of decaying the rate, declared."""

from study.experiments.condition_parts import OUTCOMES, UNCHECKED, real_size
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
from study.experiments.smith_claims import (
    ADAM_DECAY,
    ADAM_GROW,
    CLAIMS,
    DECAY,
    GROW,
    HYBRID,
    LARGE,
    MOMENTUM,
    NESTEROV_DECAY,
    NESTEROV_GROW,
    RATE,
    SGD_DECAY,
    SGD_GROW,
)

_THREE = ("decay", "hybrid", "grow")
_FEWER = ("decay", "grow", "rate", "momentum")
_OTHERS = (
    *("sgd-decay", "sgd-grow", "nesterov-decay", "nesterov-grow"),
    *("adam-decay", "adam-grow"),
)
_ENDS = (*_THREE, "rate", "momentum", *_OTHERS)
_ALL = (*_ENDS, "large")


def _printed(condition: str, accuracy: str, updates: str) -> tuple[Published, ...]:
    return (
        Published("final_val_accuracy", "", 0, words=accuracy, condition=condition),
        Published("updates", "", 0, words=updates, condition=condition),
    )


# CIFAR-10, Wide ResNet 16-4
PUBLISHED = (
    *_printed("decay", "0.943", "about 80,000"),
    *_printed("grow", "0.944", "about 29,000"),
    *_printed("rate", "0.945", "under 6,500"),
    *_printed("momentum", "0.933", "under 2,500"),
)

FIGURES = (
    Figure(
        "S1",
        "condition_schedule",
        "The schedules",
        "Learning rate, batch size and noise scale by epoch. Decaying rate, hybrid and growing "
        "batch have one course of the noise scale, as long as the batch is small beside the data.",
        conditions=(*_THREE, "rate", "momentum"),
    ),
    Figure(
        "S2",
        "condition_curves",
        "Three schedules of one noise scale",
        "Training and validation loss of decaying rate, hybrid and growing batch.",
        "By epochs the three curves coincide; by updates the growing batch is far ahead.",
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
        quantity="loss val_loss epoch_distance",
        conditions=_FEWER,
    ),
    Figure(
        "S4",
        "condition_table",
        "Updates and accuracy",
        "What each schedule comes to, and the updates that it takes. The paper’s numbers are those "
        "of a wide residual net on CIFAR-10, to compare their order, not their size. " + UNCHECKED,
        conditions=_ALL,
        table=ByCondition(OUTCOMES, _ALL),
    ),
    Figure(
        "S5",
        "condition_ends",
        "Accuracy at the end",
        "Validation accuracy after the last epoch, by schedule.",
        "All end alike but for the large momentum.",
        quantity="final_val_accuracy",
        conditions=_ENDS,
    ),
    Figure(
        "S6",
        "condition_curves",
        "Other optimizers",
        "Training and validation loss of decaying rate and growing batch without momentum, with "
        "Nesterov’s and with Adam.",
        "The curves of the two schedules coincide for every optimizer.",
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
        "C3",
        "A growing batch makes far fewer updates than a decaying rate in as many epochs, and 5 "
        "times the rate and batch fewer still: time saved where large batches are computed faster.",
        "A growing batch saves few updates here.",
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
        "It holds with plain SGD, with Nesterov’s momentum and with Adam as well.",
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
        "grow to a tenth of the training pictures at most; from there on the rate drops. A batch "
        "that begins there does not grow at all: which does is told under what deviates."
    ),
    conditions=(
        DECAY,
        HYBRID,
        GROW,
        RATE,
        MOMENTUM,
        SGD_DECAY,
        SGD_GROW,
        NESTEROV_DECAY,
        NESTEROV_GROW,
        ADAM_DECAY,
        ADAM_GROW,
        LARGE,
    ),
    base_rate=0.0025,
    sizes=(
        Size("smoke", epochs=6, base_rate=0.02, base_batch_size=8),
        Size("quick", epochs=40, base_rate=0.02, base_batch_size=8),
        # Goyal's small batch learns best at this rate, in as many epochs
        real_size(epochs=60, base_rate=0.02),
    ),
    published=PUBLISHED,
    figures=FIGURES,
    claims=CLAIMS,
    lessons=LESSONS,
    remedies=tuple(
        Remedy(title, DECAY.cell, condition.cell, LARGE.cell)
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
            "the smallest of this study at first, grown to at most a tenth of the data",
            "the same factors",
        ),
        Departure(
            "momentum where the rate changes",
            "a new rate acts at once",
            "Keras’s, which keeps past gradients at their rates: a new one acts over some 10 "
            "updates, with momentum 0.98 over some 50, which are several epochs where a batch is "
            "a tenth of the pictures",
            "Keras’s own optimizer in all chapters",
        ),
        Departure(
            "a large batch from the beginning",
            "none",
            f"“{LARGE.title}”, at the rate of the small one",
            "without it there is no gap between batch sizes that growing batches could close",
        ),
        Departure("runs of each condition", "several", "{seeds}", "time"),
    ),
)
