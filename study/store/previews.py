"""Points of planes that are still being measured, for a look before they are whole.

A killed or running process leaves them; nothing in them is trusted.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from study.store.measurements import PLAIN_LANDSCAPE, measurement_path, part_path
from study.store.run_folder import read_frame
from study.store.study_directory import StudyDirectory

PLANES = ("landscape", PLAIN_LANDSCAPE)
_WHOLE = ("examples", "direction_seed")
_COLUMNS = ("alpha", "beta", "loss", *_WHOLE)
# whole numbers up to here are exact in float64
_MOST = 2**53
# a plane's half side, in units of the filter norms
_SPAN = 1.0
# finer than any grid; so that a point read twice is one
_DECIMALS = 6


def read_previews(study: Path) -> dict[str, pd.DataFrame]:
    """The points measured so far of the planes that are not whole yet.

    Args:
        study: a study directory; published results, which have no runs, have no previews.

    Returns:
        A name of ``PLANES`` -> columns id (of the run), alpha, beta, loss (float64), examples,
        direction_seed (int64), a row a point. A file that was cut off or holds something else
        gives no rows: its points are measured again, and a report can do without them.
    """
    found = {}
    for name in PLANES:
        folders = sorted(StudyDirectory(study).runs.glob("*"))
        parts = [
            _points(part_path(folder, name), folder.name)
            for folder in folders
            if part_path(folder, name).exists() and not measurement_path(folder, name).exists()
        ]
        filled = [part for part in parts if len(part)]
        found[name] = pd.concat(filled, ignore_index=True) if filled else _nothing()
    return found


def _nothing() -> pd.DataFrame:
    empty = pd.DataFrame({"id": pd.Series(dtype="str")})
    return empty.assign(**{name: pd.Series(dtype="float64") for name in _COLUMNS})


def _points(path: Path, run: str) -> pd.DataFrame:
    try:
        read = read_frame(path)
        points = pd.DataFrame({name: read[name].astype("float64") for name in _COLUMNS})
        usable = np.isfinite(points).all(axis=1) & (points[[*_WHOLE]].abs() < _MOST).all(axis=1)
        points = points[usable]
        whole = points.astype(dict.fromkeys(_WHOLE, "int64"))
    # whatever somebody put there: a report is not stopped by what it can do without
    except Exception:
        return _nothing()
    places = whole[["alpha", "beta"]].round(_DECIMALS)
    whole = whole.assign(**places, id=run)
    inside = (places.abs() <= _SPAN).all(axis=1)
    return whole[inside].drop_duplicates(["alpha", "beta", "direction_seed"])
