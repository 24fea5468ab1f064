"""The chapter's figure: shares of the gap that the remedies on one data set close."""

import pandas as pd
from markupsafe import Markup

from reports.chapter import OneData
from reports.figures.panel import panel
from reports.figures.shares import HIGHEST, LOWEST, draw_shares
from reports.figures.svg import to_svg
from reports.figures.theme import TOKENS, drawing


def shares(group: OneData) -> pd.DataFrame:
    """Columns ``key``, ``title``, ``share``, ``low``, ``high`` of what can be drawn."""
    rows = []
    for study in group.studies:
        for row in study.rows:
            share = row["share"]
            if share is None or share["effect"] is None:
                continue
            low, high = share["interval"] or (None, None)
            rows.append(
                {
                    "key": f"{study.experiment.name}/{row['title']}",
                    "title": f"{row['title']} ({study.experiment.name})",
                    "share": share["effect"],
                    "low": low,
                    "high": high,
                }
            )
    frame = pd.DataFrame(rows, columns=["key", "title", "share", "low", "high"])
    return frame.astype({"share": float, "low": float, "high": float})


def shares_figure(rows: pd.DataFrame, name: str) -> Markup:
    """The drawing of ``shares``, "" without rows; ``name`` is that of the file's ids."""
    if not len(rows):
        return Markup("")
    titles = dict(zip(rows["key"], rows["title"], strict=True))
    said = "; ".join(f"{row.title}: {row.share:.2f}" for row in rows.itertuples())
    with drawing():
        figure, ax = panel(
            width=560, height=64 + 44.0 * len(rows), left=210, right=16, top=6, bottom=42
        )
        draw_shares(ax, rows, titles)
        return Markup(to_svg(figure, name, f"Share of the gap closed. {said}.", dict(TOKENS)))


def shares_caption(rows: pd.DataFrame) -> str:
    """What the drawing of ``shares`` shows, "" without rows."""
    if not len(rows):
        return ""
    text = (
        "Share of the gap in accuracy between large and small batch that each remedy closes, with "
        "its 95 % interval (Fieller). 0 is the large batch without the remedy, 1 the small batch."
    )
    if rows["low"].isna().any():
        text += " Hollow dots have no interval."
    if (rows["low"] < LOWEST).any() or (rows["high"] > HIGHEST).any():
        text += f" Intervals are cut at {LOWEST:g} and {HIGHEST:g}.".replace("-", "−")
    return text
