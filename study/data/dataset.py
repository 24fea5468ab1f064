"""The data of a study, prepared: arrays of one size, labels, and where they came from."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from study.errors import DataError, SettingsError

SPLIT_SEED = 20200426
"""The fixed seed of the split, the same in every study."""

TRAIN_FRACTION = 0.8
"""The article's ``train[:80%]``."""


@dataclass(frozen=True, eq=False)
class Dataset:
    """Pictures of two classes.

    Attributes:
        images: uint8 (N, size, size, 3), usually memory-mapped from the cache, read-only.
        labels: uint8 (N,), index into ``class_names``.
        class_names: names of label 0 and label 1; ``("cat", "dog")`` where they are these.
        fingerprint: hexadecimal hash of the source, the subset, the size and the decoding; it
            stands for the arrays in the ids of runs.
        dropped: (reason, class name, count) of pictures that could not be used; the class name
            is "" for pictures outside the class folders.
        source: "embedded", "tfds" or the path, as it was given.
        embedded: the pictures are drawn by this project and are no photographs.
        kept_order: the split keeps the order of the arrays (TFDS); else it permutes them.
        ignored: number of files in the source that are no pictures.
        largest_side: the longest side in pixels that a picture had before it was resized; 0 where
            the pictures are drawn, or were prepared before this was recorded.
        directory: the folder that ``open_prepared`` reads; None where there is none.
        seconds: wall-clock time that loading took.
    """

    images: np.ndarray
    labels: np.ndarray
    class_names: tuple[str, str]
    fingerprint: str
    dropped: tuple[tuple[str, str, int], ...] = ()
    source: str = "embedded"
    embedded: bool = False
    kept_order: bool = False
    ignored: int = 0
    largest_side: int = 0
    directory: Path | None = None
    seconds: float = 0.0

    @property
    def image_size(self) -> int:
        """Pixels a side."""
        return int(self.images.shape[1])


def split(dataset: Dataset, seed: int = SPLIT_SEED) -> tuple[np.ndarray, np.ndarray]:
    """Splits into training and validation pictures: the first ``round(0.8 * N)`` train.

    TFDS data keep their order, so that the parts are exactly the article's ``train[:80%]`` and
    ``train[80%:]``. All others lie in the order of their names, class after class; they are
    permuted by ``seed`` first, and the indices come in permuted order, so that any stretch of
    them holds both classes. 23,262 pictures give 18,610 and 4,652.

    Args:
        dataset: at least 4 pictures.
        seed: of the permutation; it does not depend on the seeds of runs.

    Returns:
        Two int64 arrays of indices without common elements, together 0 ... N - 1.

    Raises:
        SettingsError: one of the parts would be empty.
    """
    count = len(dataset.labels)
    train = round(TRAIN_FRACTION * count)
    if not 0 < train < count:
        raise SettingsError(
            f"a split of {count} pictures by {TRAIN_FRACTION} leaves a part "
            "empty; give more pictures."
        )
    order = np.arange(count)
    if not dataset.kept_order:
        order = np.random.default_rng(seed).permutation(count)
    return order[:train], order[train:]


def check_classes(
    labels: np.ndarray, class_names: tuple[str, str], source: str, dropped: int
) -> None:
    """Raises ``DataError`` unless each class has at least two pictures."""
    counts = np.bincount(labels, minlength=2)
    if counts.min() < 2:
        named = " and ".join(
            f"{count} of {name}" for name, count in zip(class_names, counts, strict=True)
        )
        raise DataError(
            f"{source}: found {named} that can be used, after {dropped} were dropped; "
            "expected at least 2 a class. Give more pictures."
        )
