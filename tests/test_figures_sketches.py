"""The sketches and the diagram of the model."""

import numpy as np
import pytest

from reports.figures.model_diagram import diagram, draw_model, shape_of
from reports.figures.panel import panel
from reports.figures.sketches import (
    FLAT,
    SHARP,
    SHIFT,
    A,
    B,
    draw_average,
    draw_minima,
    draw_triangle,
    sketched_loss,
)
from reports.figures.theme import drawing

LAYERS = [
    {"name": "input", "kind": "InputLayer", "output_shape": [None, 32, 32, 3], "parameters": 0},
    {"name": "conv_1", "kind": "Conv2D", "output_shape": [32, 32, 4], "parameters": 112},
    {"name": "pool_1", "kind": "MaxPooling2D", "output_shape": [8, 8, 4], "parameters": 0},
    {"name": "output", "kind": "Dense", "output_shape": [1], "parameters": 5},
]


def test_sketch_shows_what_it_says() -> None:
    flat, sharp = sketched_loss(np.array([FLAT, SHARP]))
    assert flat == pytest.approx(sharp, abs=0.25)
    shifted = sketched_loss(np.array([FLAT - SHIFT, SHARP - SHIFT]))
    assert shifted[0] - flat < 0.1
    assert shifted[1] - sharp > 0.6


def test_minima_are_labelled() -> None:
    with drawing():
        _, ax = panel()
        draw_minima(ax)
    assert {"flat minimum", "sharp minimum"} <= {text.get_text() for text in ax.texts}
    train, test = ax.lines[0].get_ydata(), ax.lines[1].get_ydata()
    assert train[100] == pytest.approx(sketched_loss(np.array([ax.lines[0].get_xdata()[100]]))[0])
    assert not np.allclose(train, test)


@pytest.mark.parametrize("draw", [draw_average, draw_triangle])
def test_arrows_obey_the_inequality(draw) -> None:
    with drawing():
        _, ax = panel()
        draw(ax)
    arrows = [note for note in ax.texts if note.get_text() == ""]
    lengths = [np.hypot(*(np.array(note.xy) - np.array(note.xyann))) for note in arrows]
    assert len(lengths) == 3
    if draw is draw_average:
        assert lengths[2] == pytest.approx(np.linalg.norm(A + B) / 2)
        assert lengths[2] < (lengths[0] + lengths[1]) / 2
    else:
        assert lengths[2] < lengths[0] + lengths[1]


def test_shape_without_batch_axis() -> None:
    assert shape_of(LAYERS[0]) == (32, 32, 3)
    assert shape_of({"output_shape": "32"}) == ()
    assert shape_of({"output_shape": [float("inf"), "x", 3]}) == (3,)
    assert shape_of({}) == ()


def test_model_diagram() -> None:
    with drawing():
        figure, ax = diagram(LAYERS)
        draw_model(ax, LAYERS)
    assert figure.get_figheight() * 72 == pytest.approx(24 * 5 + 8)
    texts = [text.get_text() for text in ax.texts]
    assert texts[:3] == ["layer", "output shape", "parameters"]
    assert texts[3:6] == ["input", "32 × 32 × 3", ""]
    assert texts[6:9] == ["conv_1", "32 × 32 × 4", "112"]
    widths = [box.get_width() for box in ax.patches[::2]]
    assert widths[0] == widths[1]
    assert widths[2] == pytest.approx(widths[1] / 2)
