"""What planes and lines through weight space come to: numbers of a run."""

import math
from collections.abc import Callable

import numpy as np
import pandas as pd

from study.summarise.rises import line_rise, plane_rise

Values = dict[tuple[str, str], float]


def plane_values(frame: Callable[[str], pd.DataFrame]) -> Values:
    """(Run id, quantity) -> value, from the frames by their names; empty ones have no columns."""
    values: Values = {}
    for name, quantity in (
        ("landscape", "landscape_rise"),
        ("landscape_plain", "landscape_plain_rise"),
    ):
        values |= _rises(frame(name), quantity)
    values |= _weight_norms(frame("landscape_plain"))
    values |= _rescaling(frame("rescaling"))
    return values | _shares(frame("trajectory_components"))


def _rises(frame: pd.DataFrame, quantity: str) -> Values:
    """The mean over the planes of a run."""
    if frame.empty:
        return {}
    planes: dict[str, list[float]] = {}
    for (identifier, _), rows in frame.groupby(["id", "direction_seed"], sort=True):
        rise = plane_rise(rows["alpha"], rows["beta"], rows["loss"])
        planes.setdefault(str(identifier), []).append(rise)
    return {(identifier, quantity): float(np.mean(rises)) for identifier, rises in planes.items()}


def _weight_norms(frame: pd.DataFrame) -> Values:
    if frame.empty:
        return {}
    norms = frame.groupby("id", sort=True)["weight_norm"].first()
    return {(str(identifier), "weight_norm"): float(norm) for identifier, norm in norms.items()}


def _rescaling(frame: pd.DataFrame) -> Values:
    """The rise about rescaled weights over that about the weights themselves."""
    if frame.empty:
        return {}
    values = {}
    for (identifier, normalisation), rows in frame.groupby(["id", "normalisation"], sort=True):
        own, other = (
            line_rise(part["alpha"], part["loss"], 0)
            for part in (rows[rows["factor"] == 1], rows[rows["factor"] != 1])
        )
        # a line that does not rise has no ratio
        ratio = other / own if own > 0 else math.nan
        values[str(identifier), f"rescaling_{normalisation}"] = ratio
    return values


def _shares(frame: pd.DataFrame) -> Values:
    """Variance of a path in two components, and how much more that is than a random walk has."""
    if frame.empty:
        return {}
    values = {}
    for identifier, rows in frame[frame["component"] <= 2].groupby("id", sort=True):
        share, walk = float(rows["share"].sum()), float(rows["random_walk"].sum())
        values[str(identifier), "path_share"] = share
        values[str(identifier), "walk_share"] = walk
        values[str(identifier), "path_share_excess"] = share - walk
    return values
