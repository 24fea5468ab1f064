"""Data of a figure as a CSV file inside the page."""

import base64
import gzip
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import pandas as pd

_LARGEST_PLAIN = 300_000  # characters; longer files are compressed, to keep the page small
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Download:
    """A file inside the page.

    Attributes:
        name: file name to offer.
        uri: ``data:`` URI.
        rows: rows of the table in it.
    """

    name: str
    uri: str
    rows: int


def csv_download(name: str, frame: pd.DataFrame) -> Download:
    """``frame`` as ``name``.csv, numbers to 7 significant digits; gzip-compressed when long.

    Text that a spreadsheet would take for a formula gets an apostrophe in front.
    """
    text = defused(frame).to_csv(index=False, lineterminator="\n", float_format="%.7g")
    if len(text) <= _LARGEST_PLAIN:
        data = quote(text, safe=",;:!*()'/ ._-~").replace(" ", "%20")
        return Download(f"{name}.csv", f"data:text/csv;charset=utf-8,{data}", len(frame))
    packed = base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode()
    return Download(f"{name}.csv.gz", f"data:application/gzip;base64,{packed}", len(frame))


def rows_download(name: str, rows: Sequence[Mapping[str, Any]]) -> Download:
    """As :func:`csv_download`, from rows as JSON gives them: text that is no Unicode is mended."""
    clean = [{_mended(key): _mended(value) for key, value in row.items()} for row in rows]
    return csv_download(name, pd.DataFrame(clean))


def _mended(value: Any) -> Any:
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value


def defused(frame: pd.DataFrame) -> pd.DataFrame:
    """A copy whose text cells cannot start a formula."""
    changed = frame.copy()
    for column in changed.columns:
        if not pd.api.types.is_numeric_dtype(changed[column]):
            changed[column] = [_harmless(value) for value in changed[column]]
    return changed


def _harmless(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
