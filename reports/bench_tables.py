"""The tables of a benchmark's page."""

from collections.abc import Iterator, Mapping
from typing import Any

from reports.bench_cells import (
    BenchCell,
    BenchHead,
    BenchTable,
    filled_row,
    limit_notes,
    memory_cell,
    share_cell,
    spread_cell,
)
from reports.bench_peer_tables import counts_table, peers_table
from reports.wording import as_number, as_text, mappings, shown, whole


def bench_tables(document: Mapping[str, Any]) -> Iterator[BenchTable]:
    """All tables of a benchmark, also those without rows."""
    yield _speed(document)
    yield _targets(document)
    yield _limit(document)
    yield peers_table(document)
    yield counts_table(document)


def _speed(document: Mapping[str, Any]) -> BenchTable:
    grid = mappings(document["grid"])
    # benchmarks made before GPUs' memory was measured do not have it
    on_gpus = any(as_number(row.get("device_peak_bytes")) > 0 for row in grid)
    rows = []
    for row in grid:
        where = _devices(row)
        if row["problem"]:
            texts = [where, whole(row["batch_size"]), as_text(row["problem"])]
            rows.append(filled_row(texts, 10 + on_gpus))
            continue
        rows.append(
            (
                BenchCell(where),
                BenchCell(whole(row["batch_size"])),
                spread_cell(row["seconds_per_epoch"], shown),
                spread_cell(row["pictures_per_second"], whole),
                share_cell(row["share_of_peak_operations"]),
                share_cell(row["share_of_limit"]),
                share_cell(row["scaling_efficiency"]),
                memory_cell(row["peak_bytes"]),
                memory_cell(as_number(row["peak_bytes"]) - as_number(row["base_bytes"])),
                *([memory_cell(row.get("device_peak_bytes"))] if on_gpus else []),
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
            "Scaling efficiency is the speed on N devices over N times that on one, where an epoch "
            "is one call of the compiled step; on several every step is. Peak host "
            "memory is what the whole process held in the machine’s memory, above TensorFlow what "
            "of it exceeds what the process held before it had pictures"
            f"{', peak GPU memory what the GPU that held most did' if on_gpus else ''}.",
            *limit_notes(as_text(document["settings"]["model"])),
        ),
    )


def _not_reached(row: Mapping[str, Any]) -> BenchCell:
    problem = row.get("problem")
    return BenchCell("failed", as_text(problem)) if problem else BenchCell("not reached")


def _targets(document: Mapping[str, Any]) -> BenchTable:
    rows = [
        (
            BenchCell(_devices(row)),
            BenchCell(whole(row["batch_size"])),
            BenchCell(shown(row["learning_rate"])),
            spread_cell(row["seconds"], shown) if row["reached"] else _not_reached(row),
            spread_cell(row["epochs"], whole) if row["reached"] else BenchCell(""),
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


def _threads(row: Mapping[str, Any]) -> str:
    if not row["threads"]:
        return "one GPU"
    return f"{whole(row['threads'])} {'thread' if row['threads'] == 1 else 'threads'}"


def _devices(row: Mapping[str, Any]) -> str:
    return f"{whole(row['devices'])} {as_text(row['kind'])}{'s' if row['devices'] > 1 else ''}"
