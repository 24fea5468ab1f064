import io
import json
import threading
from pathlib import Path

import numpy as np
import pytest

from study.data import cache
from study.data.dataset import Dataset
from study.data.load import load_dataset, open_prepared
from study.errors import StoreError
from study.store.atomic import write_atomically
from tests.make_pictures import flat, make_folder

SIZE, COUNT = 4, 100
DROPPED = (("empty file", "cat", 2), ("no JFIF header", "dog", 1))


@pytest.fixture
def prepared(tmp_path) -> Path:
    images = np.random.default_rng(0).integers(0, 256, (COUNT, SIZE, SIZE, 3), np.uint8)
    labels = (np.arange(COUNT) % 2).astype(np.uint8)

    def write(file):
        writer = cache.ImageWriter(file, SIZE)
        for image in images:
            writer.append(image)
        writer.finish()

    write_atomically(tmp_path / cache.IMAGES, write)
    dataset = Dataset(
        cache.map_images(tmp_path), labels, ("cat", "dog"), "f" * 64, DROPPED, "a.zip", ignored=3
    )
    cache.write_record(tmp_path, dataset)
    return tmp_path


def test_reads_back_what_was_written(prepared):
    dataset = cache.read_prepared(prepared)
    assert dataset is not None
    expected = np.random.default_rng(0).integers(0, 256, (COUNT, SIZE, SIZE, 3), np.uint8)
    np.testing.assert_array_equal(dataset.images, expected)
    assert dataset.labels.tolist() == [0, 1] * (COUNT // 2)
    assert dataset.class_names == ("cat", "dog")
    assert dataset.dropped == DROPPED
    assert (dataset.fingerprint, dataset.source, dataset.ignored) == ("f" * 64, "a.zip", 3)
    assert dataset.directory == prepared


def test_images_are_mapped_and_read_only(prepared):
    dataset = cache.read_prepared(prepared)
    assert dataset is not None
    assert isinstance(dataset.images, np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        dataset.images[0] = 0


def test_header_of_unknown_length_is_numpys_own():
    file = io.BytesIO()
    writer = cache.ImageWriter(file, 2)
    for _ in range(1234):
        writer.append(np.zeros((2, 2, 3), np.uint8))
    writer.finish()
    file.seek(0)
    assert np.load(file, allow_pickle=False).shape == (1234, 2, 2, 3)


def cut_images(folder):
    path = folder / cache.IMAGES
    path.write_bytes(path.read_bytes()[:-1])


def alter_last_picture(folder):
    path = folder / cache.IMAGES
    data = path.read_bytes()
    path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))


def alter_label(folder):
    labels = np.load(folder / cache.LABELS)
    labels[50] ^= 1
    np.save(folder / cache.LABELS, labels)


def fewer_labels(folder):
    np.save(folder / cache.LABELS, np.load(folder / cache.LABELS)[:-1])


def labels_of_another_type(folder):
    np.save(folder / cache.LABELS, np.load(folder / cache.LABELS).astype(np.int64))


def pickled_labels(folder):
    np.save(folder / cache.LABELS, np.array([{}], dtype=object), allow_pickle=True)


def empty_images(folder):
    (folder / cache.IMAGES).write_bytes(b"")


def no_images(folder):
    (folder / cache.IMAGES).unlink()


def no_record(folder):
    (folder / cache.RECORD).unlink()


def cut_record(folder):
    path = folder / cache.RECORD
    path.write_text(path.read_text()[:50])


def record_of_another_kind(folder):
    (folder / cache.RECORD).write_text("[1, 2]")


def other_schema(folder):
    path = folder / cache.RECORD
    path.write_text(json.dumps(json.loads(path.read_text()) | {"schema": 99}))


def header_that_does_not_parse(folder):
    path = folder / cache.IMAGES
    data = path.read_bytes()
    # an opened bracket: Python's tokenizer ends in the middle of something
    path.write_bytes(data.replace(b"}", b"(", 1))


def no_key(folder):
    path = folder / cache.RECORD
    record = json.loads(path.read_text())
    del record["dropped"]
    path.write_text(json.dumps(record))


@pytest.mark.parametrize(
    "damage",
    [
        cut_images,
        alter_last_picture,
        alter_label,
        fewer_labels,
        labels_of_another_type,
        pickled_labels,
        empty_images,
        no_images,
        no_record,
        cut_record,
        record_of_another_kind,
        other_schema,
        header_that_does_not_parse,
        no_key,
    ],
)
def test_damage_is_noticed(prepared, damage):
    damage(prepared)
    assert cache.read_prepared(prepared) is None


def test_clear_removes_what_was_left(prepared):
    (prepared / ".part-abc.images.npy").touch()
    cache.clear(prepared)
    assert list(prepared.iterdir()) == []


def test_the_lock_is_waited_for_with_a_message(tmp_path):
    said, entered, inside = [], threading.Event(), []

    def other():
        def progress(*arguments):
            said.append(arguments)
            entered.set()

        with cache.locked(tmp_path / "key", progress):
            inside.append("other")

    with cache.locked(tmp_path / "key", lambda *_: None):
        thread = threading.Thread(target=other)
        thread.start()
        assert entered.wait(20)
        inside.append("first")
    thread.join(20)
    assert inside == ["first", "other"]
    assert "waiting for another process" in said[0][0]


def test_a_cache_that_cannot_be_made(tmp_path):
    (tmp_path / "file").touch()
    with (
        pytest.raises(StoreError, match="BATCH_SIZE_STUDY_CACHE"),
        cache.locked(tmp_path / "file" / "key", lambda *_: None),
    ):
        pass


def test_default_places(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", "/home/someone")
    monkeypatch.delenv("BATCH_SIZE_STUDY_CACHE", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert cache.default_cache() == Path("/home/someone/.cache/batch-size-study")
    monkeypatch.setenv("XDG_CACHE_HOME", "/x")
    assert cache.default_cache() == Path("/x/batch-size-study")
    monkeypatch.setenv("BATCH_SIZE_STUDY_CACHE", "~/own")
    assert cache.default_cache() == Path("/home/someone/own")


def test_the_longest_side_before_resizing_is_kept(tmp_path):
    """Of the usable pictures; drawn ones have none, and neither have older records."""
    files = {"cat/1.png": flat(9, 3, 40, "PNG"), "cat/2.png": flat(9, 5, 7, "PNG")}
    files |= {name.replace("cat", "dog"): data for name, data in files.items()}
    source = str(make_folder(tmp_path / "folder", {**files, "dog/3.png": b"no picture"}))
    dataset = load_dataset(source, SIZE, cache=tmp_path / "cache")
    assert dataset.largest_side == 40
    assert open_prepared(dataset.directory).largest_side == 40
    record = dataset.directory / "prepared.json"
    older = json.loads(record.read_text("utf-8"))
    del older["largest_side"]
    record.write_text(json.dumps(older), "utf-8")
    assert open_prepared(dataset.directory).largest_side == 0
    drawn = load_dataset("embedded", 32, cache=tmp_path / "cache", pictures=8)
    assert drawn.largest_side == 0
