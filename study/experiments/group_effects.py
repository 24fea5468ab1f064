"""Kinds of effects that compare groups of cells, such as all rates of a batch size."""

from dataclasses import dataclass

from study.experiments.cells import Cell


@dataclass(frozen=True)
class Group:
    """Cells that belong together, such as a batch size at all base rates.

    Attributes:
        title: as a reader sees it.
        edges: those of the cells at an end of what was tried: beyond them may be better.
    """

    title: str
    cells: tuple[Cell, ...]
    edges: tuple[Cell, ...] = ()

    def __add__(self, other: "Group") -> "Group":
        """Both groups as one."""
        cells, edges = self.cells + other.cells, self.edges + other.edges
        return Group(f"{self.title} and {other.title}", cells, edges)


@dataclass(frozen=True)
class BestAgainstBest:
    """The best cell of one group minus the best of another, each chosen without the seed at hand.

    In each seed the best cell of a group is the one with the highest mean over the other seeds,
    so that none wins by luck in the seed that it is judged by. Cells with a diverged run do not
    compete. With one seed there is nothing to choose by. The interval is wider than that of a plain
    difference, since every seed takes part in the choices of the others (``chosen_interval``).
    """

    quantity: str
    first: Group
    second: Group


@dataclass(frozen=True)
class StableCells:
    """How many more cells of one group than of another train stably.

    A run does if it completes and ends at most ``within`` below the highest value of its seed
    among the cells of both groups and ``beside``.
    """

    quantity: str
    first: Group
    second: Group
    beside: tuple[Cell, ...] = ()
    within: float = 0.1
