"""Sections on sharpness by every law: tables of means over trials, and of their spread."""

import pandas as pd

from reports.exhibits.exhibit import Exhibit, absent
from reports.study_view import StudyView, seeds_in
from study.experiments.declare import Figure
from study.words import counted

_DRAWN = ("full", "subspace", "adaptive")
_KEPT = ["batch_size", "learning_rate", "seed", "space", "epsilon", "trial", "sharpness"]
_KEPT += ["base_loss", "max_loss", "evaluations", "status", "examples"]


def sharpness_trials(view: StudyView, figure: Figure) -> Exhibit:
    """Sharpness by every law; the table says it, the download has the trials."""
    rows = _measured(view, figure)
    if rows.empty:
        return absent(view, figure)
    caption = f"{seeds_in(rows)} a batch size and rate. {_trials(rows)} {_pictures(rows)}"
    return Exhibit(caption=caption, data=rows[_KEPT])


def sharpness_spread(view: StudyView, figure: Figure) -> Exhibit:
    """How far the trials of a minimiser lie apart; nothing where each law has one trial."""
    rows = _measured(view, figure)
    if rows.empty:
        return absent(view, figure)
    if _count(rows) < 2:
        return Exhibit(
            missing="This study has one trial of each law, so there is no spread to show; the "
            "presets cpu and paper make several."
        )
    caption = f"{seeds_in(rows)} a batch size and rate. {_trials(rows)}"
    return Exhibit(caption=caption)


def _measured(view: StudyView, figure: Figure) -> pd.DataFrame:
    rows = pd.concat([view.arm_rows("sharpness", arm) for arm in figure.arms])
    return rows.drop_duplicates(["id", "space", "epsilon", "trial"]).sort_values(
        ["batch_size", "learning_rate", "seed", "space", "epsilon", "trial"], kind="stable"
    )


def _count(rows: pd.DataFrame) -> int:
    """The trials of the laws that draw their starts; 0 without such laws."""
    drawn = rows[rows["space"].isin(_DRAWN)]
    return int(drawn.groupby(["id", "space", "epsilon"]).size().max()) if len(drawn) else 0


def _trials(rows: pd.DataFrame) -> str:
    count = _count(rows)
    if count < 2:
        return "One trial of each law."
    text = f"Each law has {counted(count, 'trial')}, which differ in where their searches begin"
    if (rows["space"] == "subspace").any():
        text += ", those in the subspace in its dimensions too"
    if (rows["space"] == "authors").any():
        text += "; the authors’ script draws nothing and has one"
    return f"{text}."


def _pictures(rows: pd.DataFrame) -> str:
    counts = sorted({int(count) for count in rows["examples"]})
    most = counted(counts[-1], "training picture")
    return f"All are taken on {'' if len(counts) == 1 else 'up to '}{most}."
