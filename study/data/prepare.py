"""Decodes the pictures of a listing, several at a time, in a fixed order."""

import os
from collections import Counter, deque
from collections.abc import Generator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing

import numpy as np

from study.data.picture import decode_pixels
from study.data.resize import resize_bilinear
from study.data.source import Listing, Progress, UnusableError

_CHUNK = 64
_MAX_WORKERS = 16

Row = tuple[int, np.ndarray]
Resized = tuple[np.ndarray, int]
"""A picture in the wanted size, and the longer side that it had in pixels."""
Result = tuple[int, Resized | str]


class Preparation:
    """The usable pictures of a listing, decoded and resized.

    With ``pictures`` a reproducible subset: the listing is gone through in an order drawn from
    ``seed`` until that many usable pictures are found (or the listing ends), and only what was
    met on the way counts as dropped. The rows come in the order of the listing in any case.

    Attributes:
        dropped: (reason, class name) -> pictures, complete when ``rows`` has come to its end.
        largest_side: the longest side in pixels that a picture of the rows had; likewise.
    """

    def __init__(self, listing: Listing, image_size: int, pictures: int | None, seed: int) -> None:
        self._listing = listing
        self._image_size = image_size
        self._pictures = pictures
        self._seed = seed
        self.dropped: Counter[tuple[str, str]] = Counter(listing.dropped)
        self.largest_side = 0

    def rows(self, progress: Progress) -> Generator[Row, None, None]:
        """(index in the listing, uint8 (size, size, 3)) of the usable pictures, by index.

        All pictures are streamed, a few hundred in memory at a time; a subset is held in memory,
        as its order is known at its end only.
        """
        count = len(self._listing.labels)
        if self._pictures is None:
            yield from self._usable(np.arange(count), count, progress)
            return
        order = np.random.default_rng(self._seed).permutation(count)
        yield from sorted(self._usable(order, self._pictures, progress), key=lambda row: row[0])

    def _usable(
        self, order: np.ndarray, wanted: int, progress: Progress
    ) -> Generator[Row, None, None]:
        found = 0
        total = min(wanted, len(order))
        with closing(self._results(order)) as results:
            for done, (index, result) in enumerate(results, 1):
                if isinstance(result, str):
                    name = self._listing.class_names[self._listing.labels[index]]
                    self.dropped[result, name] += 1
                else:
                    found += 1
                    self.largest_side = max(self.largest_side, result[1])
                    yield index, result[0]
                if done % _CHUNK == 0 or found == wanted or done == len(order):
                    progress("decoding pictures", done if total == len(order) else found, total)
                if found == wanted:
                    return

    def _results(self, order: np.ndarray) -> Generator[Result, None, None]:
        """Arrays, or reasons why there is none, in the given order."""
        workers = min(os.cpu_count() or 1, _MAX_WORKERS)
        chunks = (order[start : start + _CHUNK] for start in range(0, len(order), _CHUNK))
        pending: deque[Future[list[Result]]] = deque()
        pool = ThreadPoolExecutor(workers, thread_name_prefix="decode")
        try:
            for chunk in chunks:
                pending.append(pool.submit(self._decoded, chunk))
                if len(pending) > 2 * workers:
                    yield from pending.popleft().result()
            while pending:
                yield from pending.popleft().result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    def _decoded(self, chunk: np.ndarray) -> list[Result]:
        return [(int(index), self._one(int(index))) for index in chunk]

    def _one(self, index: int) -> Resized | str:
        try:
            data = self._listing.read(index)
            pixels = decode_pixels(data, upright=self._listing.upright)
        except UnusableError as error:
            return error.reason
        return resize_bilinear(pixels, self._image_size), max(pixels.shape[:2])
