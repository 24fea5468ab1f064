"""Times what ``BatchUpdateNorm`` puts into a training step, apart from training.

``python benchmarks/update_norm.py --image-sizes 64 128 --batch-sizes 32 256``

Two compiled loops take turns: one changes all weights of the article's network and does no more,
the other has the recorder of ``BatchUpdateNorm`` in each step besides. What the recorder takes is
their difference, turn by turn; beside it, a training step in the same process, as runs have it.
All of it is processor time on one thread, medians over the turns; tracing and compiling are left
out.
"""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tyro

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.steps import network_of, works_of
from benchmarks.turns import in_turn, write_record

_STEPS = 1000


@dataclass(frozen=True)
class UpdateNorm:
    """Time the recorder of update norms beside training steps."""

    image_sizes: tuple[int, ...] = (64, 128)
    """sides of the pictures in pixels, multiples of 32"""
    batch_sizes: tuple[int, ...] = (32, 256)
    """rows of a training step"""
    repeats: int = 11
    """turns"""
    out: Path | None = None
    """JSON file for what is measured"""


def main(options: UpdateNorm) -> None:
    """Measures, prints a line a size, and writes the file."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    from study.train.devices import prepare_devices

    prepare_devices(1, 1, in_pieces=True)
    rows = []
    for image_size in options.image_sizes:
        for row in _timed(image_size, options):
            rows.append(row)
            print(_line(row))
    if options.out is not None:
        write_record(options.out, rows, threads=1)


def _line(row: dict[str, Any]) -> str:
    share, names = row["share"], ("recorder_microseconds", "step_microseconds")
    recorder, step = (row[name]["median"] for name in names)
    return (
        f"{row['image_size']:3} px  batch {row['batch_size']:4}  "
        f"{recorder:5.1f} of {step:9,.1f} µs a step, {100 * share['median']:.2f} % "
        f"({100 * share['lowest']:.2f} to {100 * share['highest']:.2f})"
    )


def _timed(image_size: int, options: UpdateNorm) -> list[dict[str, Any]]:
    from study.bench.spread import spread

    works = {"alone": _changes(image_size, False), "recorded": _changes(image_size, True)}
    trained = {}
    for size in options.batch_sizes:
        network = network_of("both", image_size, "plain", 1)
        train, _, steps = works_of(network, image_size, size)
        works[str(size)], trained[size] = train, steps
    times = in_turn(works, options.repeats)
    pairs = zip(times["recorded"], times["alone"], strict=True)
    recorder = [(recorded - alone) / _STEPS * 1e6 for recorded, alone in pairs]
    rows = []
    for size in options.batch_sizes:
        step = [seconds / trained[size] * 1e6 for seconds in times[str(size)]]
        rows.append(
            {
                "image_size": image_size,
                "batch_size": size,
                "recorder_microseconds": spread(recorder).as_dict(),
                "step_microseconds": spread(step).as_dict(),
                "share": spread([a / b for a, b in zip(recorder, step, strict=True)]).as_dict(),
            }
        )
    return rows


def _changes(image_size: int, recorded: bool) -> Callable[[], Any]:
    """A loop of steps that change all weights; what is recorded in them is fetched at its end."""
    import tensorflow as tf

    from callbacks.step_recorder import StepRecorder
    from study.model import build_model

    model = build_model(image_size, "plain")
    changes = [tf.random.stateless_normal(w.shape, (1, 2)) * 1e-6 for w in model.trainable_weights]
    recorder = StepRecorder(model, False, _STEPS) if recorded else None
    if recorder is not None:
        recorder.prepare()

    def step(number: Any) -> tuple[Any]:
        seen = recorder.before_step(None) if recorder is not None else None
        for weight, change in zip(model.trainable_weights, changes, strict=True):
            weight.value.assign_sub(change)
        if recorder is not None:
            recorder.after_step(seen)
        return (number + 1,)

    @tf.function(autograph=False)
    def steps() -> Any:
        return tf.while_loop(lambda number: number < _STEPS, step, (tf.constant(0),))

    def work() -> None:
        steps()
        if recorder is not None:
            assert recorder.fetch().shape == (1, _STEPS)

    return work


if __name__ == "__main__":
    main(tyro.cli(UpdateNorm, description=__doc__))
