"""A directory that TensorFlow Datasets (TFDS) has prepared, read without TensorFlow."""

import hashlib
import json
import mmap
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from study.data.classes import label_order
from study.data.source import Listing
from study.data.tfrecord import features, records
from study.errors import DataError

INFO_FILE = "dataset_info.json"
LABEL_FILE = "label.labels.txt"
_MEND = "Prepare it again with TFDS, or give a zip or a folder of pictures instead."


def find_prepared(path: Path) -> Path | None:
    """The prepared directory at ``path``, in a version below it, or in ``cats_vs_dogs`` below it.

    So the directory itself (``.../cats_vs_dogs/4.0.1``), its parent and TFDS's ``data_dir`` all
    work; of several versions the highest is taken.
    """
    if (path / INFO_FILE).is_file():
        return path
    for pattern in (f"*/{INFO_FILE}", f"cats_vs_dogs/*/{INFO_FILE}"):
        # What TFDS has not finished stands in folders called 4.0.1.incomplete...
        found = [file.parent for file in path.glob(pattern) if _version(file.parent)]
        if found:
            return max(found, key=_version)
    return None


class TfdsSource:
    """The ``train`` part of a prepared directory with the features ``image`` and ``label``.

    The pictures are those that TFDS stored (encoded anew as JPEG when it prepared them), in the
    order of its files. That is the order by which ``train[:80%]`` counts, so that a split by
    order is the article's.
    """

    kept_order = True

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def fingerprint(self) -> str:
        """SHA-256 over the builder's name and version, the label names and the record files."""
        info = self._info()
        total = hashlib.sha256()
        total.update(f"{info.get('name')}/{info.get('version')}\n".encode())
        total.update("\n".join(self._label_names()).encode())
        for path in self._shards(info):
            try:
                with path.open("rb") as file:
                    digest = hashlib.file_digest(file, "sha256").hexdigest()
            except OSError as error:
                raise self._unfit(f"{path.name}: {error.strerror}") from error
            total.update(f"\n{path.name} {digest}".encode())
        return total.hexdigest()

    @contextmanager
    def open(self) -> Iterator[Listing]:
        """Lists the pictures.

        Raises:
            DataError: files missing or cut off, another format, or not two labels.
        """
        info = self._info()
        given = self._label_names()
        ordered, class_names = label_order(given[0], given[1])
        label_of = [ordered.index(name) for name in given]
        images: list[memoryview] = []
        labels: list[int] = []
        with ExitStack() as stack:
            for path in self._shards(info):
                try:
                    for record in records(_mapped(path, stack)):
                        example = features(record)
                        images.append(memoryview(example["image"]))
                        labels.append(label_of[example["label"]])
                except (OSError, ValueError, KeyError, IndexError, TypeError) as error:
                    raise self._unfit(f"{path.name}: {error}") from error
            expected = sum(int(length) for length in self._train(info)["shardLengths"])
            if len(images) != expected:
                raise self._unfit(f"{len(images)} pictures instead of {expected}")
            yield Listing(
                class_names=class_names,
                labels=np.array(labels, np.uint8),
                read=lambda index: bytes(images[index]),
                upright=False,
            )

    def _info(self) -> dict[str, Any]:
        try:
            info = json.loads((self._directory / INFO_FILE).read_text("utf-8"))
            lengths = self._train(info)["shardLengths"]
            sound = all(int(length) >= 0 for length in lengths)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise self._unfit(f"{INFO_FILE} cannot be used ({error})") from error
        if not sound or info.get("fileFormat", "tfrecord") != "tfrecord":
            raise self._unfit(f"its format is {info.get('fileFormat')}, expected tfrecord")
        return info

    def _train(self, info: dict[str, Any]) -> dict[str, Any]:
        for part in info["splits"]:
            if part["name"] == "train":
                return part
        raise KeyError("no split called train")

    def _shards(self, info: dict[str, Any]) -> list[Path]:
        expected = len(self._train(info)["shardLengths"])
        found = sorted(self._directory.glob("*-train.tfrecord-*-of-*"))
        if len(found) != expected:
            raise self._unfit(f"{len(found)} record files instead of {expected}")
        return found

    def _label_names(self) -> list[str]:
        try:
            names = (self._directory / LABEL_FILE).read_text("utf-8").split()
        except (OSError, ValueError) as error:
            raise self._unfit(f"{LABEL_FILE} cannot be read") from error
        if len(names) != 2:
            raise self._unfit(f"{len(names)} classes, expected two")
        return names

    def _unfit(self, problem: str) -> DataError:
        return DataError(f"the TFDS directory {self._directory} is unfit: {problem}. {_MEND}")


def _mapped(path: Path, stack: ExitStack) -> memoryview:
    """The bytes of a file, mapped into memory; the mapping lives as long as views of it do."""
    file = stack.enter_context(path.open("rb"))
    return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))


def _version(folder: Path) -> tuple[int, ...]:
    parts = folder.name.split(".")
    return tuple(int(part) for part in parts) if all(part.isdigit() for part in parts) else ()
