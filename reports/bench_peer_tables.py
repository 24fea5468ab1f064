"""The tables of a benchmark's page that compare with others, or with a limit."""

from collections.abc import Mapping
from typing import Any

from reports.bench_cells import (
    BenchCell,
    BenchHead,
    BenchTable,
    limit_notes,
    memory_cell,
    share_cell,
    spread_cell,
)
from reports.wording import as_text, mappings, shown, whole
from study.words import DASH, counted

_OF_LIMIT = "of the limit"
_SHARED = "both sides in one process"
_TURNS = ", compiled anew for each pair of {} a side"


def peers_table(document: Mapping[str, Any]) -> BenchTable:
    """Comparisons side by side, lap by lap."""
    rows: list[tuple[BenchCell, ...]] = []
    for row in mappings(document["peers"]):
        first = BenchCell(as_text(row["name"]), as_text(row["where"]))
        notes = [as_text(row[key]) for key in ("first_note", "second_note") if row.get(key)]
        sides = BenchCell(f"{as_text(row['first'])} : {as_text(row['second'])}", "; ".join(notes))
        if row["problem"]:
            rows.append((first, sides, BenchCell("skipped", as_text(row["problem"]))))
            continue
        rows.append(
            (
                first,
                sides,
                spread_cell(row["ratio"], shown),
                spread_cell(row["processor_ratio"], shown),
                _speed(row, "first"),
                _speed(row, "second"),
                _memories(row),
                BenchCell(whole(row["ratio"]["n"]), _shared(row)),
                BenchCell(_goal(row)),
                BenchCell(_met(row["met"]), _apart(row)),
            )
        )
    return BenchTable(
        "peers",
        "Beside others",
        "Two ways in one run, lap by lap in turn. Ratios are medians over pairs of laps, first "
        "over second, with the lowest and highest below, from six pairs on also the 95 % interval "
        "of the median: of pictures a second, or of time where the goal is “at most”.",
        (
            BenchHead("what", words=True),
            BenchHead("first : second", words=True),
            BenchHead("ratio"),
            BenchHead("by processor time"),
            BenchHead("first, pictures/s"),
            BenchHead("second, pictures/s"),
            BenchHead("memory, first : second", "GB"),
            BenchHead("pairs"),
            BenchHead("goal", words=True),
            BenchHead("", words=True),
        ),
        tuple(row + (BenchCell(""),) * (10 - len(row)) for row in rows),
        (
            "Memory is the most that each side’s processes together took above what they held "
            "before the pictures, TensorFlow or PyTorch loaded.",
            *_limit_notes(rows, as_text(document["settings"]["model"])),
        ),
    )


def _shared(row: Mapping[str, Any]) -> str:
    if not row.get("one_process"):
        return ""
    # benchmarks made before sides were compiled anew do not have it
    return _SHARED + (_TURNS.format(counted(row["turns"], "lap")) if "turns" in row else "")


def _speed(row: Mapping[str, Any], side: str) -> BenchCell:
    cell = spread_cell(row[f"{side}_speed"], whole)
    # benchmarks made before peaks were measured beside comparisons do not have it
    share = share_cell(row.get(f"{side}_share_of_limit")).text
    if share == DASH:
        return cell
    return BenchCell(cell.text, "; ".join(filter(None, (cell.small, f"{share} {_OF_LIMIT}"))))


def _limit_notes(rows: list[tuple[BenchCell, ...]], model: str) -> list[str]:
    if not any(_OF_LIMIT in cell.small for row in rows for cell in row):
        return []
    return [
        "The limit is the roofline of training with the peaks measured on as many threads; the "
        "epochs that were timed validate too.",
        *limit_notes(model),
    ]


def counts_table(document: Mapping[str, Any]) -> BenchTable:
    """Numbers that must stay below a limit."""
    rows = []
    for row in mappings(document["counts"]):
        first = BenchCell(as_text(row["name"]), as_text(row["where"]))
        if row["problem"]:
            skipped = BenchCell("skipped", as_text(row["problem"]))
            rows.append((first, skipped, BenchCell(""), BenchCell(""), BenchCell("")))
            continue
        value = row["value"]
        rows.append(
            (
                first,
                spread_cell(value, shown) if value["n"] else BenchCell("not reached"),
                BenchCell(f"{whole(value['n'])} of {whole(row['tried'])}"),
                BenchCell(f"at most {shown(row['most'])} {as_text(row['unit'])}"),
                BenchCell(_met(row["met"]), as_text(row["note"])),
            )
        )
    return BenchTable(
        "counts",
        "Numbers with a limit",
        "Medians, with the lowest and highest below.",
        (
            BenchHead("what", words=True),
            BenchHead("median"),
            BenchHead("n"),
            BenchHead("goal", words=True),
            BenchHead("", words=True),
        ),
        tuple(rows),
    )


def _goal(row: Mapping[str, Any]) -> str:
    if row["goal"] is None:
        return ""
    return f"at {'least' if row['of'] == 'speed' else 'most'} {shown(row['goal'])}"


def _met(met: Any) -> str:
    return {True: "met", False: "missed"}.get(met, "")


def _apart(row: Mapping[str, Any]) -> str:
    if row.get("difference") is None:
        return ""
    agree = f" (at most {shown(row['agree'])})" if row.get("agree") is not None else ""
    return f"losses at most {shown(row['difference'])} apart{agree}"


def _memories(row: Mapping[str, Any]) -> BenchCell:
    found = [row.get(f"{side}_bytes") for side in ("first", "second")]
    if found == [None, None]:
        return BenchCell("")
    return BenchCell(" : ".join(memory_cell(value).text for value in found))
