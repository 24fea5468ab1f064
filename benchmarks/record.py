"""Measures all that benchmarks/README.md shows, one call after the other.

``python benchmarks/record.py --data ../shared/data/cats_and_dogs_128px.zip``

Each record, ``records/NAME.json``, is a list of what the calls of ``CALLS[NAME]`` have measured; it
is written after every call, so that an interruption keeps what is done. ``tables.py`` makes the
tables of them. Nothing else should run on the machine meanwhile: it takes about two hours.
"""

import json
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tyro

sys.path.insert(0, str(Path(__file__).parents[1]))
from study.store.atomic import write_atomically
from study.store.published import published_bench

ROOT = Path(__file__).parents[1]
RECORDS = ROOT / "benchmarks" / "records"

_SIZES = "--batch-sizes 32,256"
_PEERS = f"bench --peers --threads 2 {_SIZES}"
_MEASURE = "bench --peers --repeats 5"
CALLS: dict[str, tuple[str, ...]] = {
    "peers": (
        f"{_PEERS} --only article,study --image-size 64",
        f"{_PEERS} --only article,study --image-size 128",
        f"{_PEERS} --only torch --image-size 64 --pictures 6000",
        f"{_PEERS} --only torch --image-size 128 --pictures 4000",
    ),
    "speed": (
        f"bench --threads 2 {_SIZES} --devices 1 --image-size 64",
        f"bench --threads 2 {_SIZES} --devices 1 --image-size 128",
    ),
    "commands": (
        "bench --peers --only preparing --image-size 128 --batch-sizes 32",
        "bench --peers --only help,report --image-size 32 --pictures 2000 --batch-sizes 32 "
        "--study reports/published/real-32px",
    ),
    "callbacks": (
        f"{_PEERS} --only callbacks,copying --image-size 64 --pictures 6000 --repeats 11",
        f"{_PEERS} --only callbacks,copying --image-size 128 --pictures 6000 --repeats 11",
    ),
    "update-norm": (
        "benchmarks/update_norm.py --threads 1",
        "benchmarks/update_norm.py --threads 2",
    ),
    "measurements": tuple(
        f"{_MEASURE} --threads {threads} {what}"
        for threads in (1, 2)
        for what in (
            f"--only gradient,loss,landscape {_SIZES} --image-size 64 --pictures 3000",
            f"--only gradient,loss {_SIZES} --image-size 128 --pictures 2000",
            "--only landscape --batch-sizes 32 --image-size 128",
        )
    ),
    "devices": (
        "bench --image-size 64 --pictures 6000 --devices 1,2 --batch-sizes 32,64,128,256",
        "bench --image-size 64 --devices 1 --batch-sizes 32,64,128,256 --repeats 2 "
        "--rates 0.01,0.08 --target 0.6 --max-epochs 20",
    ),
    "steps": ("benchmarks/steps.py --image-sizes 32 64 128",),
    "operations": ("benchmarks/operations.py",),
}


@dataclass(frozen=True)
class Record:
    """Measure again what the tables of benchmarks/README.md show."""

    data: Path
    """zip archive like the original"""
    only: tuple[str, ...] = ()
    """records to make, such as peers devices; default: all"""
    out: Path = RECORDS
    """folder for the records"""


def main(options: Record) -> None:
    """Makes the records; exits with 1 where a call fails, or a name or file is unknown."""
    if unknown := sorted(set(options.only) - set(CALLS)):
        sys.exit(f"--only {' '.join(unknown)}: expected some of {', '.join(CALLS)}.")
    if not options.data.is_file():
        sys.exit(f"--data {options.data} is no file; expected a zip archive like the original.")
    options.out.mkdir(parents=True, exist_ok=True)
    for name in options.only or CALLS:
        for documents in measured(CALLS[name], options.data.resolve()):
            write(options.out / f"{name}.json", documents)


def measured(calls: tuple[str, ...], data: Path) -> Iterator[list[dict[str, Any]]]:
    """What the calls have measured so far, after each of them."""
    documents: list[dict[str, Any]] = []
    for call in calls:
        print(call, flush=True)
        documents.append(_measure(call, data))
        yield documents


def _measure(call: str, data: Path) -> dict[str, Any]:
    first, *rest = shlex.split(call)
    with tempfile.TemporaryDirectory(prefix="study-benchmarks-") as folder:
        out = Path(folder) / "bench.json"
        if first == "bench":
            command = ["-m", "study", first, *rest, "--data", str(data), "--out", folder]
        else:
            command = [first, *rest, "--out", str(out)]
        done = subprocess.run([sys.executable, *command], cwd=ROOT, check=False)
        if done.returncode:
            sys.exit(f"this call failed, with exit code {done.returncode}: {call}")
        return cleaned(json.loads(out.read_text(encoding="utf-8")))


def cleaned(document: dict[str, Any]) -> dict[str, Any]:
    """A measurement without paths, or the temporary folder that it was written to."""
    command = re.sub(r" --out \S+", "", document["command"])
    return published_bench({**document, "command": command})


def write(path: Path, documents: list[dict[str, Any]]) -> None:
    """Writes a record, a row a line: changes can be read."""
    text = as_lines(documents) + "\n"
    write_atomically(path, lambda file: file.write(text.encode()))


def as_lines(value: Any, depth: int = 0) -> str:
    """JSON whose rows, three levels below the list of calls, take a line each."""
    whole = json.dumps(value, ensure_ascii=False)
    if depth == 3 or len(whole) < 200 or not isinstance(value, dict | list):
        return whole
    pad, end = "\n" + " " * (depth + 1), "\n" + " " * depth
    if isinstance(value, list):
        inner = ("," + pad).join(as_lines(one, depth + 1) for one in value)
        return f"[{pad}{inner}{end}]"
    pairs = (f"{json.dumps(key)}: {as_lines(one, depth + 1)}" for key, one in value.items())
    return f"{{{pad}{f',{pad}'.join(pairs)}{end}}}"


if __name__ == "__main__":
    main(tyro.cli(Record, description=__doc__))
