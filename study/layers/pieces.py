"""A batch computed in pieces side by side, one a thread of the processor.

TensorFlow cuts every operation into shares for its threads, and small convolutions do not gain by
it. Here each thread takes a piece of the batch through the whole network, forward and back; only
the loss sees all rows. The numbers are those of the whole batch but for rounding, dropout masks
included, as long as rows meet nowhere before the loss: not with batch normalisation.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import keras
import tensorflow as tf

# with fewer rows a piece, what every operation costs at least outweighs the gain
_FEWEST_ROWS = 4
# what a piece computes shall stay near its core: 7 to 12 % faster at 128 pixels than 128 rows
_MOST_ROWS = 32
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


def pieces_of(rows: int | None, threads: int) -> int:
    """Into how many equal pieces a batch is cut: one a thread or more, of 4 to 32 rows each.

    Fewer, where the rows of the batch do not divide so.
    """
    if rows is None:
        return 1
    most = min(max(threads, -(-rows // _MOST_ROWS)), rows // _FEWEST_ROWS)
    return next((count for count in range(most, 1, -1) if rows % count == 0), 1)


class NetworkInPieces(keras.Model):
    """A functional model that takes each batch through its layers in pieces side by side.

    Attributes:
        threads: that take the pieces.
    """

    threads = 1

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        """Outputs (rows, ...) for inputs (rows, ...), as the functional model gives them."""
        count = pieces_of(inputs.shape[0], self.threads)
        if count == 1:
            return super().call(inputs, training=training, mask=mask)
        shared: dict[int, Any] = {}
        outputs = []
        for index, rows in enumerate(tf.split(inputs, count)):
            with _at_hand(Piece(index, count, shared)):
                outputs.append(super().call(rows, training=training))
        return tf.concat(outputs, axis=0)


def in_pieces(model: keras.Model, threads: int) -> keras.Model:
    """The same network, layers and weights shared, whose batches are computed in pieces.

    Args:
        model: functional, of one input and one output, not compiled; without layers in which
            rows of a batch meet.
        threads: of the process, between operations; below 2 the model is returned as it is.
    """
    if threads < 2:
        return model
    network = NetworkInPieces(model.input, model.output, name=model.name)
    network.threads = threads
    return network


@contextmanager
def _at_hand(piece: Piece) -> Iterator[None]:
    _PRESENT.piece = piece
    try:
        yield
    finally:
        _PRESENT.piece = None
