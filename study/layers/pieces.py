"""A batch computed in pieces side by side, one a thread of the processor or more.

TensorFlow cuts every operation into shares for its threads, and small convolutions do not gain by
it. Here each thread takes a piece of the batch through the whole network, forward and back; only
the loss sees all rows. On a single thread, too, large batches are cut: what a piece needs stays
nearer to its core. The numbers are those of the whole batch but for rounding, dropout masks
included, as long as rows meet nowhere before the loss: not with batch normalisation.
"""

import itertools
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import keras
import tensorflow as tf

from study.layers.first_block import FirstBlock, first_block_of

# with fewer rows a piece, what every operation costs at least outweighs the gain
_FEWEST_ROWS = 4
# of a piece's pictures: what it computes shall stay near its core. 16 rows at 128 pixels, 64 at
# 64, 256 at 32; half and twice as many take 0 to 7 % longer there
_MOST_PIXELS = 2**18
# each piece has a graph of its own: 76 of them took seven seconds to make
_MOST_PIECES = 16
# replicas are traced in threads of their own
_PRESENT = threading.local()


@dataclass(frozen=True)
class Piece:
    """Which piece of a batch is being computed.

    Attributes:
        index, count: this one of so many, in order, all with as many rows.
        shared: what the layers draw once for all pieces of a batch, by the layer's identity.
    """

    index: int
    count: int
    shared: dict[int, Any]


def piece_at_hand() -> Piece | None:
    """The piece that the layers are being called for; None outside of a network in pieces."""
    return getattr(_PRESENT, "piece", None)


def pieces_of(rows: int | None, pixels: int, threads: int) -> int:
    """Into how many equal pieces a batch is cut, of 4 rows at least.

    One a thread, or more where a piece's pictures of ``pixels`` each would be too large together;
    as near to that as the rows divide, among the cuts that leave the busiest thread the fewest.
    """
    if rows is None:
        return 1
    wanted = max(threads, -(-rows * pixels // _MOST_PIXELS))
    most = min(max(threads, _MOST_PIECES), max(rows // _FEWEST_ROWS, 1))
    cuts = [count for count in range(1, most + 1) if rows % count == 0]
    # the rows of the busiest thread, then the distance from what is wanted
    return min(cuts, key=lambda cut: (-(-cut // threads) * (rows // cut), abs(cut - wanted)))


class NetworkInPieces(keras.Model):
    """A functional model that takes each batch through its layers in pieces side by side.

    Attributes:
        threads: that take the pieces.
        first_block: computes the network from its first block on; None: layer by layer.
    """

    threads = 1
    first_block: FirstBlock | None = None

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        """Outputs (rows, ...) for inputs (rows, ...), as the functional model gives them."""
        # as it takes them, also as the only one of a list or a dict
        (pictures,) = tf.nest.flatten(inputs)
        number, height, width = pictures.shape[:3]
        if number is None and self.threads > 1 and not training:
            return self._shared_out(pictures)
        count = pieces_of(number, height * width, self.threads)
        if count == 1:
            return self._computed(pictures, training)
        shared: dict[int, Any] = {}
        outputs = []
        for index, rows in enumerate(tf.split(pictures, count)):
            with _at_hand(Piece(index, count, shared)):
                outputs.append(self._computed(rows, training))
        return _joined(outputs)

    def _shared_out(self, pictures: Any) -> Any:
        """Outputs where rows are counted only when they come, as in a loop over all examples."""
        rows = tf.shape(pictures)[0]
        outputs, counts = [], []
        for start, end in shares_of(rows, self.threads):
            # a thread without rows computes one that is then left out: not every layer takes none
            taken = pictures[start : tf.maximum(end, start + 1)]
            outputs.append(self._computed(taken, False))
            counts.append(end - start)
        return _joined(outputs, counts)

    def _computed(self, rows: Any, training: bool | None) -> Any:
        if self.first_block is None:
            return super().call(rows, training=training)
        return self.first_block.outputs(rows, training)


def in_pieces(model: keras.Model, threads: int) -> keras.Model:
    """The same network, layers and weights shared, as a processor computes it soonest.

    Args:
        model: of ``study.model.build_model``, not compiled; without layers in which rows of a
            batch meet.
        threads: of the process, between operations, which share the pieces of each batch.
    """
    network = NetworkInPieces(model.input, model.output, name=model.name)
    network.threads = threads
    network.first_block = first_block_of(model)
    return network


def _joined(outputs: list[Any], counts: Sequence[Any] = ()) -> Any:
    """The outputs of all pieces, with the logits that Keras hangs on those of an activation.

    Keras's losses take them in place of probabilities, which they cut off at 1e-7: there the
    gradient of an example that is wrong and sure of it would vanish. Where there are ``counts``,
    so many rows of each piece are taken.
    """

    def join(parts: list[Any]) -> Any:
        if counts:
            parts = [part[:count] for part, count in zip(parts, counts, strict=True)]
        return tf.concat(parts, axis=0)

    joined = join(outputs)
    logits = [getattr(output, "_keras_logits", None) for output in outputs]
    if all(part is not None for part in logits):
        joined._keras_logits = join(logits)
    return joined


def shares_of(rows: Any, threads: int) -> list[tuple[Any, Any]]:
    """Where each thread's share of the rows starts and ends; of few rows some have none.

    Args:
        rows: how many there are, a number or an integer scalar tensor.
        threads: that share them.
    """
    return list(itertools.pairwise(rows * thread // threads for thread in range(threads + 1)))


def threads_of(model: keras.Model) -> int:
    """How many threads take pieces of what the model is given; 1 for any other network."""
    return model.threads if isinstance(model, NetworkInPieces) else 1


@contextmanager
def _at_hand(piece: Piece) -> Iterator[None]:
    _PRESENT.piece = piece
    try:
        yield
    finally:
        _PRESENT.piece = None
