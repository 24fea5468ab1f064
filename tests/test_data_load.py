import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from study.data import load, picture
from study.data.dataset import split
from study.data.describe import describe_dataset
from study.data.load import load_dataset, open_prepared
from study.errors import DataError, SettingsError, StoreError
from tests.make_pictures import encoded, flat, make_folder, make_zip, pet_images, without_jfif

SIZE = 32
REPOSITORY = Path(__file__).parents[1]
ARCHIVE = Path(
    os.environ.get("BATCH_SIZE_STUDY_ARCHIVE")
    or REPOSITORY.parent / "shared" / "data" / "cats_and_dogs_128px.zip"
)


@pytest.fixture
def archive(tmp_path):
    bad = {"PetImages/Cat/90.jpg": b"", "PetImages/Dog/91.jpg": without_jfif(flat(1))}
    bad["PetImages/Dog/92.jpg"] = flat(1)[:300]
    return make_zip(tmp_path / "a.zip", pet_images(6) | bad | {"readme.txt": b"?"})


@pytest.fixture
def decoded(monkeypatch):
    """Counts the pictures that are decoded."""
    calls = []

    def counting(*arguments, **options):
        calls.append(arguments)
        return picture.decode_pixels(*arguments, **options)

    monkeypatch.setattr("study.data.prepare.decode_pixels", counting)
    return calls


def levels(dataset) -> list[int]:
    return dataset.images.mean(axis=(1, 2, 3)).round().astype(int).tolist()


def test_zip(archive, tmp_path):
    dataset = load_dataset(str(archive), SIZE, cache=tmp_path / "cache")
    assert dataset.images.shape == (12, SIZE, SIZE, 3)
    assert dataset.images.dtype == dataset.labels.dtype == np.uint8
    assert levels(dataset) == [*range(10, 16), *range(200, 206)]
    assert dataset.labels.tolist() == [0] * 6 + [1] * 6
    assert dataset.class_names == ("cat", "dog")
    assert dataset.dropped == (
        ("cannot be decoded", "dog", 1),
        ("empty file", "cat", 1),
        ("no JFIF header", "dog", 1),
    )
    assert (dataset.ignored, dataset.embedded, dataset.kept_order) == (1, False, False)
    assert dataset.source == str(archive)


def test_folder_gives_the_same_arrays_as_a_zip(tmp_path):
    files = pet_images(5, "")
    folder = make_folder(tmp_path / "folder", files)
    from_folder = load_dataset(str(folder), SIZE, cache=tmp_path / "cache")
    from_zip = load_dataset(
        str(make_zip(tmp_path / "a.zip", files)), SIZE, cache=tmp_path / "cache"
    )
    np.testing.assert_array_equal(from_folder.images, from_zip.images)
    np.testing.assert_array_equal(from_folder.labels, from_zip.labels)
    assert from_folder.fingerprint != from_zip.fingerprint


def test_folder_of_all_kinds_of_pictures(tmp_path):
    colour = Image.new("RGB", (70, 50), (200, 100, 50))
    files = {
        "a/1.jpg": encoded(colour),
        "a/2.PNG": encoded(colour, "PNG"),
        "a/3.gif": encoded(colour.quantize(), "GIF"),
        "b/4.bmp": encoded(colour, "BMP"),
        "b/5.webp": encoded(colour, "WEBP", lossless=True),
        "b/6.jpeg": encoded(colour.convert("CMYK")),
        "b/text.jpg": b"not a picture",
        # Pillow warns of these, and warnings are errors here.
        "b/bomb.jpg": encoded(colour, exif=b"Exif\0\0II*\0" + b"\xff" * 9),
    }
    dataset = load_dataset(str(make_folder(tmp_path / "f", files)), SIZE, cache=tmp_path / "c")
    assert dataset.class_names == ("a", "b")
    assert dataset.labels.tolist() == [0, 0, 0, 1, 1, 1, 1]
    assert np.abs(dataset.images.astype(int) - [200, 100, 50]).max() <= 4
    assert dataset.dropped == (("cannot be decoded", "b", 1),)


@pytest.mark.parametrize("name", ["embedded", "synthetic"])
def test_embedded(name, tmp_path):
    dataset = load_dataset(name, SIZE, cache=tmp_path, pictures=60, seed=4)
    assert dataset.embedded
    assert dataset.source == "embedded"
    assert dataset.class_names == ("cat", "dog")
    assert dataset.images.shape == (60, SIZE, SIZE, 3)
    from study.data.embedded import draw_pictures

    images, labels = draw_pictures(60, SIZE, 4)
    np.testing.assert_array_equal(dataset.images, images)
    np.testing.assert_array_equal(dataset.labels, labels)


def test_second_time_comes_from_the_cache(archive, tmp_path, decoded):
    first = load_dataset(str(archive), SIZE, cache=tmp_path / "cache")
    count = len(decoded)
    assert count == 13
    copy = tmp_path / "copy.zip"
    copy.write_bytes(archive.read_bytes())
    again = load_dataset(str(copy), SIZE, cache=tmp_path / "cache")
    assert len(decoded) == count
    assert again.fingerprint == first.fingerprint
    assert again.dropped == first.dropped
    assert again.source == str(copy)
    np.testing.assert_array_equal(again.images, first.images)


def test_open_prepared(archive, tmp_path):
    dataset = load_dataset(str(archive), SIZE, cache=tmp_path / "cache")
    archive.unlink()
    assert dataset.directory is not None
    opened = open_prepared(dataset.directory)
    assert opened.fingerprint == dataset.fingerprint
    np.testing.assert_array_equal(opened.images, dataset.images)
    with pytest.raises(DataError, match="missing or damaged"):
        open_prepared(tmp_path / "nothing")


def test_a_relative_cache_gives_an_absolute_directory(archive, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    directory = load_dataset(str(archive), SIZE, cache=Path("cache")).directory
    assert directory is not None
    assert directory.is_absolute()


def test_default_cache_follows_the_environment(archive, tmp_path, monkeypatch):
    monkeypatch.setenv("BATCH_SIZE_STUDY_CACHE", str(tmp_path / "own"))
    directory = load_dataset(str(archive), SIZE).directory
    assert directory is not None
    assert directory.parent == tmp_path / "own"


def test_a_cut_off_cache_is_made_again(archive, tmp_path, decoded):
    first = load_dataset(str(archive), SIZE, cache=tmp_path / "cache")
    assert first.directory is not None
    images = first.directory / "images.npy"
    whole = images.read_bytes()
    images.write_bytes(whole[:-100])
    (first.directory / ".part-x.images.npy").write_bytes(b"left by a killed process")
    again = load_dataset(str(archive), SIZE, cache=tmp_path / "cache")
    assert len(decoded) == 26
    assert images.read_bytes() == whole
    assert sorted(file.name for file in first.directory.iterdir()) == [
        "images.npy",
        "labels.npy",
        "prepared.json",
    ]
    assert again.fingerprint == first.fingerprint


def test_fingerprint_tells_settings_apart(archive, tmp_path):
    def of(image_size=SIZE, **options) -> str:
        return load_dataset(
            str(archive), image_size, cache=tmp_path / "cache", **options
        ).fingerprint

    whole = of()
    assert whole == of(seed=5)  # without a subset the seed changes nothing
    assert len({whole, of(64), of(pictures=8), of(pictures=8, seed=1), of(pictures=9)}) == 5


def test_decoding_version_is_part_of_it(archive, tmp_path, monkeypatch):
    first = load_dataset(str(archive), SIZE, cache=tmp_path / "cache").fingerprint
    monkeypatch.setattr(load, "DECODING_VERSION", 99)
    assert load_dataset(str(archive), SIZE, cache=tmp_path / "cache").fingerprint != first


def test_subset(archive, tmp_path):
    dataset = load_dataset(str(archive), SIZE, cache=tmp_path / "cache", pictures=8, seed=2)
    assert len(dataset.labels) == 8
    assert levels(dataset) == sorted(levels(dataset))
    everything = load_dataset(str(archive), SIZE, cache=tmp_path / "cache", pictures=500)
    assert len(everything.labels) == 12


def test_too_few_pictures_leave_nothing_behind(tmp_path):
    files = pet_images(3) | {f"PetImages/Dog/{n}.jpg": b"" for n in (1, 2)}
    path = make_zip(tmp_path / "a.zip", files)
    with pytest.raises(DataError, match=r"3 of cat and 1 of dog .* after 2 were dropped"):
        load_dataset(str(path), SIZE, cache=tmp_path / "cache")
    assert [file for file in (tmp_path / "cache").rglob("*") if file.suffix != ".lock"] == [
        directory for directory in (tmp_path / "cache").iterdir() if directory.is_dir()
    ]


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("nowhere/at/all", "no file or folder 'nowhere/at/all'; expected synthetic, tfds, or"),
        ("/dev/null", "there is no file or folder"),
        ("x" * 5000, "too long|there is no file"),
    ],
)
def test_missing_paths(source, words, tmp_path):
    with pytest.raises(DataError, match=words):
        load_dataset(source, SIZE, cache=tmp_path)


def test_tfds_without_network(tmp_path, monkeypatch):
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path / "tfds"))
    monkeypatch.setattr("study.data.tfds_prepare.URL", "http://127.0.0.1:9/nothing.zip")
    started = time.monotonic()
    with pytest.raises(DataError, match="cannot be downloaded"):
        load_dataset("tfds", SIZE, cache=tmp_path)
    assert time.monotonic() - started < 15


@pytest.mark.parametrize(("image_size", "pictures"), [(0, None), (-32, None), (32, 0), (32, -1)])
def test_numbers_that_are_not_positive(image_size, pictures, tmp_path):
    with pytest.raises(SettingsError, match="expected positive"):
        load_dataset("embedded", image_size, pictures=pictures, cache=tmp_path)


def test_a_full_disk(archive, tmp_path, monkeypatch):
    def full(*_arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreError, match="No space left on device"):
        load_dataset(str(archive), SIZE, cache=tmp_path / "cache")
    monkeypatch.undo()
    assert len(load_dataset(str(archive), SIZE, cache=tmp_path / "cache").labels) == 12


def test_an_interruption_leaves_no_half_arrays(archive, tmp_path):
    def interrupt(what, done, total):
        if what == "decoding pictures":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        load_dataset(str(archive), SIZE, cache=tmp_path / "cache", pictures=12, progress=interrupt)
    assert list((tmp_path / "cache").rglob("*.npy")) == []
    assert len(load_dataset(str(archive), SIZE, cache=tmp_path / "cache").labels) == 12


def test_two_processes_at_once_decode_once(tmp_path):
    path = make_zip(tmp_path / "a.zip", pet_images(400))
    script = (
        "import sys\n"
        "from pathlib import Path\n"
        "from study.data.load import load_dataset\n"
        "said = set()\n"
        "dataset = load_dataset(sys.argv[1], 128, cache=Path(sys.argv[2]),\n"
        "                       progress=lambda what, done, total: said.add(what))\n"
        "print('decoding pictures' in said, dataset.images.sum(), len(dataset.labels))\n"
        "assert 'tensorflow' not in sys.modules\n"
    )
    command = [sys.executable, "-c", script, str(path), str(tmp_path / "cache")]
    children = [
        subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    said = [child.communicate(timeout=120)[0].split() for child in children]
    assert [child.returncode for child in children] == [0, 0]
    assert sorted(line[0] for line in said) == ["False", "True"]
    assert said[0][1:] == said[1][1:]
    assert said[0][2] == "800"


@pytest.mark.real_data
@pytest.mark.skipif(not ARCHIVE.is_file(), reason=f"{ARCHIVE} is absent")
def test_the_real_archive(tmp_path):
    dataset = load_dataset(str(ARCHIVE), 64, cache=tmp_path)
    facts = describe_dataset(dataset)
    assert facts["examples"] == 23_262
    assert facts["dropped_examples"] == 1_738
    assert facts["dropped"] == [
        {"reason": "empty file", "class_name": "cat", "count": 1},
        {"reason": "empty file", "class_name": "dog", "count": 1},
        {"reason": "no JFIF header", "class_name": "cat", "count": 875},
        {"reason": "no JFIF header", "class_name": "dog", "count": 861},
    ]
    assert facts["examples_by_class"] == {"cat": 11_624, "dog": 11_638}
    assert facts["ignored"] == 3
    train, validation = split(dataset)
    assert (len(train), len(validation)) == (18_610, 4_652)
    assert 100 < dataset.images[::100].mean() < 140
    started = time.monotonic()
    load_dataset(str(ARCHIVE), 64, cache=tmp_path)
    assert time.monotonic() - started < 10
