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
        split: how it chose the pictures to train on, in words; "" for those of its data's order.
        shuffle_buffer: pictures in the buffer that its order is drawn through; 0 for all.
        landscape_points: points along each axis of its grid about a minimiser.
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
    split: str = ""
    shuffle_buffer: int = 0
    landscape_points: int = 0
