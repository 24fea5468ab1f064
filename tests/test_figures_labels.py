"""Names beside the ends of lines."""

from itertools import combinations

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.transforms import Bbox

from reports.figures.labels import Named, label_lines
from reports.figures.panel import panel
from reports.figures.theme import drawing

INK = "#1d2129"


def named(ax: Axes, courses: dict[str, tuple[list[float], list[float]]]) -> dict[str, Bbox]:
    """Where the names of lines are written, in points, after the lines were drawn."""
    for x, y in courses.values():
        ax.plot(x, y, color=INK, marker="o")
    lines = [Named(x, y, name, INK) for name, (x, y) in courses.items()]
    label_lines(ax, lines)
    ax.figure.draw_without_rendering()
    return {text.get_text(): text.get_window_extent() for text in ax.texts}


def covered(ax: Axes, box: Bbox) -> int:
    """How many of many points along the drawn lines lie under a name."""
    count = 0
    for line in ax.lines:
        x, y = line.get_xdata(), line.get_ydata()
        places = np.linspace(0, len(x) - 1, 2000)
        across, up = (np.interp(places, range(len(each)), each) for each in (x, y))
        points = ax.transData.transform(np.column_stack([across, up]))
        count += int(sum(box.contains(*point) for point in points))
    return count


def axes() -> Axes:
    _, ax = panel(right=60)
    ax.set_xlim(0, 10)
    ax.set_ylim(0, 10)
    return ax


def test_a_line_that_ends_under_others_is_named_where_none_is() -> None:
    with drawing():
        ax = axes()
        crossing = [([1.0, 9.0], [y, y + 1.0]) for y in (4.2, 4.9, 5.6)]
        boxes = named(
            ax,
            {"2,048": ([1.0, 5.0], [1.0, 5.0]), **{str(i): xy for i, xy in enumerate(crossing)}},
        )
    assert set(boxes) == {"2,048", "0", "1", "2"}
    assert [covered(ax, box) for box in boxes.values()] == [0, 0, 0, 0]
    assert not any(first.overlaps(second) for first, second in combinations(boxes.values(), 2))


def test_lines_that_go_farthest_are_named_in_a_column_at_the_right() -> None:
    with drawing():
        ax = axes()
        boxes = named(ax, {"8": ([1, 9], [5, 5]), "16": ([1, 9], [5, 5.1]), "32": ([1, 6], [2, 2])})
    right = ax.transData.transform((9, 5))[0]
    assert boxes["8"].x0 == pytest.approx(boxes["16"].x0, abs=1.5)
    assert boxes["8"].x0 > right
    assert boxes["16"].y0 > boxes["8"].y0
    assert boxes["32"].x0 < right


def test_a_name_stands_nearest_to_its_own_line() -> None:
    with drawing():
        ax = axes()
        boxes = named(
            ax, {"8": ([2, 5], [6, 6]), "16": ([2, 5.6], [5.8, 5.2]), "32": ([1, 9], [1, 1])}
        )
    ends = {"8": [(2, 6), (5, 6)], "16": [(2, 5.8), (5.6, 5.2)]}
    for name, other in (("8", "16"), ("16", "8")):
        middle = (boxes[name].p0 + boxes[name].p1) / 2
        own, others = (
            min(np.hypot(*(ax.transData.transform(end) - middle)) for end in ends[key])
            for key in (name, other)
        )
        assert own < others


def test_reversed_axes_and_one_point() -> None:
    with drawing():
        ax = axes()
        ax.invert_xaxis()
        boxes = named(ax, {"8": ([1.0, 9.0], [2.0, 3.0]), "16": ([5.0], [8.0])})
    # the end at the right is that of the lowest x
    assert boxes["8"].x0 > ax.transData.transform((1, 2))[0]
    assert covered(ax, boxes["16"]) == 0


def test_nothing_to_name() -> None:
    with drawing():
        ax = axes()
        assert named(ax, {}) == {}
