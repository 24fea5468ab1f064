"""The page of a benchmark, drawn from ``bench.json``; one file, nothing is measured here."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reports.bench_cells import BenchTable
from reports.bench_tables import bench_tables
from reports.figures.theme import TOKENS
from reports.template import fill_page
from reports.wording import as_text, mappings, shown, whole
from study.store.atomic import write_text
from study.store.bench_document import damaged_bench, read_bench

BENCH_PAGE = "index.html"


def write_bench_page(folder: Path) -> Path:
    """Writes the page beside the ``bench.json`` in ``folder``, atomically; gives its path.

    Raises:
        StoreError: there is no benchmark, or it is damaged.
    """
    page = build_bench_page(read_bench(folder), folder)
    target = folder / BENCH_PAGE
    write_text(target, page)
    return target


@dataclass(frozen=True)
class BenchView:
    """What pages show of a benchmark."""

    lead: str
    warnings: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    tables: tuple[BenchTable, ...]
    environment: tuple[tuple[str, str], ...]
    command: str

    @property
    def made_on(self) -> str:
        """Machine and time, in a line."""
        known = dict(self.environment)
        return f"{known['Processor']}, {known['Made']}"


def bench_view(document: dict[str, Any], folder: Path) -> BenchView:
    """A benchmark as pages show it; the same document gives the same.

    Args:
        document: ``bench.json``.
        folder: where that lies.

    Raises:
        StoreError: the document is damaged.
    """
    try:
        return BenchView(
            lead=as_text(document["conclusion"], 600),
            warnings=tuple(_warnings(document)),
            facts=tuple(_facts(document)),
            tables=_tables(document),
            environment=tuple(_environment(document)),
            command=as_text(document["command"], 500),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise damaged_bench(folder, f"is damaged ({error!r})") from error


def build_bench_page(document: dict[str, Any], folder: Path = Path("runs/bench")) -> str:
    """The page as HTML; the same document gives the same bytes.

    Args:
        document: ``bench.json``.
        folder: where that lies, for errors.

    Raises:
        StoreError: the document is damaged.
    """
    view = bench_view(document, folder)
    return fill_page(
        "bench.html.j2",
        TOKENS,
        lead=view.lead,
        warnings=view.warnings,
        facts=view.facts,
        tables=view.tables,
        environment=view.environment,
        command=view.command,
    )


def _tables(document: dict[str, Any]) -> tuple[BenchTable, ...]:
    return tuple(table for table in bench_tables(document) if table.rows)


def _warnings(document: dict[str, Any]) -> list[str]:
    found = []
    if document["data"]["embedded"]:
        found.append(
            "The pictures were drawn by this project’s own code. Speeds are those of photographs "
            "of the same size; the time to a loss is not."
        )
    rows = mappings(document["grid"])
    if any(row["kind"] == "logical CPU" for row in rows):
        found.append(
            "Logical CPU devices: not a measurement of several devices. They share one processor "
            "and show only that the same code runs."
        )
    return found


def _facts(document: dict[str, Any]) -> list[tuple[str, str]]:
    data = document["data"]
    return [
        ("pictures trained on", whole(data["train_examples"])),
        ("pixels", f"{whole(data['image_size'])} × {whole(data['image_size'])}"),
        ("network", as_text(document["settings"]["model"])),
        ("cores", whole(document["hardware"]["cores"])),
        ("GPUs", whole(len(document["hardware"]["gpus"]))),
    ]


def _environment(document: dict[str, Any]) -> list[tuple[str, str]]:
    machine, data = document["hardware"], document["data"]
    revision = as_text(document["commit"])[:12] or "unknown"
    return [
        ("Made", as_text(document["made"])),
        ("Processor", f"{as_text(machine['cpu'])}, {whole(machine['cores'])} cores"),
        ("Memory", f"{shown(machine['memory_bytes'] / 1e9)} GB"),
        ("GPUs", ", ".join(map(as_text, machine["gpus"])) or "none"),
        ("System", as_text(machine["system"])),
        ("Commit", revision + (", with changes" if document["dirty"] else "")),
        ("Data", f"{as_text(data['source'], 200)}, {as_text(data['fingerprint'])[:12]}"),
        (
            "Versions",
            ", ".join(f"{as_text(k)} {as_text(v)}" for k, v in document["versions"].items()),
        ),
    ]
