"""CSV files inside the page."""

import base64
import gzip
import io
from urllib.parse import unquote

import numpy as np
import pandas as pd
import pytest

from reports.download import csv_download, defused, rows_download


def read_back(uri: str) -> pd.DataFrame:
    head, data = uri.split(",", 1)
    if "gzip" in head:
        return pd.read_csv(io.BytesIO(gzip.decompress(base64.b64decode(data))))
    return pd.read_csv(io.StringIO(unquote(data)))


def test_small_tables_are_plain() -> None:
    frame = pd.DataFrame({"name": ['a, "b"', "c\nd", "50 % #é"], "value": [0.1, 1 / 3, np.nan]})
    download = csv_download("A3-data", frame)
    assert download.name == "A3-data.csv"
    assert download.rows == 3
    assert not set(download.uri) & set('"<>#\n ') - {" "}
    found = read_back(download.uri)
    assert found["name"].tolist() == frame["name"].tolist()
    assert found["value"][1] == pytest.approx(1 / 3, rel=1e-6)


def test_long_tables_are_compressed_and_the_same_each_time() -> None:
    frame = pd.DataFrame({"value": np.random.default_rng(0).random(60_000)})
    download = csv_download("long", frame)
    assert download.name == "long.csv.gz"
    assert len(download.uri) < 600_000
    assert read_back(download.uri)["value"].to_numpy() == pytest.approx(frame["value"], rel=1e-6)
    assert csv_download("long", frame) == download


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t"])
def test_formulas_are_defused(start: str) -> None:
    frame = pd.DataFrame({"text": [f"{start}1+1", "fine"], "number": [-1.0, 2.0]})
    assert defused(frame)["text"].tolist() == [f"'{start}1+1", "fine"]
    assert defused(frame)["number"].tolist() == [-1, 2]
    assert frame["text"][0] == f"{start}1+1"


def test_lone_surrogates_do_not_stop_it() -> None:
    assert "%3F" in rows_download("x", [{"a": "\ud800", "\ud800": 1}]).uri
