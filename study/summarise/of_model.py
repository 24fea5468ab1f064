"""Which rows of a study's frames belong to the model that the study is about."""

from collections.abc import Mapping
from typing import Any

import pandas as pd


def model_of(settings: Mapping[str, Any]) -> str | None:
    """The study's model as study.json names it, None where it does not."""
    inner = settings.get("settings")
    named = settings.get("model") or (inner.get("model") if isinstance(inner, Mapping) else None)
    return None if named is None else str(named)


def of_model(
    settings: Mapping[str, Any], frames: Mapping[str, pd.DataFrame]
) -> dict[str, pd.DataFrame]:
    """``frames`` without the rows of runs of other models than the study's.

    A study may hold such runs, made in a search for the model; they have the batch sizes, rates
    and seeds of its own runs and must not be mixed with them. Only the frame `runs` names a
    model, all others go by the id of their run.

    Args:
        settings: what study.json holds.
        frames: by name; may be missing, empty or lack columns, which leaves them as they are.
    """
    model, runs = model_of(settings), frames.get("runs")
    if model is None or runs is None or "model" not in runs or "id" not in runs:
        return dict(frames)
    others = set(runs.loc[runs["model"] != model, "id"])
    if not others:
        return dict(frames)
    return {name: _without(frame, others) for name, frame in frames.items()}


def _without(frame: pd.DataFrame, others: set[str]) -> pd.DataFrame:
    return frame[~frame["id"].isin(others)] if "id" in frame else frame
