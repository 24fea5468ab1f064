"""Sections without curves: pictures, the model, sketches, and those that are a table only."""

import base64
import io

import numpy as np
import pandas as pd
from PIL import Image

from reports.exhibits.exhibit import Exhibit, Key, absent, draw, one_device_only
from reports.figures.model_diagram import diagram, draw_model, shape_of
from reports.figures.panel import panel
from reports.figures.sketches import draw_average, draw_minima, draw_triangle
from reports.study_view import StudyView, seeds_in
from reports.wording import as_number, as_text, whole
from study.experiments.declare import ByBatchSize, Figure
from study.experiments.quantities import QUANTITIES
from study.summarise.circumstances import company
from study.words import counted

_TIMES_ON_LOGICAL = (
    "The runs on several devices used logical devices of one processor: they show that N devices "
    "compute what one computes, their times say nothing about speed."
)
_TIMES_ON_SEVERAL = (
    "Seconds an epoch hold the validation, which Keras prepares anew in every epoch on several "
    "devices."
)
_SMALL_PICTURE = 48  # pixels; larger ones are stored as JPEG to keep the page small
_QUALITY = 88


def sample_pictures(view: StudyView, figure: Figure) -> Exhibit:
    """Sample pictures, or a sentence on why the page has none."""
    source = as_text(view.data.get("source"), 120) or "unnamed"
    if view.pictures is None:
        return Exhibit(
            missing=f"Pictures of the data set ({source}) are not included in this page."
        )
    images, labels = view.pictures["images"], view.pictures["labels"]
    names = view.data.get("class_names")
    names = [as_text(name, 40) for name in names] if isinstance(names, list) else []
    encoded = tuple(
        (_picture_uri(image), _class_name(names, int(label)))
        for image, label in zip(images, labels, strict=True)
    )
    side = images.shape[1]
    drawn = "drawn by this project’s own code" if view.embedded else f"from {source}"
    caption = f"{counted(len(images), 'picture')} {drawn}, {side} × {side} pixels."
    return Exhibit(pictures=encoded, caption=caption)


def model_diagram(view: StudyView, figure: Figure) -> Exhibit:
    """The layers of the net, from what the study stored."""
    if not view.layers:
        return absent(view, figure)
    shapes = [" × ".join(map(str, shape_of(layer))) for layer in view.layers]
    texts = [
        f"{as_text(layer.get('name'), 40)} {shape}"
        for layer, shape in zip(view.layers, shapes, strict=True)
    ]
    drawing = draw(
        view,
        f"{figure.id}-model",
        f"The layers from the picture to the answer with their output shapes: {', '.join(texts)}.",
        lambda ax: draw_model(ax, view.layers),
        make=lambda: diagram(view.layers),
    )
    counts = [as_number(layer.get("parameters")) for layer in view.layers]
    data = pd.DataFrame(
        {
            "layer": [as_text(layer.get("name"), 60) for layer in view.layers],
            "kind": [as_text(layer.get("kind"), 60) for layer in view.layers],
            "output_shape": shapes,
            "parameters": counts,
        }
    )
    keys = (
        Key("picture", "unsure", "filled"),
        Key("convolution", "accent", "filled"),
        Key("dense", "good", "filled"),
        Key("without parameters", "muted", "filled"),
    )
    name = as_text(view.settings.get("model"), 60)
    caption = f"{whole(np.nansum(counts))} parameters in all (model “{name}”)."
    return Exhibit((drawing,), keys, caption, data)


def minima_sketch(view: StudyView, figure: Figure) -> Exhibit:
    """Sketch of a flat and a sharp minimum."""
    drawing = draw(
        view,
        f"{figure.id}-sketch",
        "Sketch: a training curve with a wide and a narrow minimum and the test curve, the same a "
        "little to the side. At the wide minimum the test loss is hardly higher, at the narrow "
        "one much higher.",
        draw_minima,
        make=lambda: panel(left=14, right=14, bottom=26),
    )
    keys = (
        Key("training loss (solid)", "accent", "line"),
        Key("test loss (dashed)", "ink", "dashed"),
    )
    return Exhibit((drawing,), keys, "A sketch, not a measurement.")


def gradient_sketch(view: StudyView, figure: Figure) -> Exhibit:
    """Sketch of why the mean of two gradients is short; the measured ratio is in the table."""
    drawings = tuple(
        draw(
            view,
            f"{figure.id}-{name}",
            label,
            paint,
            make=lambda: panel(left=4, right=4, bottom=4, top=4, height=256),
            title=title,
        )
        for name, title, paint, label in (
            (
                "average",
                "One step of a batch of two",
                draw_average,
                "Sketch: arrows a and b from one point and the arrow (a + b) / 2 between them, "
                "shorter than both.",
            ),
            (
                "triangle",
                "Two batches of one, one after the other",
                draw_triangle,
                "Sketch: arrow b set at the head of arrow a; the arrow a + b from start to end is "
                "shorter than the two together.",
            ),
        )
    )
    caption = (
        "Sketches, not measurements. What was measured is in the table: the mean length of the "
        "gradients of single pictures over the mean length of the gradient of a batch. It would "
        "be 1 if all pictures pulled the same way."
    )
    rows = view.arm_rows("gradient_norms", figure.arms[0])
    keep = ["batch_size", "learning_rate", "seed", "at"]
    keep += ["mean_example_norm", "batch_norm", "norm_of_mean", "batches"]
    return Exhibit(drawings, (), caption, rows[keep] if len(rows) else None)


def table_only(view: StudyView, figure: Figure) -> Exhibit:
    """A section whose table says it all."""
    several = isinstance(figure.table, ByBatchSize) and figure.table.several_devices
    if several and not view.several_devices and figure.needs_several_devices:
        return Exhibit(missing=one_device_only(view))
    runs = view.arm_rows("runs", figure.arms[0])
    if not (runs["status"] == "completed").any():
        return absent(view, figure)
    caption = f"{seeds_in(runs[runs['status'] == 'completed'])} a batch size."
    if isinstance(figure.table, ByBatchSize) and any(
        QUANTITIES[name].timing for name in figure.table.quantities if name in QUANTITIES
    ):
        beside = company(as_number(view.settings.get("jobs")), bool(view.several_devices))
        caption += f" Times were measured on {view.machine}{beside}."
        if view.unlike_runs:
            caption += f" {view.unlike_runs}"
    remark = one_device_only(view) if several and not view.several_devices else ""
    if several and view.several_devices:
        kinds = {str(kind) for kind in view.runs.loc[view.runs["replicas"] > 1, "devices"]}
        remark = _TIMES_ON_LOGICAL if kinds - {"GPU"} else _TIMES_ON_SEVERAL
    return Exhibit(caption=caption, remark=remark)


def _class_name(names: list[str], label: int) -> str:
    return names[label] if 0 <= label < len(names) else f"class {label}"


def _picture_uri(image: np.ndarray) -> str:
    buffer = io.BytesIO()
    small = image.shape[0] <= _SMALL_PICTURE
    if small:
        Image.fromarray(image).save(buffer, "PNG", optimize=True)
    else:
        Image.fromarray(image).save(buffer, "JPEG", quality=_QUALITY)
    kind = "png" if small else "jpeg"
    return f"data:image/{kind};base64,{base64.b64encode(buffer.getvalue()).decode()}"
