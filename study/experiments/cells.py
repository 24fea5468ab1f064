"""Cells and arms: the batch sizes and learning rates of an experiment.

A cell is a batch size with a learning rate given as a multiple of the study's base rate, so that
one declaration serves the article's rate and the other rates that small data sets need.
"""

from dataclasses import dataclass, replace


def round_rate(rate: float) -> float:
    """``rate`` to 12 significant digits, so that equal rates reached in two ways are equal."""
    return float(f"{rate:.12g}")


@dataclass(frozen=True)
class Cell:
    """A batch size, a multiple of the base rate, and one device or several.

    Where an experiment compares conditions, the name of one stands for batch size and rate.
    """

    batch_size: int
    multiple: float = 1.0
    several_devices: bool = False
    condition: str = ""

    def rate(self, base_rate: float) -> float:
        """The learning rate of this cell in a study with that base rate."""
        return round_rate(base_rate * self.multiple)

    def on_several(self) -> "Cell":
        """The same cell on several devices."""
        return replace(self, several_devices=True)


@dataclass(frozen=True)
class Arm:
    """A rule for the learning rate: ``base * factor * (batch size / reference) ** power``."""

    name: str
    title: str
    factor: float = 1.0
    power: float = 0.0
    reference: int = 32

    def multiple(self, batch_size: int) -> float:
        """The multiple of the base rate at this batch size."""
        return self.factor * (batch_size / self.reference) ** self.power

    def rate(self, base_rate: float, batch_size: int) -> float:
        """The learning rate at this batch size."""
        return round_rate(base_rate * self.multiple(batch_size))

    def cell(self, batch_size: int) -> Cell:
        """The cell of this arm at this batch size, on one device."""
        return Cell(batch_size, self.multiple(batch_size))
