"""The tables of a benchmark's page."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reports.wording import DASH, as_number, as_text, interval, mappings, shown, whole


@dataclass(frozen=True)
class BenchHead:
    """A column's heading; ``words`` for a column of text."""

    text: str
    unit: str = ""
    words: bool = False


@dataclass(frozen=True)
class BenchCell:
    """Text of a cell, and what stands small under it."""

    text: str
    small: str = ""


@dataclass(frozen=True)
class BenchTable:
    """A table with what stands around it."""

    anchor: str
    title: str
    shows: str
    heads: tuple[BenchHead, ...]
    rows: tuple[tuple[BenchCell, ...], ...]
    notes: tuple[str, ...] = ()


def bench_tables(document: Mapping[str, Any]) -> Iterator[BenchTable]:
    """All tables of a benchmark, also those without rows."""
    yield _speed(document)
    yield _targets(document)
    yield _limit(document)
    yield _peers(document)
    yield _counts(document)


def _speed(document: Mapping[str, Any]) -> BenchTable:
    grid = mappings(document["grid"])
    # benchmarks made before GPUs' memory was measured do not have it
    on_gpus = any(as_number(row.get("device_peak_bytes")) > 0 for row in grid)
    rows = []
    for row in grid:
        where = _devices(row)
        if row["problem"]:
            texts = [where, whole(row["batch_size"]), as_text(row["problem"])]
            rows.append(_filled(texts, 10 + on_gpus))
            continue
        rows.append(
            (
                BenchCell(where),
                BenchCell(whole(row["batch_size"])),
                _spread(row["seconds_per_epoch"], shown),
                _spread(row["pictures_per_second"], whole),
                _share(row["share_of_peak_operations"]),
                _share(row["share_of_limit"]),
                _share(row["scaling_efficiency"]),
                _memory(row["peak_bytes"]),
                _memory(as_number(row["peak_bytes"]) - as_number(row["base_bytes"])),
                *([_memory(row.get("device_peak_bytes"))] if on_gpus else []),
                BenchCell(shown(row["warm_up_seconds"])),
            )
        )
    return BenchTable(
        "speed",
        "Seconds an epoch by batch size and devices (as the article’s A5)",
        "Medians of the epochs after the first, with the lowest and highest below. An epoch is "
        "training and validation, callbacks included; pictures a second count the training alone.",
        (
            BenchHead("devices", words=True),
            BenchHead("batch size"),
            BenchHead("an epoch", "s"),
            BenchHead("pictures a second"),
            BenchHead("share of peak arithmetic"),
            BenchHead("share of limit"),
            BenchHead("scaling efficiency"),
            BenchHead("peak host memory", "GB"),
            BenchHead("above TensorFlow", "GB"),
            *([BenchHead("peak GPU memory", "GB")] if on_gpus else []),
            BenchHead("warm-up", "s"),
        ),
        tuple(rows),
        (
            "Warm-up is what the first epoch took more than the others: tracing, compiling. "
            "Scaling efficiency is the speed on N devices over N times that on one. Peak host "
            "memory is what the whole process held in the machine’s memory, above TensorFlow what "
            "of it exceeds what the process held before it had pictures"
            f"{', peak GPU memory what the GPU that held most did' if on_gpus else ''}.",
            *_of_the_limit(as_text(document["settings"]["model"])),
        ),
    )


def _of_the_limit(model: str) -> tuple[str, ...]:
    if model == "plain":
        return ()
    return (
        f"The limit counts convolutions, poolings and dense layers alone: {model}, which has more "
        "to do, reaches a larger share of its own.",
    )


def _targets(document: Mapping[str, Any]) -> BenchTable:
    rows = [
        (
            BenchCell(_devices(row)),
            BenchCell(whole(row["batch_size"])),
            BenchCell(shown(row["learning_rate"])),
            _spread(row["seconds"], shown) if row["reached"] else BenchCell("not reached"),
            _spread(row["epochs"], whole) if row["reached"] else BenchCell(""),
            BenchCell(f"{whole(row['reached'])} of {whole(row['n'])}"),
            BenchCell(shown(row["lowest_loss"], 4)),
        )
        for row in mappings(document["targets"])
    ]
    settings = document["settings"]
    return BenchTable(
        "target",
        "Time to a validation loss by batch size and learning rate (as the article’s A16)",
        f"Seconds of training and validation until the loss is at most "
        f"{shown(settings['target'])}, within {whole(settings['max_epochs'])} epochs; "
        "the first epoch counts as long as the others.",
        (
            BenchHead("devices", words=True),
            BenchHead("batch size"),
            BenchHead("rate"),
            BenchHead("to the target", "s"),
            BenchHead("epochs"),
            BenchHead("runs that reached it"),
            BenchHead("lowest loss"),
        ),
        tuple(rows),
    )


def _limit(document: Mapping[str, Any]) -> BenchTable:
    cost = document["picture_cost"]
    rows = []
    for row in mappings(document["peaks"]):
        operations, moved = row["operations_a_second"], row["bytes_a_second"]
        by_arithmetic, by_memory = operations / cost["operations"], moved / cost["bytes_moved"]
        rows.append(
            (
                BenchCell(_threads(row)),
                BenchCell(whole(operations / 1e9)),
                BenchCell(shown(moved / 1e9)),
                BenchCell(whole(by_arithmetic)),
                BenchCell(whole(by_memory)),
                BenchCell(whole(min(by_arithmetic, by_memory))),
            )
        )
    return BenchTable(
        "limit",
        "The model of the limit",
        f"Training on one picture takes {shown(cost['operations'] / 1e6)} million floating-point "
        f"operations ({shown(cost['forward_operations'] / 1e6)} million of them forward) and, "
        f"when every layer streams its arrays through memory, "
        f"{shown(cost['bytes_moved'] / 1e6)} MB read and written.",
        (
            BenchHead("on", words=True),
            BenchHead("peak arithmetic", "GFLOP/s"),
            BenchHead("peak traffic", "GB/s"),
            BenchHead("pictures/s by arithmetic"),
            BenchHead("pictures/s by traffic"),
            BenchHead("limit"),
        ),
        tuple(rows),
        (
            "Peaks are measured: the best of several float32 matrix products and of several "
            "copies. What stays in a cache between layers need not be moved, so the limit by "
            "traffic can be passed.",
        ),
    )


def _peers(document: Mapping[str, Any]) -> BenchTable:
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
                _spread(row["ratio"], shown),
                _spread(row["processor_ratio"], shown),
                _spread(row["first_speed"], whole),
                _spread(row["second_speed"], whole),
                _memories(row),
                BenchCell(whole(row["ratio"]["n"])),
                BenchCell(_goal(row)),
                BenchCell(_met(row["met"]), _apart(row)),
            )
        )
    return BenchTable(
        "peers",
        "Beside others",
        "Two ways in one run, lap by lap in turn. Ratios are medians over pairs of laps, first "
        "over second, with the lowest and highest below: of pictures a second, or of time where "
        "the goal is “at most”.",
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
        ),
    )


def _counts(document: Mapping[str, Any]) -> BenchTable:
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
                _spread(value, shown) if value["n"] else BenchCell("not reached"),
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


def _threads(row: Mapping[str, Any]) -> str:
    if not row["threads"]:
        return "one GPU"
    return f"{whole(row['threads'])} {'thread' if row['threads'] == 1 else 'threads'}"


def _devices(row: Mapping[str, Any]) -> str:
    return f"{whole(row['devices'])} {as_text(row['kind'])}{'s' if row['devices'] > 1 else ''}"


def _spread(values: Mapping[str, Any], write: Callable[[Any], str]) -> BenchCell:
    small = ""
    if as_number(values["n"]) > 1 and interval(values["lowest"], values["highest"]):
        small = f"{write(values['lowest'])} to {write(values['highest'])}"
    return BenchCell(write(values["median"]), small)


def _share(value: Any) -> BenchCell:
    number = as_number(value)
    return BenchCell(f"{100 * number:.3g} %" if number == number else DASH)


def _memory(value: Any) -> BenchCell:
    return BenchCell(shown(as_number(value) / 1e9))


def _memories(row: Mapping[str, Any]) -> BenchCell:
    found = [row.get(f"{side}_bytes") for side in ("first", "second")]
    if found == [None, None]:
        return BenchCell("")
    return BenchCell(" : ".join(_memory(value).text for value in found))


def _filled(texts: Sequence[str], width: int) -> tuple[BenchCell, ...]:
    return tuple(BenchCell(text) for text in [*texts, *[""] * (width - len(texts))])
