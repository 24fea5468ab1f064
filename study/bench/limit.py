"""The model of the limit: what a picture costs, and how long a machine needs for it at best."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from study.model import FILTERS, HIDDEN_UNITS

_FLOAT = 4
_KERNEL = 9
# Passes over a convolution's output, each a read or a write, where layers follow one another:
# forward 1 write (convolution with bias and ReLU in one), 1 read (pooling); backward 1 read and
# 1 write (pooling), 2 reads and 1 write (ReLU), 1 read each for bias, kernel and input gradients.
_PASSES = 2 + 7
_PASSES_FOR_INPUT_GRADIENT = 1


@dataclass(frozen=True)
class PictureCost:
    """What one picture costs in one training step, weights and optimiser left out.

    Attributes:
        forward_operations: floating-point operations of convolutions and dense layers, a
            multiplication and an addition counting as two.
        operations: of the forward and the backward pass together.
        bytes_moved: read and written when every layer streams its arrays through memory once in
            each pass; less where a cache holds them between layers.
    """

    forward_operations: int
    operations: int
    bytes_moved: int

    def as_dict(self) -> dict[str, Any]:
        """Plain values, as stored in ``bench.json``."""
        return asdict(self)


def picture_cost(image_size: int) -> PictureCost:
    """The cost of the article's network without dropout or batch normalisation.

    Backward, each layer takes as many operations for its kernel's gradient as forward, and as
    many again for its input's; the pictures themselves need no gradient.

    Args:
        image_size: pixels a side, a multiple of 32.
    """
    forward = backward = moved = 0
    for index, (work, inputs, outputs) in enumerate(_layers(image_size)):
        needs_input_gradient = index > 0
        forward += work
        backward += work * (1 + needs_input_gradient)
        passes = _PASSES + _PASSES_FOR_INPUT_GRADIENT * needs_input_gradient
        # the input is read forward and for the kernel's gradient, its own gradient written
        moved += _FLOAT * (outputs * passes + inputs * (2 + needs_input_gradient))
    return PictureCost(forward, forward + backward, moved)


def fastest(cost: PictureCost, operations_a_second: float, bytes_a_second: float) -> float:
    """Pictures a second where arithmetic and memory traffic overlap wholly (the roofline)."""
    seconds = max(cost.operations / operations_a_second, cost.bytes_moved / bytes_a_second)
    return 1 / seconds


def limit_words(model: str) -> str:
    """What the limit leaves out of a network of that name; "" for the plain one."""
    if model == "plain":
        return ""
    return (
        f"The limit counts convolutions, poolings and dense layers alone: {model}, which has more "
        "to do, reaches a larger share of its own."
    )


def _layers(image_size: int) -> Iterator[tuple[int, int, int]]:
    """Operations forward, values in and values out of every layer with weights."""
    side, channels = image_size, 3
    for filters in FILTERS:
        pixels = side * side
        yield 2 * pixels * _KERNEL * channels * filters, pixels * channels, pixels * filters
        side, channels = side // 2, filters
    width = side * side * channels
    for units in (*HIDDEN_UNITS, 1):
        yield 2 * width * units, width, units
        width = units
