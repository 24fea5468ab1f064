"""The set-up of a source, as far as a study may deviate from it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class SetUp:
    """What the source trained on and how, to be set beside what a study did.

    Attributes:
        data: its pictures, in words.
        examples, train_examples: usable pictures, and those trained on.
        image_size: side in pixels.
        model: a name of ``study.model.VARIANTS``, as its text describes it.
        patience: epochs without a lower validation loss that end a run.
        seeds: runs of each cell.
        devices: what it ran on, in words.
        reshuffle: whether the order of the pictures changes from epoch to epoch.
    """

    data: str
    examples: int
    train_examples: int
    image_size: int
    model: str
    patience: int
    seeds: int
    devices: str
    reshuffle: bool = False
