"""Rows of summary.json as tables of the page."""

from typing import Any

import pytest

from reports.tables import Cell, table_view

HEADERS = {
    "batch_size": {"title": "batch size", "unit": ""},
    "loss": {"title": "lowest loss", "unit": ""},
    "time": {"title": "seconds an epoch", "unit": "s"},
}
ARMS = {"fixed": "one rate", "linear": "scaled"}


def row(size: int, **more: Any) -> dict[str, Any]:
    base = {"arm": "fixed", "batch_size": size, "learning_rate": 0.01, "replicas": 1, "n": 3}
    loss = {"loss": 0.3441, "loss_low": 0.338, "loss_high": 0.35, "loss_n": 3}
    return {**base, **loss, "note": "", **more}


def test_ours_beside_the_published() -> None:
    rows = [row(32, loss_published="0.343 / 0.345"), row(256, loss_published=None)]
    view = table_view(rows, HEADERS, ARMS)
    assert view is not None
    assert [(head.text, head.span) for head in view.groups] == [
        ("batch size", 1),
        ("lowest loss", 2),
        ("runs", 1),
    ]
    assert [head.text for head in view.heads] == ["here", "article"]
    assert view.rows[0] == (
        Cell("32", head=True, batch=32),
        Cell("0.344", "0.338 to 0.350"),
        Cell("0.343 / 0.345", published=True),
        Cell("3"),
    )
    assert view.rows[1][2].text == "–"
    assert view.has_interval
    assert view.has_published
    assert view.rate == "0.01"


@pytest.mark.parametrize(
    ("ends", "cut"),
    [
        ((0.3, 0.0, 0.9), True),
        ((0.9, 0.5, 1.0), True),
        # of values that do not scatter, and one that ends at 0 by itself
        ((0.0, 0.0, 0.0), False),
        ((0.45, 0.0, 0.9), False),
        ((0.3, 0.1, 0.5), False),
        ((0.3, None, None), False),
    ],
)
def test_intervals_cut_at_what_is_possible_are_told(ends: tuple[Any, ...], cut: bool) -> None:
    values = dict(zip(("loss", "loss_low", "loss_high"), ends, strict=True))
    view = table_view([row(32), row(64, **values)], HEADERS, ARMS)
    assert view is not None
    assert view.cut == cut


def test_one_seed_and_whole_counts() -> None:
    headers = {**HEADERS, "loss": {"title": "epochs to the minimum", "unit": "epochs"}}
    one = table_view([row(32, loss=19.0, loss_n=1), row(64, loss=19.5, loss_n=0)], headers, ARMS)
    assert one is not None
    assert one.one_seed
    assert [cells[1].text for cells in one.rows] == ["19", "19.5"]
    several = table_view([row(32, loss_n=1), row(64, loss_n=2)], HEADERS, ARMS)
    assert several is not None
    assert not several.one_seed


def test_columns_that_say_nothing_are_left_out_and_others_stay() -> None:
    rows = [row(32), row(32, arm="linear", learning_rate=0.02, replicas=4)]
    view = table_view(rows, HEADERS, ARMS)
    assert view is not None
    names = ["batch size", "learning rate", "replicas"]
    assert [head.text for head in view.groups][:3] == names
    assert [cell.text for cell in view.rows[-1]][:3] == ["32", "0.02", "4"]
    headings = [cells[0] for cells in view.rows if len(cells) == 1]
    assert [(cell.text, cell.head, cell.span) for cell in headings] == [
        ("one rate", True, len(view.rows[-1])),
        ("scaled", True, len(view.rows[-1])),
    ]
    assert view.rate == ""
    assert not view.heads


def test_unit_and_words() -> None:
    times = {"time": 12.4, "time_low": None, "time_high": None, "time_n": 1}
    view = table_view([row(32, **times, time_published="about four times")], HEADERS, ARMS)
    assert view is not None
    assert ("seconds an epoch", "s") in [(head.text, head.unit) for head in view.groups]
    cells = {cell.text: cell for cell in view.rows[0]}
    assert cells["12.4"].small == "n = 1"
    assert not cells["about four times"].numeric


def test_notes_stand_below_once() -> None:
    lost = {"note": "1 of 3 diverged"}
    rows = [row(32), row(256, **lost), row(256, **lost), row(64, **lost, replicas=4)]
    view = table_view(rows, HEADERS, ARMS)
    assert view is not None
    assert view.notes == (
        "Batch 256 at rate 0.01; batch 64 at rate 0.01 on 4 devices: 1 of 3 diverged.",
    )


def test_cells_that_were_not_measured_have_no_row() -> None:
    empty = {"loss": None, "loss_low": None, "loss_high": None, "loss_n": 0}
    rows = [row(32), row(64, **empty), row(128, **empty, note="1 of 3 failed")]
    view = table_view(rows, HEADERS, ARMS)
    assert view is not None
    assert [cells[0].text for cells in view.rows] == ["32", "128"]
    assert table_view([row(64, **empty)], HEADERS, ARMS) is None
    assert table_view([], HEADERS, ARMS) is None


def test_best_rates() -> None:
    rows = [row(32, best=True, edge=True), row(64, best=True, edge=False), row(128, best=False)]
    view = table_view(rows, HEADERS, ARMS)
    assert view is not None
    at = [head.text for head in view.groups].index("best")
    assert [cells[at].text for cells in view.rows] == ["best, at the edge", "best", ""]
