"""Landscapes as surfaces: what is drawn, in which order, and where on the paper."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.patches import PathPatch, Polygon
from scipy.spatial.transform import Rotation

from reports.figures.landscape import contour_levels
from reports.figures.panel import panel
from reports.figures.surface import Box, draw_surface
from reports.figures.theme import HEAT_LEVELS, drawing, heat
from tests.make_plane import plane


def drawn(frame: pd.DataFrame, *others: pd.DataFrame) -> tuple[Axes, Box, np.ndarray]:
    levels = contour_levels([frame, *others])
    box = Box.of([frame, *others], levels)
    with drawing():
        _, ax = panel()
        assert draw_surface(ax, frame, levels=levels, box=box) is ax
    return ax, box, levels


def fills(ax: Axes) -> list[Polygon]:
    return [patch for patch in ax.patches if isinstance(patch, Polygon) and patch.get_fill()]


def meshes(ax: Axes) -> list[np.ndarray]:
    found = [patch for patch in ax.patches if isinstance(patch, PathPatch)]
    return [np.asarray(patch.get_path().vertices) for patch in found]


def test_places_are_those_of_a_turned_and_tilted_eye() -> None:
    box = Box(2.0, 0.1, 10.0)
    rng = np.random.default_rng(0)
    alpha, beta = rng.uniform(-2, 2, (2, 20))
    loss = 10 ** rng.uniform(-1, 1, 20)
    # the floor turned about the upright, then the whole tilted towards the eye
    turn = Rotation.from_euler("zx", [-26, 48], degrees=True)
    solid = np.stack([alpha / 2, beta / 2, 0.8 * (np.log10(loss) + 1) / 2], axis=1)
    x, _, z = turn.apply(solid).T
    assert box.on_paper(alpha, beta, loss) == pytest.approx(np.stack([x, z], axis=1))


def test_losses_beyond_the_box_are_cut_off() -> None:
    box = Box(1.0, 0.1, 10.0)
    assert box.on_paper(0, 0, 1e6) == pytest.approx(box.on_paper(0, 0, 10.0))
    assert box.on_paper(0, 0, 0.01) == pytest.approx(box.on_paper(0, 0, 0.1))


def test_panels_that_are_compared_share_their_box() -> None:
    small, large = plane(1, side=0.5), plane(5)
    levels = contour_levels([small, large])
    assert Box.of([small, large], levels) == Box(1.0, levels[0], levels[-1])
    first, second = drawn(small, large)[0], drawn(large, small)[0]
    floor = [np.asarray(ax.patches[0].get_path().vertices) for ax in (first, second)]
    assert floor[0] == pytest.approx(floor[1])
    assert [text.get_text() for text in first.texts] == [text.get_text() for text in second.texts]


def test_a_shade_a_cell_and_every_cell_once() -> None:
    frame = plane(1)
    ax, box, levels = drawn(frame)
    loss = frame.pivot_table(index="beta", columns="alpha", values="loss").to_numpy()
    areas: dict[str, float] = {}
    for patch in fills(ax):
        colour = to_hex(patch.get_facecolor())
        areas[colour] = areas.get(colour, 0.0) + area(np.asarray(patch.get_xy())[:-1])
    expected: dict[str, float] = {}
    ticks = np.linspace(-1, 1, 5)
    for i in range(4):
        for j in range(4):
            corners = [(i, j), (i, j + 1), (i + 1, j + 1), (i + 1, j)]
            mean = np.exp(np.mean([np.log(loss[corner]) for corner in corners]))
            shade = min(max(int(np.searchsorted(levels, mean, side="right")) - 1, 0), 9)
            places = [box.on_paper(ticks[b], ticks[a], loss[a, b]) for a, b in corners]
            expected[heat(shade)] = expected.get(heat(shade), 0.0) + area(np.array(places))
    assert HEAT_LEVELS == 10
    assert areas == pytest.approx(expected)
    assert len(areas) > 2


def area(corners: np.ndarray) -> float:
    """Signed, by the shoelace formula."""
    x, y = corners.T
    return float(np.sum(x * np.roll(y, -1) - y * np.roll(x, -1)) / 2)


def test_the_nearest_is_drawn_last() -> None:
    frame = plane(1)
    ax, box, _ = drawn(frame)
    edges = frame.pivot_table(index="beta", columns="alpha", values="loss")
    lines = meshes(ax)
    assert len(lines) == 4
    for vertices, beta in zip(lines, [0.5, 0.0, -0.5, -1.0], strict=True):
        near = box.on_paper(edges.columns.to_numpy(), beta, edges.loc[beta].to_numpy())
        assert vertices[:5] == pytest.approx(near)
    orders = [patch.get_zorder() for patch in ax.patches]
    assert len(set(orders)) == 1, "patches of one z-order are drawn as they were added"


def test_cells_with_a_hole_stay_open() -> None:
    frame = plane(1)
    frame.loc[12, "loss"] = np.nan  # the middle of 5 x 5
    ax, *_ = drawn(frame)
    outlines = np.concatenate([np.asarray(patch.get_xy()) for patch in fills(ax)])
    assert np.isfinite(outlines).all()
    whole = drawn(plane(1))[0]
    cells = [sum(area(np.asarray(p.get_xy())[:-1]) for p in fills(each)) for each in (ax, whole)]
    assert 0 < cells[0] < cells[1]
    assert all(np.isfinite(vertices).all() for vertices in meshes(ax))


def test_a_loss_of_zero_is_at_the_floor_and_no_hole() -> None:
    frame = plane(1)
    frame.loc[12, "loss"] = 0.0  # the middle of 5 x 5
    ax, box, levels = drawn(frame)
    frame.loc[12, "loss"] = levels[0]
    lowest = drawn(frame)[0]
    for patch, other in zip(fills(ax), fills(lowest), strict=True):
        assert patch.get_xy() == pytest.approx(np.asarray(other.get_xy()))
        assert patch.get_facecolor() == other.get_facecolor()
    assert box.low == levels[0] > 0


@pytest.mark.parametrize("rows", [1, 5])
def test_a_point_or_a_line_has_no_surface(rows: int) -> None:
    ax, *_ = drawn(plane(1).iloc[:rows])
    assert not fills(ax)


def test_the_scale_names_floor_and_top() -> None:
    ax, box, _ = drawn(plane(5))
    texts = [text.get_text() for text in ax.texts]
    assert texts[:2] == ["first direction", "second direction"]
    assert texts[-1] == "loss"
    assert float(texts[2]) == pytest.approx(box.low, rel=0.05)
    assert float(texts[4]) == pytest.approx(box.high, rel=0.05)
