"""A search for the model that made a source's figures, declared."""

from dataclasses import dataclass

from study.experiments.cells import Cell


@dataclass(frozen=True)
class ModelSearch:
    """Which variants of the model are trained at which cells, and what they are held against.

    How well a variant fits is the mean, over the printed numbers, of the distance of its own
    number from the printed one: ``|log(ours / printed)|``, and 0 within a printed range.

    Attributes:
        variants: names of ``study.model.VARIANTS``.
        cells: batch sizes and rates that every variant is trained at.
        arm: name of the arm whose printed numbers they are held against.
        quantities: of these quantities.
        question: what is searched for, a heading.
        text: what a reader must know of it.
    """

    variants: tuple[str, ...]
    cells: tuple[Cell, ...]
    arm: str
    quantities: tuple[str, ...]
    question: str
    text: str

    def runs(self, base_rate: float, batch_sizes: tuple[int, ...]) -> list[tuple[str, int, float]]:
        """(variant, batch size, learning rate) of the cells whose batch size the study has."""
        return [
            (variant, cell.batch_size, cell.rate(base_rate))
            for variant in self.variants
            for cell in self.cells
            if cell.batch_size in batch_sizes
        ]
