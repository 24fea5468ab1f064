"""One way to load data from any source."""

import hashlib
import json
import time
import warnings
from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from study.data import cache as store
from study.data.archive import ZipSource
from study.data.dataset import Dataset, check_classes
from study.data.folder import FolderSource
from study.data.picture import DECODING_VERSION
from study.data.prepare import Preparation
from study.data.source import Listing, Progress, Source
from study.data.tfds_directory import TfdsSource, find_prepared
from study.data.tfds_prepare import prepared_cats_vs_dogs
from study.errors import DataError, SettingsError

__all__ = ["load_dataset", "open_prepared", "undrawn"]

EMBEDDED_NAMES = ("embedded", "synthetic")
DEFAULT_EMBEDDED_PICTURES = 5_000


def load_dataset(
    source: str,
    image_size: int,
    *,
    cache: Path | None = None,
    pictures: int | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> Dataset:
    """Loads data from the cache, where this source is not cached yet after preparing it.

    Args:
        source: "embedded" (or "synthetic"), "tfds", or the path of a zip, a folder with one
            sub-folder a class, or a directory that TFDS has prepared.
        image_size: pixels a side.
        cache: folder of prepared arrays (``cache.default_cache()``).
        pictures: take at most that many, by a reproducible draw (embedded: draw that many,
            ``DEFAULT_EMBEDDED_PICTURES`` without it).
        seed: of that draw, or of the embedded pictures; without a subset it changes nothing.
        progress: called as ``progress(what, done, total)``.

    Returns:
        The data, memory-mapped; ``directory`` opens them again (``open_prepared``).

    Raises:
        DataError: the source is missing, hostile, damaged, or does not hold two classes.
        SettingsError: ``image_size`` or ``pictures`` is not positive.
        StoreError: the cache cannot be written.
    """
    started = time.monotonic()
    _check_numbers(image_size, pictures)
    tell = progress or _say_nothing
    recipe = _recipe(source, image_size, pictures, seed, tell)
    directory = (cache or store.default_cache()).absolute() / recipe.fingerprint[:32]
    dataset = _prepared(directory, recipe)
    if dataset is None:
        with store.locked(directory, tell):
            dataset = _prepared(directory, recipe)
            if dataset is None:
                store.clear(directory)
                dataset = recipe.prepare(directory, tell)
    name = EMBEDDED_NAMES[0] if source in EMBEDDED_NAMES else source
    return replace(dataset, source=name, seconds=time.monotonic() - started)


def _prepared(directory: Path, recipe: "_Recipe") -> Dataset | None:
    """What is prepared already, if it is of that recipe as a whole."""
    dataset = store.read_prepared(directory)
    return dataset if dataset is not None and dataset.fingerprint == recipe.fingerprint else None


def undrawn(source: str, image_size: int, pictures: int | None, *, seed: int = 0) -> Dataset | None:
    """The drawn pictures as ``load_dataset`` would give them, before any is drawn.

    Size, number and fingerprint are right, the pictures are black and the labels all 0. Nothing is
    written. None for other sources, whose pictures have to be counted.

    Raises:
        SettingsError: ``image_size`` or ``pictures`` is not positive.
    """
    if source not in EMBEDDED_NAMES:
        return None
    _check_numbers(image_size, pictures)
    count = DEFAULT_EMBEDDED_PICTURES if pictures is None else pictures
    return Dataset(
        images=np.broadcast_to(np.uint8(0), (count, image_size, image_size, 3)),
        labels=np.zeros(count, np.uint8),
        class_names=("cat", "dog"),
        fingerprint=_recipe(source, image_size, pictures, seed, _say_nothing).fingerprint,
        dropped=(),
        source=EMBEDDED_NAMES[0],
        embedded=True,
        kept_order=False,
        ignored=0,
        directory=Path(),
    )


def open_prepared(directory: Path) -> Dataset:
    """Opens what ``load_dataset`` prepared, without looking at the source.

    Raises:
        DataError: the folder is missing or damaged.
    """
    dataset = store.read_prepared(directory)
    if dataset is None:
        raise DataError(
            f"the prepared data in {directory} are missing or damaged; run the command again "
            "to prepare them anew."
        )
    return dataset


@dataclass(frozen=True)
class _Recipe:
    """What to prepare; ``origin`` is None for embedded pictures."""

    name: str
    origin: Source | None
    image_size: int
    pictures: int | None
    seed: int
    fingerprint: str

    def prepare(self, directory: Path, progress: Progress) -> Dataset:
        if self.origin is None:
            return self._draw(directory, progress)
        with self.origin.open() as listing, warnings.catch_warnings():
            # Pillow warns of odd but usable files; what is dropped and why is reported instead.
            warnings.simplefilter("ignore")
            preparation = Preparation(listing, self.image_size, self.pictures, self.seed)
            with closing(preparation.rows(progress)) as rows:
                return self._write(directory, listing, rows, preparation)

    def _draw(self, directory: Path, progress: Progress) -> Dataset:
        from study.data.embedded import draw_pictures

        count = self.pictures or DEFAULT_EMBEDDED_PICTURES
        progress("drawing pictures", 0, count)
        images, labels = draw_pictures(count, self.image_size, self.seed)
        progress("drawing pictures", count, count)
        listing = Listing(("cat", "dog"), labels, lambda index: b"")
        return self._write(directory, listing, enumerate(images), None)

    def _write(
        self,
        directory: Path,
        listing: Listing,
        rows: Iterable[tuple[int, np.ndarray]],
        preparation: Preparation | None,
    ) -> Dataset:
        indices: list[int] = []
        dropped: Counter[tuple[str, str]] = preparation.dropped if preparation else Counter()

        def write(file: BinaryIO) -> None:
            writer = store.ImageWriter(file, self.image_size)
            for index, image in rows:
                writer.append(image)
                indices.append(index)
            writer.finish()
            labels = listing.labels[indices]
            check_classes(labels, listing.class_names, self.name, dropped.total())

        store.write_atomically(directory / store.IMAGES, write)
        dataset = Dataset(
            images=store.map_images(directory),
            labels=listing.labels[indices],
            class_names=listing.class_names,
            fingerprint=self.fingerprint,
            dropped=tuple((*key, count) for key, count in sorted(dropped.items())),
            source=self.name,
            embedded=self.origin is None,
            kept_order=self.origin is not None and self.origin.kept_order,
            ignored=listing.ignored,
            largest_side=preparation.largest_side if preparation else 0,
            directory=directory,
        )
        store.write_record(directory, dataset)
        return dataset


def _recipe(
    source: str, image_size: int, pictures: int | None, seed: int, progress: Progress
) -> _Recipe:
    settings: dict[str, Any] = {"image_size": image_size}
    origin: Source | None
    if source in EMBEDDED_NAMES:
        from study.data.embedded import VERSION

        origin = None
        count = DEFAULT_EMBEDDED_PICTURES if pictures is None else pictures
        settings |= {"kind": "embedded", "version": VERSION, "seed": seed, "pictures": count}
    else:
        origin = _origin(source, progress)
        progress("reading the source", 0, 0)
        settings |= {
            "kind": type(origin).__name__,
            "source": origin.fingerprint(),
            "decoding": DECODING_VERSION,
            "subset": None if pictures is None else [pictures, seed],
        }
    fingerprint = hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()
    return _Recipe(source, origin, image_size, pictures, seed, fingerprint)


def _origin(source: str, progress: Progress) -> Source:
    if source == "tfds":
        return TfdsSource(prepared_cats_vs_dogs(progress))
    path = Path(source).expanduser()
    try:
        is_folder, is_file = path.is_dir(), path.is_file()
        prepared = find_prepared(path) if is_folder else None
    except OSError as error:
        raise DataError(f"cannot read {source}: {error.strerror}. Check the path.") from error
    if prepared is not None:
        return TfdsSource(prepared)
    if is_folder:
        return FolderSource(path)
    if is_file:
        return ZipSource(path)
    raise DataError(
        f"there is no file or folder {source!r}; expected synthetic, tfds, or the path of a zip, "
        "a folder with one sub-folder a class, or a prepared TFDS directory."
    )


def _check_numbers(image_size: int, pictures: int | None) -> None:
    if image_size < 1 or (pictures is not None and pictures < 1):
        raise SettingsError(
            f"image size {image_size} and {pictures} pictures; expected positive numbers."
        )


def _say_nothing(what: str, done: int, total: int) -> None:
    """Stands in where nobody wants to hear of progress."""
