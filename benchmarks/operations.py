"""Tells where the time of a training step goes, by kind of operation.

``python benchmarks/operations.py --image-sizes 64 128 --batch-sizes 32 256``

The step of runs, compiled, on one thread, is recorded by TensorFlow's own profiler. What is printed
is time a picture by the clock, medians over the recordings; "between operations" is what the
executor takes beside them, the recording itself included. For comparison, the time of a picture
without recording.
"""

import os
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import tyro

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.steps import network_of, works_of
from benchmarks.turns import write_record

KINDS = (
    "first convolution, forward",
    "first convolution, gradient of its kernel",
    "other convolutions, forward",
    "other convolutions, gradients of their kernels",
    "other convolutions, gradients of their inputs",
    "pooling of the other blocks",
    "dense layers",
    "all else: pooling of the first block, biases, ReLUs, pictures read and scaled",
    "between operations",
)
_FIRST, _FIRST_KERNEL, _FORWARD, _KERNELS, _INPUTS, _POOLING, _DENSE, _ELSE, BETWEEN = KINDS
# operations are recorded as name:Kind, and layers behind the first block have names of their own
_OPERATION = re.compile(r"^(?P<name>[^:]+):_?(?:Mkl)?(?:Native)?(?P<kind>[A-Za-z0-9]+)$")
_EXECUTOR = "ExecutorState::Process"
_LAYER = re.compile(r"/conv_\d")


@dataclass(frozen=True)
class Operations:
    """Tell where the time of a training step goes."""

    image_sizes: tuple[int, ...] = (64, 128)
    """sides of the pictures in pixels, multiples of 32"""
    batch_sizes: tuple[int, ...] = (32, 256)
    """rows of a step"""
    model: Literal["plain", "dropout"] = "plain"
    """without dropout or with it"""
    repeats: int = 7
    """recordings"""
    out: Path | None = None
    """JSON file for what is measured"""


def main(options: Operations) -> None:
    """Measures, prints a table and writes the file."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    from study.train.devices import prepare_devices

    prepare_devices(1, 1, in_pieces=True)
    rows = []
    for image_size in options.image_sizes:
        for batch_size in options.batch_sizes:
            row = _measured(image_size, batch_size, options)
            rows.append(row)
            print(f"{image_size} px  batch {batch_size}  {_line(row['microseconds'])}")
            for kind, found in row["kinds"].items():
                print(f"  {_line(found)}  {kind}")
    if options.out is not None:
        write_record(options.out, rows, threads=1, model=options.model)


def _line(found: dict[str, Any]) -> str:
    low, high = found["lowest"], found["highest"]
    return f"{found['median']:6.1f} ({low:.1f} to {high:.1f}) µs a picture"


def _measured(image_size: int, batch_size: int, options: Operations) -> dict[str, Any]:
    from study.bench.spread import spread

    network = network_of("both", image_size, options.model, 1)
    train, _, steps = works_of(network, image_size, batch_size)
    # traced and compiled, by the profiler too, which takes its time at first
    train()
    recorded(train)
    alone, kinds = [], []
    for _ in range(options.repeats):
        start = time.perf_counter()
        train()
        alone.append((time.perf_counter() - start) / (steps * batch_size) * 1e6)
        kinds.append(recorded(train))
    return {
        "image_size": image_size,
        "batch_size": batch_size,
        "microseconds": spread(alone).as_dict(),
        "kinds": {
            kind: spread([found[kind] / (steps * batch_size) for found in kinds]).as_dict()
            for kind in KINDS
        },
    }


def recorded(work: Callable[[], Any]) -> dict[str, float]:
    """Microseconds of a work by kind of operation, as TensorFlow's profiler records them."""
    import tensorflow as tf
    from tensorflow.tsl.profiler.protobuf import xplane_pb2

    options = tf.profiler.experimental.ProfilerOptions(
        host_tracer_level=2, python_tracer_level=0, device_tracer_level=0
    )
    found: Counter[str] = Counter(dict.fromkeys(KINDS, 0.0))
    with tempfile.TemporaryDirectory() as folder:
        tf.profiler.experimental.start(folder, options=options)
        work()
        tf.profiler.experimental.stop()
        (path,) = Path(folder).rglob("*.xplane.pb")
        space = xplane_pb2.XSpace.FromString(path.read_bytes())
    for plane in space.planes:
        for event in (event for line in plane.lines for event in line.events):
            name = plane.event_metadata[event.metadata_id].name
            microseconds = event.duration_ps / 1e6
            if name == _EXECUTOR:
                found[BETWEEN] += microseconds
            elif operation := _OPERATION.match(name):
                found[kind_of(operation["name"], operation["kind"])] += microseconds
                found[BETWEEN] -= microseconds
    return dict(found)


def kind_of(name: str, kind: str) -> str:
    """To which of ``KINDS`` an operation belongs, by its name in the graph and its kind there."""
    named = _LAYER.search(name) is not None
    if "Conv2DBackpropFilter" in kind:
        return _KERNELS if named else _FIRST_KERNEL
    if "Conv2DBackpropInput" in kind:
        return _INPUTS
    if "Conv2D" in kind:
        return _FORWARD if named else _FIRST
    if "MaxPool" in kind:
        return _POOLING
    return _DENSE if "MatMul" in kind and "/dense_" in f"/{name}" else _ELSE


if __name__ == "__main__":
    main(tyro.cli(Operations, description=__doc__))
