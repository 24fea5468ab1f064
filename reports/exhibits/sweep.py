"""Sections on a sweep over batch sizes: what each needs to the target, and at which rate."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from reports.exhibits.exhibit import Exhibit, Key, absent, batch_keys, batch_name, draw
from reports.figures.sweep import draw_law, draw_predictions, draw_rates, mark_critical
from reports.study_view import StudyView
from reports.wording import as_number, as_text, mappings, shown, whole
from study.experiments.declare import Figure
from study.summarise.chance import chance_loss
from study.summarise.critical_batch import crossing
from study.words import counted, listed

_MEASURED = "critical batch size of the fit"
_POINTS = 60
_AXES = (("batch_size", "updates"), ("batch_size", "examples"), ("updates", "examples"))


def sweep_of(view: StudyView) -> Mapping[str, Any]:
    """The sweep of summary.json, empty without one."""
    found = view.summary.get("sweep")
    return found if isinstance(found, Mapping) else {}


def chosen_of(view: StudyView) -> dict[int, str]:
    """Batch size -> name of the condition with its best rate, where one reached the target."""
    return {
        int(as_number(row.get("batch_size"))): str(row["condition"])
        for row in mappings(sweep_of(view).get("sizes"))
        if row.get("condition")
    }


def sweep_law(view: StudyView, figure: Figure) -> Exhibit:
    """Updates and examples to the target by batch size, and one against the other."""
    points = _points(view)
    if points.empty:
        return _nothing(view, figure)
    curve = _curve(view, points)
    critical = as_number(_law(view).get("batch_size"))

    def paint(ax: Any, x: str, y: str) -> Any:
        draw_law(ax, points, curve, view.palette, x, y)
        if x == "batch_size" and math.isfinite(critical):
            mark_critical(ax, critical)
        return ax

    titles = ("Updates", "Examples", "Examples against updates")
    panels = tuple(
        draw(
            view,
            f"{figure.id}-{x}-{y}",
            _law_label(points, x, y),
            lambda ax, x=x, y=y: paint(ax, x, y),  # type: ignore[misc]
            title=title,
            left=64,
            right=16,
        )
        for title, (x, y) in zip(titles, _AXES, strict=True)
    )
    caption = (
        f"Target: a validation loss of {shown(sweep_of(view).get('target'))}. Dots are seeds at "
        "the best rate of their batch size; all axes are logarithmic. Examples are updates times "
        "batch size, as in the paper; the tables count the last batch of an epoch as it is. "
        f"{'The dashed line is the critical batch size. ' if len(curve) else ''}{_fit_words(view)}"
        f"{_missing_words(view)}"
    )
    sizes = tuple(sorted(int(size) for size in points["batch_size"].unique()))
    keys = (*batch_keys(view, sizes, "dot"), *((Key("fit", "muted"),) if len(curve) else ()))
    return Exhibit(panels, keys, caption, points)


def sweep_rates(view: StudyView, figure: Figure) -> Exhibit:
    """Updates to the target by learning rate."""
    rows = _all_rates(view)
    if rows.empty:
        return _nothing(view, figure)
    logs = rows.assign(updates=np.log(rows["updates"]))
    means = logs.groupby(["batch_size", "learning_rate"], as_index=False)["updates"].mean()
    means["updates"] = np.exp(means["updates"])
    sizes = mappings(sweep_of(view).get("sizes"))
    chosen = {int(as_number(r.get("batch_size"))): as_number(r.get("learning_rate")) for r in sizes}
    best = "; ".join(
        f"{batch_name(size)}: {rate:.4g}" for size, rate in chosen.items() if math.isfinite(rate)
    )
    best = best or "none chosen"
    panel = draw(
        view,
        f"{figure.id}-rates",
        f"Updates to the target by learning rate, one line a batch size. Best rates: {best}.",
        lambda ax: draw_rates(ax, means, view.palette, chosen),
        right=56,
    )
    edges = [whole(row.get("batch_size")) for row in sizes if row.get("edge") is True]
    caption = (
        "Geometric means over the seeds that reached the target; rates at which none did are not "
        "shown. Both axes are logarithmic."
    )
    if edges:
        caption += (
            f" For batch {listed(edges)} the best rate is at the edge of those tried: beyond it "
            "may be better."
        )
    present = tuple(sorted(int(size) for size in means["batch_size"].unique()))
    return Exhibit((panel,), batch_keys(view, present), caption, rows)


def sweep_table(view: StudyView, figure: Figure) -> Exhibit:
    """A section whose table says it all."""
    if not chosen_of(view):
        return _nothing(view, figure)
    return Exhibit(
        caption=(
            "Each batch size at its best rate. Noise scales are in examples: tr(Σ) and |G|² "
            "averaged apart over the epochs not at chance level (a training loss below "
            f"{shown(chance_loss(view.data))}; “near the end”: over the last third of them), then "
            "divided; an epoch whose |G|² came out 0 or less enters as it is, and where the mean "
            "is 0 or less there is no noise scale."
        )
    )


def sweep_prediction(view: StudyView, figure: Figure) -> Exhibit:
    """The critical batch size of each seed beside what was to predict it."""
    sweep = sweep_of(view)
    rows = [
        {"name": _MEASURED, "seed": row.get("seed"), "value": as_number(row.get("batch_size"))}
        for row in mappings(sweep.get("fits"))
    ]
    titles, texts = {_MEASURED: _MEASURED}, []
    for prediction in mappings(sweep.get("predictions")):
        name = str(prediction.get("quantity"))
        titles[name] = as_text(prediction.get("title"), 100)
        values = prediction.get("by_seed")
        if isinstance(values, Mapping) and values:
            rows += [
                {"name": name, "seed": seed, "value": as_number(value)}
                for seed, value in values.items()
            ]
            texts.append(f"{titles[name]}: {_span(prediction.get('batch_sizes'))}")
    table = pd.DataFrame(rows, columns=["name", "seed", "value"])
    table = table[np.isfinite(table["value"].astype(float)) & (table["value"] > 0)]
    if table.empty:
        return _nothing(view, figure)
    table["seed"] = table["seed"].astype(int)
    panel = draw(
        view,
        f"{figure.id}-predictions",
        f"Critical batch size and noise scales by seed. {_fit_words(view)}",
        lambda ax: draw_predictions(ax, table, titles),
        height=60 + 44.0 * table["name"].nunique(),
        left=172,
        right=50,
        top=6,
    )
    caption = (
        f"Dots are seeds, numbers and strokes their geometric means. {_fit_words(view)} Noise "
        "scales are geometric means over the batch sizes at which every seed has one"
        f"{': ' if texts else ''}{'; '.join(texts)}."
    )
    return Exhibit((panel,), (), caption, table)


def _law(view: StudyView) -> Mapping[str, Any]:
    found = sweep_of(view).get("law")
    return found if isinstance(found, Mapping) else {}


def _points(view: StudyView) -> pd.DataFrame:
    rows = []
    for size in mappings(sweep_of(view).get("sizes")):
        batch, updates = as_number(size.get("batch_size")), size.get("updates")
        for seed, value in (updates if isinstance(updates, Mapping) else {}).items():
            if math.isfinite(as_number(value)):
                count = as_number(value)
                rows.append((int(batch), int(seed), count, count * batch))
    return pd.DataFrame(rows, columns=["batch_size", "seed", "updates", "examples"])


def _curve(view: StudyView, points: pd.DataFrame) -> pd.DataFrame:
    """Along the law with the geometric means of the seeds' fits, without rows where none is."""
    law = _law(view)
    least, critical = (as_number(law.get(name)) for name in ("least_steps", "batch_size"))
    if not (math.isfinite(least) and math.isfinite(critical)):
        return pd.DataFrame({"batch_size": [], "updates": [], "examples": []})
    sizes = np.geomspace(points["batch_size"].min(), points["batch_size"].max(), _POINTS)
    updates = least * (1 + critical / sizes)
    return pd.DataFrame({"batch_size": sizes, "updates": updates, "examples": sizes * updates})


def _all_rates(view: StudyView) -> pd.DataFrame:
    names = [c.name for c in view.experiment.conditions]
    target = as_number(sweep_of(view).get("target"))
    runs = view.condition_rows("runs", names)
    done = set(runs.loc[runs["status"] == "completed", "id"])
    epochs = view.condition_rows("epochs", names)
    epochs = epochs[epochs["id"].isin(done)]
    rows = []
    for _, course in epochs.groupby(["condition", "id"], sort=True):
        course = course.sort_values("epoch")
        needed = crossing(course["updates"], course["val_loss"], target)
        if math.isfinite(needed):
            first = course.iloc[0]
            rows.append((int(first["batch_size"]), first["learning_rate"], first["seed"], needed))
    return pd.DataFrame(rows, columns=["batch_size", "learning_rate", "seed", "updates"])


def _fit_words(view: StudyView) -> str:
    found = sweep_of(view).get("critical_batch")
    found = found if isinstance(found, Mapping) else {}
    count, interval = as_number(found.get("n")), found.get("interval")
    if not count > 0:
        reasons = {as_text(row.get("reason"), 80) for row in mappings(sweep_of(view).get("fits"))}
        return f"No critical batch size: {listed(sorted(reasons))}." if reasons else ""
    text = f"Critical batch size of the fit: {shown(found.get('effect'))}"
    if isinstance(interval, list) and len(interval) == 2:
        text += f" (95 % interval {shown(interval[0])} to {shown(interval[1])})"
    return f"{text}, {counted(int(count), 'seed')}."


def _missing_words(view: StudyView) -> str:
    missed = []
    for row in mappings(sweep_of(view).get("sizes")):
        updates = row.get("updates")
        values = list(updates.values()) if isinstance(updates, Mapping) else []
        short = sum(value is None for value in values)
        if short:
            missed.append(f"batch {whole(row.get('batch_size'))} in {short} of {len(values)} seeds")
    return f" Not reached: {listed(missed)}." if missed else ""


def _law_label(points: pd.DataFrame, x: str, y: str) -> str:
    means = points.groupby("batch_size")[[x, y] if x != "batch_size" else [y]].mean()
    texts = [f"{batch_name(size)}: {shown(row[y])}" for size, row in means.iterrows()]
    against = {"batch_size": "batch size", "updates": "updates"}[x]
    return f"{y.capitalize()} to the target against {against}. Means: {'; '.join(texts)}."


def _span(sizes: Any) -> str:
    numbers = [int(as_number(size)) for size in sizes] if isinstance(sizes, list) else []
    return f"batch {listed([whole(number) for number in numbers])}" if numbers else "none"


def _nothing(view: StudyView, figure: Figure) -> Exhibit:
    runs = view.runs
    if view.unfinished or not (runs["status"] == "completed").any():
        return absent(view, figure)
    return Exhibit(
        missing="No run reached the target, a validation loss of "
        f"{shown(sweep_of(view).get('target'))}: there is nothing to set side by side. More epochs "
        "(--max-epochs) or an easier target (--target) help."
    )
