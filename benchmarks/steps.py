"""Times training steps and evaluation of the article's network, in each way that was weighed.

``python benchmarks/steps.py --image-size 128 --batch-size 256 --threads 1``

Ways: "layers", Keras's own, one after another over the whole batch; "pieces", the batch in pieces;
"first block", the first convolution pooled before its bias and ReLU; "both", as runs have it. They
take turns in one process; what is printed is processor time a picture, medians over the turns, and
its ratio to "layers", turn by turn. Tracing and compiling are left out. With several threads
operations are not shared among them, as in runs: what the threads gain by the clock is not seen.
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
WAYS = ("layers", "pieces", "first block", "both")
_FEWEST_PICTURES = 256


@dataclass(frozen=True)
class Steps:
    """Time training steps and evaluation, way by way."""

    image_size: int = 128
    """side of the pictures in pixels, a multiple of 32"""
    batch_size: int = 32
    """rows of a step"""
    threads: int = 1
    """of the process"""
    model: Literal["plain", "dropout"] = "plain"
    """without dropout or with it"""
    repeats: int = 7
    """turns"""

    @property
    def steps(self) -> int:
        """Of a turn."""
        return -(-_FEWEST_PICTURES // self.batch_size)


def main(options: Steps) -> None:
    """Measures and prints a table."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    from study.train.devices import prepare_devices

    prepare_devices(1, options.threads, in_pieces=True)
    works = {way: _works(_network(way, options), options) for way in WAYS}
    times = _measured(works, options)
    print(f"{options}\nprocessor time a picture, µs; ratio to {WAYS[0]!r} (lowest to highest)")
    for part in (0, 1):
        print(("training", "evaluation")[part])
        for way in WAYS:
            own, plain = times[way][part], times[WAYS[0]][part]
            ratios = [a / b for a, b in zip(own, plain, strict=True)]
            print(
                f"  {way:12} {median(own):7.1f}  {median(ratios):.2f} "
                f"({min(ratios):.2f} to {max(ratios):.2f})"
            )


def _network(way: str, options: Steps) -> "keras.Model":
    from study.layers.first_block import first_block_of
    from study.layers.pieces import NetworkInPieces, in_pieces
    from study.model import build_model

    class Whole(NetworkInPieces):
        """The first block as runs have it, over the whole batch."""

        def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
            assert self.first_block is not None
            return self.first_block.outputs(inputs, training)

    network = build_model(options.image_size, options.model)
    if way == "layers":
        return network
    if way == "first block":
        whole = Whole(network.input, network.output)
        whole.first_block = first_block_of(network)
        return whole
    computed = in_pieces(network, options.threads)
    if way == "pieces":
        computed.first_block = None
    return computed


def _works(network: "keras.Model", options: Steps) -> tuple[Callable[[], Any], Callable[[], Any]]:
    """A pass of training steps over some pictures, and one of evaluation, compiled."""
    import keras
    import numpy as np
    import tensorflow as tf

    rows = (options.steps, options.batch_size)
    random = np.random.default_rng(0)
    shape = (*rows, options.image_size, options.image_size, 3)
    images = tf.constant(random.integers(0, 256, shape, dtype=np.uint8))
    labels = tf.constant(random.integers(0, 2, (*rows, 1)).astype(np.float32))
    optimizer = keras.optimizers.SGD(0.01)
    optimizer.build(network.trainable_variables)

    @tf.function
    def train() -> None:
        for step in tf.range(options.steps):
            with tf.GradientTape() as tape:
                outputs = network(images[step], training=True)
                loss = tf.reduce_mean(keras.losses.binary_crossentropy(labels[step], outputs))
            optimizer.apply(tape.gradient(loss, network.trainable_variables))

    @tf.function
    def evaluate() -> Any:
        total = tf.constant(0.0)
        for step in tf.range(options.steps):
            total += tf.reduce_sum(network(images[step], training=False))
        return total

    return train, evaluate


def _measured(works: dict[str, Any], options: Steps) -> dict[str, tuple[list[float], list[float]]]:
    """Processor time in µs a picture: training and evaluation of each way, turn by turn."""
    times: dict[str, tuple[list[float], list[float]]] = {way: ([], []) for way in works}
    # the first turn traces and compiles
    pictures = options.steps * options.batch_size
    for turn in range(options.repeats + 1):
        for way, parts in works.items():
            for work, found in zip(parts, times[way], strict=True):
                start = time.process_time()
                work()
                if turn:
                    found.append((time.process_time() - start) / pictures * 1e6)
    return times


if __name__ == "__main__":
    main(tyro.cli(Steps, description=__doc__))
