"""What the experiments of conditions declare alike: the margin, accuracy at the end, the table."""

from study.experiments.declare import Condition, Departure, Part, Range, difference

# of the accuracy: a sixth of what Goyal et al. lose where the rate is not scaled
MARGIN = 0.03
NEAR = Range(-MARGIN, MARGIN)
# no copy of these papers was at hand
UNCHECKED = "They are quoted from memory: look them up before citing them."
ACCURACY = "of the accuracy"
OUTCOMES = (
    "min_val_loss",
    "val_accuracy_at_min",
    "final_val_accuracy",
    "updates",
    "examples",
    "epochs",
    "seconds",
)


def accuracy_against(name: str, first: Condition, second: Condition, claimed: Range) -> Part:
    """The difference of two conditions' validation accuracies after the last epoch."""
    effect = difference("final_val_accuracy", first.cell, second.cell)
    return Part(name, effect, claimed, ACCURACY)


def other_pictures(source: str) -> Departure:
    """That a study is made on other pictures than those of its source, and why."""
    return Departure(
        "pictures",
        source,
        "{pictures} of cats and dogs at {pixels} pixels",
        "what this machine trains in the time there is",
    )
