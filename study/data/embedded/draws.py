"""Random numbers that depend on (seed, index, name) only, for many pictures at once.

A counter-based generator: every number is a hash of the picture's key and the name of the
property, so that a picture never depends on its neighbours in a chunk, and a new property does
not change the others. The hash is the finaliser of SplitMix64 (Steele, Lea and Flood, 2014).
"""

import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

# float32 throughout; the stubs of numpy lose the width in most operations
Floats = npt.NDArray[np.floating[Any]]

_GOLDEN = 0x9E3779B97F4A7C15
_MASK = (1 << 64) - 1
_LANE = np.uint64(0xFFFF)
# standard deviation of the sum of four uniform 16-bit lanes, each of 65,536 equal steps
_LANES_MEAN = 2.0 * 65535.0
_LANES_DEVIATION = float(np.sqrt(4.0 * (65536.0**2 - 1.0) / 12.0))


def mix(values: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Return the SplitMix64 finaliser of each 64-bit number (same shape, wraps around)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def bell(hashes: npt.NDArray[np.uint64]) -> Floats:
    """Turn 64-bit hashes into bell-shaped numbers of mean 0 and deviation 1, within +-3.5.

    The sum of the four 16-bit lanes (Irwin-Hall): close to a normal variable, without outliers
    and in exact integer arithmetic.
    """
    total = (hashes & _LANE) + (hashes >> np.uint64(48))
    total += (hashes >> np.uint64(16)) & _LANE
    total += (hashes >> np.uint64(32)) & _LANE
    return (total.astype(np.float32) - np.float32(_LANES_MEAN)) * np.float32(1 / _LANES_DEVIATION)


class Draws:
    """Named random numbers of the pictures ``indices`` under ``seed``; all arrays are (N,)."""

    def __init__(self, seed: int, indices: npt.NDArray[np.int64]) -> None:
        start = mix(np.array([(seed + _GOLDEN) & _MASK], dtype=np.uint64))
        self._keys = mix(start + indices.astype(np.uint64) * np.uint64(_GOLDEN))

    def hashes(self, name: str) -> npt.NDArray[np.uint64]:
        """Return one 64-bit hash a picture for the property ``name``, shape (N,)."""
        word = np.array([zlib.crc32(name.encode())], dtype=np.uint64)
        return mix(self._keys ^ mix(word + np.uint64(_GOLDEN)))

    def uniform(self, name: str, low: float = 0.0, high: float = 1.0) -> Floats:
        """Return uniform numbers in [low, high), shape (N,)."""
        unit = (self.hashes(name) >> np.uint64(40)).astype(np.float32) * np.float32(2.0**-24)
        return np.float32(low) + np.float32(high - low) * unit

    def normal(self, name: str, mean: float = 0.0, deviation: float = 1.0) -> Floats:
        """Return bell-shaped numbers within 3.5 deviations of the mean, shape (N,)."""
        return np.float32(mean) + np.float32(deviation) * bell(self.hashes(name))

    def chance(self, name: str, probability: float) -> Floats:
        """Return 1.0 with the given probability, else 0.0, shape (N,)."""
        return (self.uniform(name) < probability).astype(np.float32)

    def choice(self, name: str, weights: Sequence[float]) -> npt.NDArray[np.int64]:
        """Return positions 0..len(weights)-1, drawn in proportion to the weights, shape (N,)."""
        steps = np.cumsum(np.asarray(weights, dtype=np.float64))
        places = np.searchsorted(steps / steps[-1], self.uniform(name), side="right")
        return np.minimum(places, len(steps) - 1)

    def lattice(self, name: str, cells: int) -> Floats:
        """Return the uniform corner values of a grid of cells, shape (N, cells + 1, cells + 1)."""
        corners = np.arange((cells + 1) ** 2, dtype=np.uint64) * np.uint64(_GOLDEN)
        hashes = mix(self.hashes(name)[:, None] + corners)
        values = (hashes >> np.uint64(40)).astype(np.float32) * np.float32(2.0**-24)
        return values.reshape(-1, cells + 1, cells + 1)

    def grain(self, name: str, size: int) -> Floats:
        """Return bell-shaped noise, one number a pixel, shape (N, size, size)."""
        pixels = np.arange(size * size, dtype=np.uint64) * np.uint64(_GOLDEN)
        return bell(mix(self.hashes(name)[:, None] + pixels)).reshape(-1, size, size)
