"""What an experiment does against the gap between a small and a large batch, declared."""

from dataclasses import dataclass

from study.experiments.cells import Cell


@dataclass(frozen=True)
class Remedy:
    """One remedy: the small batch, the large one without it, and with it.

    An experiment that lists some in ``Experiment.remedies`` has rows in the chapter that ties
    studies together (``python -m study remedies``).

    Attributes:
        title: what is done to the large batch, as a reader sees it.
        small: the goal.
        cell: trained with the remedy.
        large: trained without it.
        quantity: an accuracy, the higher the better.
        updates, examples, seconds: names of the quantities that it costs.
    """

    title: str
    small: Cell
    cell: Cell
    large: Cell
    quantity: str = "final_val_accuracy"
    updates: str = "updates"
    examples: str = "examples"
    seconds: str = "seconds"

    @property
    def costs(self) -> dict[str, str]:
        """What is paid -> the quantity that says how much."""
        return {"updates": self.updates, "examples": self.examples, "seconds": self.seconds}
