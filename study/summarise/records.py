"""Frames as rows in a fixed order, whatever order they were stored in."""

from typing import Any

import pandas as pd

KEYS = ("batch_size", "learning_rate", "seed", "replicas", "id")
_ORDER = (
    *("id", "small_id", "split", "at", "order", "layer", "epoch", "space", "epsilon", "trial"),
    *("direction_seed", "alpha", "beta", "bin_left"),
)


def ordered_records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a frame as dicts, by batch size, rate, seed and devices."""
    return sorted(records(frame), key=lambda row: tuple(row[key] for key in KEYS))


def in_order(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame sorted by what tells its rows apart."""
    by = [column for column in _ORDER if column in frame]
    return frame.sort_values(by, kind="stable", ignore_index=True) if by else frame


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a frame as dicts, in its order."""
    return [{str(key): value for key, value in row.items()} for row in frame.to_dict("records")]
