"""What experiments of conditions declare alike: margin, accuracy at the end, table, real size."""

from study.experiments.declare import (
    Condition,
    Departure,
    EpochRatio,
    Part,
    Range,
    Size,
    below,
    difference,
)

# Of the accuracy: no wider than the smallest losses that these papers call losses, or a margin of
# "as accurate" would pass what they say costs accuracy. Goyal et al. lose 0.0124 without warm-up,
# 0.0228 with a constant one, 0.0262 by the square root; Smith et al. 0.010 by a momentum of 0.98.
MARGIN = 0.01
NEAR = Range(-MARGIN, MARGIN)
# factor by which curves that "coincide" may lie apart, in the mean over the epochs
CURVES = 1.1
# no copy of these papers was at hand
UNCHECKED = "They are quoted from memory: look them up before citing them."
NOT_QUOTED = (
    "The numbers that the paper prints are not quoted, as no copy of it was at hand to look them "
    "up; what it found is told in words, from memory."
)
ACCURACY = "in accuracy"
OUTCOMES = (
    "min_val_loss",
    "val_accuracy_at_min",
    "final_val_accuracy",
    "final_val_loss",
    "updates",
    "examples",
    "epochs",
    "seconds",
)


def real_size(
    epochs: int,
    base_rate: float,
    seeds: int = 3,
    base_batch_size: int = 32,
    target: float | None = None,
    pictures: int | None = None,
) -> Size:
    """The size ``cpu``: the real pictures as a small machine affords them, at 32 pixels.

    The net is the article's without dropout: with it, 60 epochs of Goyal's small batch at a rate
    of 0.04 end at a training loss of 0.55, without it at 0.22 (one run each, with a seed that no
    study has), and papers about generalisation speak of nets that have learned their pictures.
    """
    return Size(
        "cpu",
        epochs=epochs,
        base_rate=base_rate,
        base_batch_size=base_batch_size,
        target=target,
        pictures=pictures,
        seeds=seeds,
        image_size=32,
        model="plain",
    )


def accuracy_against(name: str, first: Condition, second: Condition, claimed: Range) -> Part:
    """The difference of two conditions' validation accuracies after the last epoch."""
    effect = difference("final_val_accuracy", first.cell, second.cell)
    return Part(name, effect, claimed, ACCURACY)


def curves_apart(
    name: str,
    column: str,
    first: Condition,
    second: Condition,
    window: tuple[float, float] = (0.0, 1.0),
) -> Part:
    """How far two conditions' curves of a loss lie apart, whichever is above."""
    effect = EpochRatio(column, first.cell, second.cell, apart=True, window=window)
    return Part(name, effect, below(CURVES), "times")


def other_pictures(source: str) -> Departure:
    """That a study is made on other pictures than those of its source, and why."""
    return Departure(
        "pictures",
        source,
        "{pictures} of cats and dogs at {pixels} pixels",
        "what this machine trains in the time there is",
    )
