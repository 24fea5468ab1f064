"""Times what ``BatchUpdateNorm`` adds to a training step.

``python benchmarks/update_norm.py --image-sizes 64 128 --batch-sizes 32 256 --threads 1``

Training steps of the article's network, as runs have them, take turns with the same steps that hold
the callback's recorder, a few of them a turn, so that what else the machine does meets both. Two
copies of one step, traced and compiled anew, differ by half a percent and more for as long as they
live; so each side has several, in pairs. A pair's share is its median over the turns; told are
medians over the pairs, the share with the 95 % interval of its median: processor time on one
thread, the clock on several.
"""

import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, Literal

import tyro

if TYPE_CHECKING:
    import keras

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.steps import batches_of, network_of
from benchmarks.turns import in_turn, write_record

_FEWEST_PICTURES = 320
_FEWEST_STEPS = 2
_FEWEST_TURNS = 3
_ROWS = 1024
_SIDES = ("without", "recorded")


@dataclass(frozen=True)
class UpdateNorm:
    """Time training steps with the recorder of update norms and without it."""

    image_sizes: tuple[int, ...] = (64, 128)
    """sides of the pictures in pixels, multiples of 32"""
    batch_sizes: tuple[int, ...] = (32, 256)
    """rows of a training step"""
    threads: int = 1
    """of the process"""
    model: Literal["plain", "dropout"] = "plain"
    """without dropout or with it"""
    copies: int = 9
    """times that each side is compiled"""
    seconds: float = 120
    """for each size of pictures and batches; three turns at least are taken"""
    out: Path | None = None
    """JSON file for what is measured"""


def main(options: UpdateNorm) -> None:
    """Measures, prints a line a size, and writes the file."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    from study.train.devices import prepare_devices

    prepare_devices(1, options.threads, in_pieces=True)
    rows = []
    for image_size in options.image_sizes:
        for batch_size in options.batch_sizes:
            row = _timed(image_size, batch_size, options)
            rows.append(row)
            print(_line(row), flush=True)
    if options.out is not None:
        settings = {"threads": options.threads, "model": options.model, "copies": options.copies}
        write_record(options.out, rows, **settings)


def _line(row: dict[str, Any]) -> str:
    share, within = row["share"], ""
    recorder, step = row["recorder_microseconds"]["median"], row["step_microseconds"]["median"]
    if share["interval"]:
        within = f" ({100 * share['interval'][0]:.2f} to {100 * share['interval'][1]:.2f})"
    return (
        f"{row['image_size']:3} px  batch {row['batch_size']:4}  "
        f"{recorder:5.1f} of {step:9,.1f} µs a step, {100 * share['median']:.2f} %{within}, "
        f"n = {share['n']}, {row['turns']} turns"
    )


def _timed(image_size: int, batch_size: int, options: UpdateNorm) -> dict[str, Any]:
    network = network_of("both", image_size, options.model, options.threads)
    steps = max(_FEWEST_STEPS, -(-_FEWEST_PICTURES // batch_size))
    data = batches_of(steps, batch_size, image_size)
    works = {
        f"{side} {copy}": _training(network, data, steps, side == "recorded")
        for copy in range(options.copies)
        for side in _SIDES
    }
    times = _turns_within(options.seconds, works, options.threads)
    found = row_of(times, steps, options.copies)
    return {"image_size": image_size, "batch_size": batch_size, "steps": steps, **found}


def row_of(times: dict[str, list[float]], steps: int, copies: int) -> dict[str, Any]:
    """What the turns' times say of a step: medians over the turns, then spreads over the copies.

    Args:
        times: seconds turn by turn, of "without 0", "recorded 0", "without 1" and so on.
        steps: in a turn.
        copies: of each side.
    """
    from study.bench.spread import median_interval, spread

    pairs = [
        list(zip(times[f"recorded {copy}"], times[f"without {copy}"], strict=True))
        for copy in range(copies)
    ]
    shares = [median(with_it / without - 1 for with_it, without in pair) for pair in pairs]
    added = [median(with_it - without for with_it, without in pair) for pair in pairs]
    alone = [median(without for _, without in pair) for pair in pairs]
    return {
        "turns": len(pairs[0]),
        "recorder_microseconds": spread([seconds / steps * 1e6 for seconds in added]).as_dict(),
        "step_microseconds": spread([seconds / steps * 1e6 for seconds in alone]).as_dict(),
        "share": {**spread(shares).as_dict(), "interval": median_interval(shares)},
    }


def _turns_within(
    seconds: float, works: dict[str, Callable[[], Any]], threads: int
) -> dict[str, list[float]]:
    """As many turns as fit, tracing included."""
    start = time.perf_counter()
    # one to trace and compile, one to see how long a turn takes
    a_turn = sum(took for (took,) in in_turn(works, 1, time.perf_counter).values())
    left = seconds - (time.perf_counter() - start)
    clock = time.process_time if threads == 1 else time.perf_counter
    return in_turn(works, max(_FEWEST_TURNS, int(left / a_turn) - 1), clock)


def _training(
    network: "keras.Model", data: tuple[Any, Any], steps: int, recorded: bool
) -> Callable[[], Any]:
    """A few of Keras's training steps in one call."""
    import tensorflow as tf

    from callbacks.step_recorder import StepRecorder

    if not network.compiled:
        network.compile("sgd", "binary_crossentropy")
        # makes what cannot be made within a compiled step: the optimizer's variables, metrics
        network.train_on_batch(data[0][0], data[1][0])
    # a fetch is made once an epoch: none is timed, and what finds no more room is not kept
    recorder = StepRecorder(network, False, _ROWS) if recorded else None
    if recorder is not None:
        recorder.prepare()

    @tf.function
    def train() -> None:
        for step in tf.range(steps):
            batch = (data[0][step], data[1][step])
            seen = recorder.before_step(batch) if recorder is not None else None
            network.train_step(batch)
            if recorder is not None:
                recorder.after_step(seen)

    return train


if __name__ == "__main__":
    main(tyro.cli(UpdateNorm, description=__doc__))
