"""What a person choosing a batch size takes from the article's claims, by their verdicts."""

from study.experiments.conditions import Lesson

LESSONS = (
    Lesson(
        "C5",
        "At one learning rate a small batch is done sooner: the epochs of a large one are shorter, "
        "but it needs more of them than it saves.",
        "At one learning rate a large batch is no later at its minimum here.",
    ),
    Lesson(
        "C2",
        "At one learning rate a large batch also ends at a higher validation loss.",
        "A large batch does not end at a higher validation loss here, not even at one learning "
        "rate: nothing but time speaks against it.",
    ),
    Lesson(
        "C16",
        "So change the rate with the batch: multiplying both by the same factor wins back most of "
        "the validation loss.",
        "Multiplying the rate by as much as the batch does not win back most of the validation "
        "loss here: tune the rate of each batch size.",
    ),
    Lesson(
        "C17",
        "With the rate multiplied too, a large batch reaches its minimum in about as many epochs, "
        "and sooner.",
        "Even with the rate multiplied too, a large batch is not sooner at its minimum here: judge "
        "by the seconds to a loss, not by those of an epoch.",
    ),
    Lesson(
        "C20",
        "Tune the rate before you blame the batch: at eight times the rate 64 beats 32.",
        "At eight times the rate 64 does not beat 32 here.",
    ),
    Lesson(
        "C21",
        "Each batch size has a rate of its own: the base rate for 32, eight times that for more.",
        "The base rate is not the best for 32 here, or eight times that not for a larger batch: "
        "try several rates for each batch size.",
    ),
    Lesson(
        "C14",
        "Small batches end in flatter minima, by epsilon-sharpness.",
        "Small batches do not end in flatter minima here: flatness is no reason to choose one.",
    ),
)
