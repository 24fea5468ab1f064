"""Where conditions end, by the artists' data, and batch sizes in figures of conditions."""

import pandas as pd
import pytest

from reports.figures.against import draw_against
from reports.figures.conditions import draw_ends
from reports.figures.panel import panel
from reports.figures.theme import drawing, light

COLOURS = {"small": light("ink"), "large": light("accent")}
TITLES = {"small": "small batch", "large": "large batch"}


def ends(small: list[float], large: list[float]) -> pd.DataFrame:
    rows = [("small", value) for value in small] + [("large", value) for value in large]
    return pd.DataFrame(rows, columns=["condition", "value"])


@pytest.mark.parametrize(
    ("frame", "scale"),
    [
        (ends([9.0, 11.0], [450.0, 499.0]), "log"),
        (ends([0.60, 0.62], [0.66, 0.64]), "linear"),
        (ends([-1.0, 0.0], [450.0, 499.0]), "linear"),
    ],
)
def test_ends_stand_on_an_axis_that_keeps_them_apart(frame: pd.DataFrame, scale: str) -> None:
    with drawing():
        _, ax = panel(left=172, right=50)
        draw_ends(ax, frame, TITLES, COLOURS, "sharpness")
    assert ax.get_xscale() == scale
    low, high = ax.get_xlim()
    assert low < frame["value"].min() and frame["value"].max() < high
    means = [line.get_xdata()[0] for line in ax.lines if len(line.get_xdata()) == 2]
    assert means == pytest.approx(frame.groupby("condition", sort=False)["value"].mean().tolist())
    # numbers stand beside the panel
    assert all(text.get_position()[0] > high for text in ax.texts)


def test_batch_sizes_on_an_axis_have_their_thousands_parted() -> None:
    frame = pd.DataFrame({"x": [256, 1024], "seed": 0, "value": [1.0, 1.1]})
    means = frame.assign(low=float("nan"), high=float("nan"))
    with drawing():
        _, ax = panel()
        draw_against(ax, frame, means, ("batch size", "loss"), light("accent"))
    assert [label.get_text() for label in ax.get_xticklabels()] == ["256", "1,024"]
