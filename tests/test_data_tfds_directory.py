import json
import os
import shutil

import numpy as np
import pytest

from study.data.dataset import split
from study.data.load import load_dataset
from study.data.tfds_directory import TfdsSource, find_prepared
from study.errors import DataError
from tests.make_pictures import encoded, flat, make_zip, noise, without_jfif

KEPT = 45


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    """TFDS's own builder, given a small archive in place of its download."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    import tensorflow_datasets as tfds
    from etils import epath
    from PIL import Image
    from tensorflow_datasets.image_classification import cats_vs_dogs

    folder = tmp_path_factory.mktemp("tfds")
    files = {
        f"PetImages/{('Cat', 'Dog')[n % 2]}/{n}.jpg": encoded(Image.fromarray(noise(n)))
        for n in range(KEPT)
    }
    files |= {"PetImages/Cat/900.jpg": without_jfif(flat(1)), "PetImages/Dog/901.jpg": b""}
    archive = make_zip(folder / "archive.zip", files)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cats_vs_dogs, "_NUM_CORRUPT_IMAGES", 2)
        patch.setattr(
            tfds.download.DownloadManager, "download", lambda *_: epath.Path(str(archive))
        )
        builder = tfds.builder("cats_vs_dogs", data_dir=str(folder / "data"))
        builder.download_and_prepare(download_config=tfds.download.DownloadConfig(num_shards=3))
    return folder / "data"


@pytest.fixture
def directory(data_dir, tmp_path):
    """A prepared directory of one's own, to be damaged."""
    return shutil.copytree(data_dir / "cats_vs_dogs" / "4.0.1", tmp_path / "4.0.1")


def test_parts_are_those_of_tfds(data_dir, tmp_path):
    import tensorflow_datasets as tfds

    dataset = load_dataset(str(data_dir), 32, cache=tmp_path)
    assert dataset.class_names == ("cat", "dog")
    assert dataset.kept_order
    assert not dataset.embedded
    builder = tfds.builder_from_directory(str(data_dir / "cats_vs_dogs" / "4.0.1"))
    in_files = tfds.ReadConfig(interleave_cycle_length=1)
    for part, indices in zip(("train[:80%]", "train[80%:]"), split(dataset), strict=True):
        theirs = list(builder.as_dataset(split=part, read_config=in_files).as_numpy_iterator())
        assert [one["label"] for one in theirs] == dataset.labels[indices].tolist()
        # Pictures differ by more than 20 grey levels, decoders by about one.
        for one, index in zip(theirs, indices, strict=True):
            few = load_resized(one["image"])
            assert np.abs(few - dataset.images[index].astype(float)).mean() < 3


def load_resized(image):
    import tensorflow as tf

    return tf.image.resize(image, (32, 32)).numpy()


def test_found_at_three_levels(data_dir, tmp_path):
    prepared = data_dir / "cats_vs_dogs" / "4.0.1"
    for path in (prepared, prepared.parent, data_dir):
        assert find_prepared(path) == prepared
    assert find_prepared(tmp_path) is None


def test_the_highest_version_is_taken(tmp_path):
    for version in ("4.0.1", "10.0.0", "9.9.9", "99.0.0.incompleteABC"):
        (tmp_path / version).mkdir()
        (tmp_path / version / "dataset_info.json").touch()
    found = find_prepared(tmp_path)
    assert found is not None
    assert found.name == "10.0.0"


def test_fingerprint_follows_the_records(directory):
    before = TfdsSource(directory).fingerprint()
    (directory / "notes.txt").touch()
    assert TfdsSource(directory).fingerprint() == before
    shard = next(directory.glob("*tfrecord-00001*"))
    shard.write_bytes(shard.read_bytes()[:-1] + b"?")
    assert TfdsSource(directory).fingerprint() != before


def test_labels_in_another_order_become_cat_and_dog(directory):
    with TfdsSource(directory).open() as listing:
        before = listing.labels.tolist()
    (directory / "label.labels.txt").write_text("dog\ncat\n")
    with TfdsSource(directory).open() as listing:
        assert listing.class_names == ("cat", "dog")
        assert listing.labels.tolist() == [1 - label for label in before]


def cut(directory):
    shard = next(directory.glob("*tfrecord-00002*"))
    shard.write_bytes(shard.read_bytes()[:-30])


def remove(directory):
    next(directory.glob("*tfrecord-00000*")).unlink()


def empty(directory):
    next(directory.glob("*tfrecord-00000*")).write_bytes(b"")


def shorten(directory):
    path = directory / "dataset_info.json"
    path.write_text(path.read_text()[:100])


def other_format(directory):
    path = directory / "dataset_info.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"fileFormat": "array_record"}))


def no_train(directory):
    path = directory / "dataset_info.json"
    path.write_text(path.read_text().replace('"train"', '"test"'))


def three_labels(directory):
    (directory / "label.labels.txt").write_text("a\nb\nc\n")


def no_labels(directory):
    (directory / "label.labels.txt").unlink()


def fewer(directory):
    """One record less, the file otherwise whole."""
    shard = next(directory.glob("*tfrecord-00000*"))
    data = shard.read_bytes()
    shard.write_bytes(data[int.from_bytes(data[:8], "little") + 16 :])


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (cut, "cut off"),
        (remove, "2 record files instead of 3"),
        (empty, "empty"),
        (shorten, "dataset_info.json cannot be used"),
        (other_format, "array_record, expected tfrecord"),
        (no_train, "no split called train"),
        (three_labels, "3 classes, expected two"),
        (no_labels, "label.labels.txt cannot be read"),
        (fewer, "44 pictures instead of 45"),
    ],
)
def test_unfit_directories(directory, damage, words):
    damage(directory)
    with pytest.raises(DataError, match=words), TfdsSource(directory).open():
        pass
