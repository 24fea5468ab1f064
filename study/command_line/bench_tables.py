"""The tables of ``bench`` at the terminal."""

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from study.bench.conclusion import NOT_SEVERAL
from study.bench.grid import above_bytes
from study.bench.limit import limit_words
from study.bench.request import BenchRequest
from study.command_line.terminal import escaped, size

Rows = Sequence[dict[str, Any]]


def print_peaks(peaks: Rows, terminal: Console) -> None:
    """The machine's peaks."""
    for row in peaks:
        where = "one GPU" if not row["threads"] else _threads(row["threads"])
        terminal.print(
            f"Measured peak on {where}: {row['operations_a_second'] / 1e9:,.0f} GFLOP/s (float32 "
            f"matrix product), {row['bytes_a_second'] / 1e9:,.1f} GB/s (copy, read and written)."
        )


def print_grid(request: BenchRequest, rows: Rows, terminal: Console) -> None:
    """Training speed by devices and batch size; medians, lowest and highest below."""
    on_gpus = any(row.get("device_peak_bytes") is not None for row in rows)
    table = Table(
        "devices",
        "batch size",
        "s / epoch",
        "pictures / s",
        "share of peak",
        "share of limit",
        "scaling",
        "peak host memory",
        "above TensorFlow",
        *(["peak GPU memory"] if on_gpus else []),
        "warm-up",
        box=None,
        pad_edge=False,
    )
    for row in rows:
        where = request.device_words(row["devices"])
        if row["problem"]:
            table.add_row(where, str(row["batch_size"]), escaped(row["problem"]))
            continue
        table.add_row(
            where,
            str(row["batch_size"]),
            spread_words(row["seconds_per_epoch"], "{:.3g}"),
            spread_words(row["pictures_per_second"], "{:,.0f}"),
            f"{row['share_of_peak_operations']:.1%}",
            f"{row['share_of_limit']:.1%}",
            _share(row["scaling_efficiency"]),
            _bytes(row["peak_bytes"]),
            _gigabytes(above_bytes(row)),
            *([_bytes(row["device_peak_bytes"])] if on_gpus else []),
            f"{row['warm_up_seconds']:.1f} s",
        )
    terminal.print(table)
    terminal.print(
        f"Medians over epochs after the first (n = {request.repeats}), in brackets the lowest and "
        "highest; "
        "share of peak: arithmetic; of limit: the roofline, layer by layer; warm-up: what the "
        "first epoch took more; peak host memory: of the whole process; above TensorFlow: what of "
        "it exceeds what the process held before it had pictures"
        f"{'; peak GPU memory: of the GPU that held most' if on_gpus else ''}."
    )
    if words := limit_words(request.model):
        terminal.print(words)
    if any(row["kind"] == "logical CPU" for row in rows):
        terminal.print(f"{NOT_SEVERAL[0].upper()}{NOT_SEVERAL[1:]}.")


def print_targets(request: BenchRequest, rows: Rows, terminal: Console) -> None:
    """Time to the target by devices, batch size and rate."""
    table = Table(
        "devices", "batch size", "rate", "s to target", "epochs", "reached", "lowest loss"
    )
    table.box, table.pad_edge = None, False
    for row in rows:
        lowest = row["lowest_loss"]
        table.add_row(
            request.device_words(row["devices"]),
            str(row["batch_size"]),
            f"{row['learning_rate']:g}",
            spread_words(row["seconds"], "{:.3g}") if row["reached"] else _not_reached(row),
            spread_words(row["epochs"], "{:.0f}") if row["reached"] else "",
            f"{row['reached']} of {row['n']}",
            "" if lowest is None else f"{lowest:.4f}",
        )
    terminal.print(table)
    terminal.print(
        f"To a validation loss of {request.target:g}, within {request.max_epochs} epochs."
    )


def _not_reached(row: dict[str, Any]) -> str:
    return f"failed: {escaped(row['problem'])}" if row["problem"] else "not reached"


def print_peers(request: BenchRequest, rows: Rows, counts: Rows, terminal: Console) -> None:
    """Ratios of the comparisons, and the numbers with a limit."""
    table = Table(
        "what",
        "where",
        "first : second",
        "ratio",
        "processor time",
        "share of limit",
        "memory",
        "goal",
        "",
    )
    table.box, table.pad_edge = None, False
    for row in rows:
        names = f"{row['first']} : {row['second']}"
        if row["problem"]:
            table.add_row(row["name"], row["where"], names, "skipped", escaped(row["problem"]))
            continue
        table.add_row(
            row["name"],
            row["where"],
            names,
            spread_words(row["ratio"], "{:.2f}"),
            spread_words(row["processor_ratio"], "{:.2f}"),
            _shares(row),
            _memories(row),
            goal_words(row),
            met_words(row["met"]) + _apart(row),
        )
    for row in counts:
        if row["problem"]:
            table.add_row(row["name"], row["where"], "", "skipped", escaped(row["problem"]))
            continue
        value = row["value"]
        found = spread_words(value, "{:.3g}") if value["n"] else "not reached"
        limit = f"at most {row['most']:g} {row['unit']}"
        missed = f" ({value['n']} of {row['tried']})" if value["n"] < row["tried"] else ""
        table.add_row(
            row["name"],
            row["where"],
            row["note"],
            found + missed,
            "",
            "",
            "",
            limit,
            met_words(row["met"]),
        )
    terminal.print(table)
    for row in rows:
        for side in ("first", "second"):
            if note := row.get(f"{side}_note"):
                terminal.print(f"{row[side]}, {row['where']}: {note}.", markup=False)
    if shared := list(dict.fromkeys(row["name"] for row in rows if row["one_process"])):
        terminal.print(
            f"Both sides in one process, compiled anew for each pair: {'; '.join(shared)}.",
            markup=False,
        )
    terminal.print(
        "Ratios are medians over pairs of laps, in brackets the lowest and highest: of pictures a "
        "second, or of time where the goal is a most; by the clock and by processor time; from six "
        "pairs on with the 95 % interval of the median. Memory: "
        "the most that each side's processes together took above what they held before the "
        "pictures, TensorFlow or PyTorch loaded. Share of limit: pictures trained on a second, "
        "validation in between, over those of the roofline."
    )
    if any(map(_shares, rows)) and (words := limit_words(request.model)):
        terminal.print(words)


def goal_words(row: dict[str, Any]) -> str:
    """ "at least 1.2", "at most 1.02", ""."""
    if row["goal"] is None:
        return ""
    return f"at {'least' if row['of'] == 'speed' else 'most'} {row['goal']:g}"


def met_words(met: bool | None) -> str:
    """Whether a goal is met; "" without one."""
    return "" if met is None else "[green]met[/]" if met else "[red]missed[/]"


def _apart(row: dict[str, Any]) -> str:
    """How far the losses of two sides lie apart, where they have any."""
    if row.get("difference") is None:
        return ""
    return f", largest difference {row['difference']:.1e} (at most {row['agree']:g})"


def spread_words(spread: dict[str, Any], form: str) -> str:
    """ "1.23 (1.20 to 1.40)", with the median's interval if known; one value alone."""
    median = form.format(spread["median"])
    if spread["n"] < 2:
        return median
    lowest, highest = form.format(spread["lowest"]), form.format(spread["highest"])
    return f"{median} ({lowest} to {highest}{_median_words(spread, form)})"


def _median_words(spread: dict[str, Any], form: str) -> str:
    within = spread.get("interval")
    if within is None:
        return ""
    return f"; median within {form.format(within[0])} to {form.format(within[1])}"


def _threads(count: int) -> str:
    return f"{count} thread{'s' if count > 1 else ''}"


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.0%}"


def _shares(row: dict[str, Any]) -> str:
    """ "23 % : 16 %"; "" where the sides do not train."""
    found = [row.get(f"{side}_share_of_limit") for side in ("first", "second")]
    return " : ".join("" if share is None else f"{share:.0%}" for share in found).strip(" :")


def _memories(row: dict[str, Any]) -> str:
    """ "0.21 : 0.60 GB"; "" where neither side was measured."""
    found = [row.get(f"{side}_bytes") for side in ("first", "second")]
    if found == [None, None]:
        return ""
    return " : ".join("?" if value is None else f"{value / 1e9:.2f}" for value in found) + " GB"


def _gigabytes(value: int | None) -> str:
    return "" if value is None else f"{value / 1e9:.2f} GB"


def _bytes(value: int | None) -> str:
    return "" if value is None else size(value)
