"""Times training steps and evaluation of the article's network, in each way that was weighed.

``python benchmarks/steps.py --image-sizes 64 128 --batch-sizes 32 256 --threads 1``

Ways: "layers", Keras's own, one after another over the whole batch; "pieces", the batch in pieces;
"first block", the first convolution pooled before its bias and ReLU; "both", as runs have it. They
take turns in one process; what is printed is processor time a picture, medians over the turns, and
its ratio to "layers", turn by turn. Tracing and compiling are left out. With several threads
operations are not shared among them, as in runs: what the threads gain by the clock is not seen.
"""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import tyro

if TYPE_CHECKING:
    import keras

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.turns import in_turn, write_record

WAYS = ("layers", "pieces", "first block", "both")
PARTS = ("training", "evaluation")
_FEWEST_PICTURES = 256


@dataclass(frozen=True)
class Steps:
    """Time training steps and evaluation, way by way."""

    image_sizes: tuple[int, ...] = (64, 128)
    """sides of the pictures in pixels, multiples of 32"""
    batch_sizes: tuple[int, ...] = (32, 256)
    """rows of a step"""
    threads: int = 1
    """of the process"""
    model: Literal["plain", "dropout"] = "plain"
    """without dropout or with it"""
    repeats: int = 7
    """turns"""
    out: Path | None = None
    """JSON file for what is measured"""


def main(options: Steps) -> None:
    """Measures, prints a table and writes the file."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    from study.train.devices import prepare_devices

    prepare_devices(1, options.threads, in_pieces=True)
    rows = []
    for image_size in options.image_sizes:
        for batch_size in options.batch_sizes:
            for row in _timed(image_size, batch_size, options):
                rows.append(row)
                print(_line(row))
    if options.out is not None:
        write_record(options.out, rows, threads=options.threads, model=options.model)


def _line(row: dict[str, Any]) -> str:
    micros, ratio = row["microseconds"]["median"], row["ratio"]
    return (
        f"{row['image_size']:3} px  batch {row['batch_size']:4}  {row['part']:10}  "
        f"{row['way']:11}  {micros:7.1f} µs a picture  {ratio['median']:.2f} "
        f"({ratio['lowest']:.2f} to {ratio['highest']:.2f})"
    )


def _timed(image_size: int, batch_size: int, options: Steps) -> list[dict[str, Any]]:
    from study.bench.spread import spread

    works: dict[str, Callable[[], Any]] = {}
    for way in WAYS:
        network = network_of(way, image_size, options.model, options.threads)
        *parts, steps = works_of(network, image_size, batch_size)
        works |= {f"{way}, {part}": work for part, work in zip(PARTS, parts, strict=True)}
    times = {
        name: [seconds / (steps * batch_size) * 1e6 for seconds in found]
        for name, found in in_turn(works, options.repeats).items()
    }
    rows = []
    for part in PARTS:
        plain = times[f"{WAYS[0]}, {part}"]
        for way in WAYS:
            own = times[f"{way}, {part}"]
            ratios = [a / b for a, b in zip(own, plain, strict=True)]
            rows.append(
                {
                    "image_size": image_size,
                    "batch_size": batch_size,
                    "part": part,
                    "way": way,
                    "microseconds": spread(own).as_dict(),
                    "ratio": spread(ratios).as_dict(),
                }
            )
    return rows


def network_of(way: str, image_size: int, model: str, threads: int) -> "keras.Model":
    """The article's network, computed in one of the ways."""
    from study.layers.first_block import first_block_of
    from study.layers.pieces import NetworkInPieces, in_pieces
    from study.model import build_model

    class Whole(NetworkInPieces):
        """The first block as runs have it, over the whole batch."""

        def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
            assert self.first_block is not None
            return self.first_block.outputs(inputs, training)

    network = build_model(image_size, model)
    if way == "layers":
        return network
    if way == "first block":
        whole = Whole(network.input, network.output)
        whole.first_block = first_block_of(network)
        return whole
    computed = in_pieces(network, threads)
    if way == "pieces":
        computed.first_block = None
    return computed


def works_of(
    network: "keras.Model", image_size: int, batch_size: int
) -> tuple[Callable[[], Any], Callable[[], Any], int]:
    """A turn of training steps and one of evaluation, compiled; and the steps of each."""
    import keras
    import tensorflow as tf

    steps = -(-_FEWEST_PICTURES // batch_size)
    images, labels = batches_of(steps, batch_size, image_size)
    optimizer = keras.optimizers.SGD(0.01)
    optimizer.build(network.trainable_variables)

    @tf.function
    def train() -> None:
        for step in tf.range(steps):
            with tf.GradientTape() as tape:
                outputs = network(images[step], training=True)
                loss = tf.reduce_mean(keras.losses.binary_crossentropy(labels[step], outputs))
            optimizer.apply(tape.gradient(loss, network.trainable_variables))

    @tf.function
    def evaluate() -> Any:
        total = tf.constant(0.0)
        for step in tf.range(steps):
            total += tf.reduce_sum(network(images[step], training=False))
        return total

    return train, evaluate, steps


def batches_of(steps: int, batch_size: int, image_size: int) -> tuple[Any, Any]:
    """Random pictures, uint8 (steps, rows, side, side, 3), and labels, float32 (steps, rows, 1)."""
    import numpy as np
    import tensorflow as tf

    random = np.random.default_rng(0)
    shape = (steps, batch_size, image_size, image_size, 3)
    images = tf.constant(random.integers(0, 256, shape, dtype=np.uint8))
    return images, tf.constant(random.integers(0, 2, (steps, batch_size, 1)).astype(np.float32))


if __name__ == "__main__":
    main(tyro.cli(Steps, description=__doc__))
