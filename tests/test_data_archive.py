import stat
import zipfile

import pytest

from study.data.archive import ZipSource
from study.data.source import (
    EMPTY,
    MISNAMED,
    NESTED,
    NO_JFIF,
    UNREADABLE,
    UnusableError,
)
from study.errors import DataError
from tests.make_pictures import flat, make_zip, pet_images, without_jfif


def refusal(path) -> str:
    with pytest.raises(DataError) as caught, ZipSource(path).open():
        pass
    assert "\n" not in str(caught.value)
    return str(caught.value)


def reasons(path) -> dict[int, str]:
    found = {}
    with ZipSource(path).open() as listing:
        for index in range(len(listing.labels)):
            try:
                listing.read(index)
            except UnusableError as error:
                found[index] = error.reason
    return found


def entry(name: str, **attributes) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    for key, value in attributes.items():
        setattr(info, key, value)
    return info


def zip_with(path, *extra: tuple[zipfile.ZipInfo, bytes]):
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in pet_images(2).items():
            archive.writestr(name, data)
        for info, data in extra:
            archive.writestr(info, data)
    return path


def rewrite(path, old: bytes, new: bytes):
    """Alters the stored names or fields behind the back of ``zipfile``."""
    data = path.read_bytes()
    assert old in data
    path.write_bytes(data.replace(old, new))
    return path


def test_lists_by_name_with_labels_and_bytes(tmp_path):
    files = pet_images(11)
    path = make_zip(tmp_path / "a.zip", dict(reversed(files.items())))
    with ZipSource(path).open() as listing:
        assert listing.class_names == ("cat", "dog")
        assert listing.labels.tolist() == [0] * 11 + [1] * 11
        # By name as text: 0, 1, 10, 2, ...
        assert listing.read(2) == files["PetImages/Cat/10.jpg"]
        assert listing.read(21) == files["PetImages/Dog/9.jpg"]
        assert listing.upright is False


def test_fingerprint_is_the_hash_of_the_bytes(tmp_path):
    files = pet_images(2)
    one, two = (make_zip(tmp_path / name, files) for name in ("a.zip", "b.zip"))
    two.write_bytes(one.read_bytes())
    assert ZipSource(one).fingerprint() == ZipSource(two).fingerprint()
    two.write_bytes(one.read_bytes() + b"\0")
    assert ZipSource(one).fingerprint() != ZipSource(two).fingerprint()


@pytest.mark.parametrize("packed", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_original_layout_drops_what_tfds_drops(tmp_path, packed):
    jpeg = flat(90, 64, 64)
    bare = without_jfif(jpeg)
    comment = b"\xff\xfe" + (2 + 300).to_bytes(2, "big")
    files = pet_images(2) | {
        "PetImages/Cat/2.jpg": b"",
        "PetImages/Cat/3.jpg": bare,
        # TFDS asks for 10 bytes, yet sees 512.
        "PetImages/Cat/4.jpg": bare[:2] + comment + b"JFIF".ljust(300) + bare[2:],
        "PetImages/Cat/5.jpg": bare[:2] + comment * 2 + bare[2:] + b"JFIF",
        "PetImages/Cat/cat.6.jpg": jpeg,
        "PetImages/Cat/7.png": jpeg,
        "PetImages/Thumbs.db": b"?",
        "readme[1].txt": b"?",
    }
    path = make_zip(tmp_path / "a.zip", files, packed)
    assert reasons(path) == {2: EMPTY, 3: NO_JFIF, 5: NO_JFIF}
    with ZipSource(path).open() as listing, zipfile.ZipFile(path) as archive:
        assert listing.dropped == {(MISNAMED, "cat"): 2}
        assert listing.ignored == 2
        for index, number in enumerate(range(6)):
            seen = archive.open(f"PetImages/Cat/{number}.jpg").peek(10)
            assert (b"JFIF" in seen) == (index not in reasons(path))


def test_other_layouts_keep_every_picture(tmp_path):
    files = {
        "cats/a b.png": flat(1, file_format="PNG"),
        "cats/b.jpg": without_jfif(flat(2)),
        "cats/more/c.jpg": flat(3),
        "dogs/a.jpg": flat(4),
        "dogs/.hidden.jpg": flat(5),
        "__MACOSX/cats/._b.jpg": b"?",
    }
    path = make_zip(tmp_path / "a.zip", files)
    assert reasons(path) == {}
    with ZipSource(path).open() as listing:
        assert listing.labels.tolist() == [0, 0, 1]
        assert listing.dropped == {(NESTED, "cat"): 1}
        assert listing.ignored == 2
        assert listing.upright is True


def test_no_zip_at_all(tmp_path):
    path = tmp_path / "a.zip"
    path.write_bytes(b"")
    assert "not a zip" in refusal(path)
    path.write_bytes(b"I am a text\n" * 20)
    assert "not a zip" in refusal(path)
    assert "cannot read" in refusal(tmp_path / "missing.zip")
    with pytest.raises(DataError, match="cannot read"):
        ZipSource(tmp_path / "missing.zip").fingerprint()


def test_empty_zip(tmp_path):
    assert "empty" in refusal(make_zip(tmp_path / "a.zip", {}))


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_truncated_zip(tmp_path, share):
    path = make_zip(tmp_path / "a.zip", pet_images(4))
    data = path.read_bytes()
    path.write_bytes(data[: int(share * len(data))])
    assert "cut off or damaged" in refusal(path)


def test_every_cut_and_every_altered_byte_is_an_error_or_a_reason(tmp_path):
    path = make_zip(tmp_path / "a.zip", pet_images(1))
    data = path.read_bytes()
    for place in range(0, len(data), 7):
        for changed in (data[:place], data[:place] + b"\xff" + data[place + 1 :]):
            path.write_bytes(changed)
            try:
                reasons(path)
            except DataError as error:
                assert str(path) in str(error)


@pytest.mark.parametrize(
    "name",
    [
        "../x.jpg",
        "PetImages/Cat/../../../x.jpg",
        "/etc/x.jpg",
        "PetImages\\Cat\\x.jpg",
        "..\\x.jpg",
        "C:/x.jpg",
    ],
)
def test_entries_that_would_leave_the_folder(tmp_path, name):
    assert "would leave the folder" in refusal(zip_with(tmp_path / "a.zip", (entry(name), b"?")))


def test_zero_byte_in_a_name(tmp_path):
    path = zip_with(tmp_path / "a.zip", (entry("PetImages/Cat/9_x.jpg"), b"?"))
    assert "zero byte" in refusal(rewrite(path, b"9_x.jpg", b"9\0x.jpg"))


@pytest.mark.parametrize(
    ("kind", "words"), [(stat.S_IFLNK, "symbolic link"), (stat.S_IFIFO, "no ordinary file")]
)
def test_links_and_special_files(tmp_path, kind, words):
    link = entry("PetImages/Cat/9.jpg", external_attr=(kind | 0o777) << 16)
    assert words in refusal(zip_with(tmp_path / "a.zip", (link, b"/etc/passwd")))


def test_encrypted_entries(tmp_path):
    path = make_zip(tmp_path / "a.zip", pet_images(2))
    data = bytearray(path.read_bytes())
    place = data.rindex(b"PK\x01\x02")
    data[place + 8] |= 1
    path.write_bytes(data)
    assert "encrypted" in refusal(path)


def test_names_that_stand_twice(tmp_path):
    twin = (entry("PetImages/Cat/0.jpg"), flat(0))
    with pytest.warns(UserWarning, match="Duplicate"):
        path = zip_with(tmp_path / "a.zip", twin)
    assert "twice" in refusal(path)
    other = (entry("PetImages//Cat/./0.jpg"), flat(0))
    assert "twice" in refusal(zip_with(tmp_path / "b.zip", other))


def declaring(path, size: int):
    """Declares another size for the last entry, as bombs do; its data are 4 bytes."""
    path = zip_with(path, (entry("PetImages/Cat/9.jpg"), b"bomb"))
    data = bytearray(path.read_bytes())
    place = data.rindex(b"PK\x01\x02")
    data[place + 24 : place + 28] = size.to_bytes(4, "little")
    path.write_bytes(data)
    return path


def test_absurd_declared_sizes(tmp_path):
    assert "for one picture" in refusal(declaring(tmp_path / "a.zip", 2**32 - 2))
    assert "bomb" in refusal(declaring(tmp_path / "a.zip", 60 * 2**20))


def test_true_bomb_of_zeros(tmp_path):
    path = make_zip(tmp_path / "a.zip", pet_images(2) | {"PetImages/Cat/9.jpg": bytes(2**23)})
    assert "bomb" in refusal(path)


def test_absurd_total(tmp_path, monkeypatch):
    path = make_zip(tmp_path / "a.zip", pet_images(3))
    monkeypatch.setattr("study.data.archive.MAX_TOTAL_BYTES", 1000)
    assert "at most 1,000" in refusal(path)


def test_packing_without_a_bound(tmp_path):
    path = make_zip(tmp_path / "a.zip", pet_images(2), zipfile.ZIP_BZIP2)
    assert "neither stored nor deflated" in refusal(path)


def test_a_damaged_entry_is_dropped_alone(tmp_path):
    path = make_zip(tmp_path / "a.zip", pet_images(3), zipfile.ZIP_STORED)
    picture = pet_images(3)["PetImages/Dog/1.jpg"]
    rewrite(path, picture, picture[:-9] + b"?" + picture[-8:])
    assert reasons(path) == {4: UNREADABLE}


def test_a_declared_size_smaller_than_the_data_bounds_what_is_read(tmp_path):
    path = declaring(tmp_path / "a.zip", 2)
    assert reasons(path) == {2: UNREADABLE}


def test_one_class(tmp_path):
    files = {name: data for name, data in pet_images(3).items() if "Cat" in name}
    assert "one class only (Cat)" in refusal(make_zip(tmp_path / "a.zip", files))


def test_no_permission(tmp_path, monkeypatch):
    path = make_zip(tmp_path / "a.zip", pet_images(2))

    def refuse(*_args, **_options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.open", refuse)
    assert "Permission denied" in refusal(path)
    with pytest.raises(DataError, match="Permission denied"):
        ZipSource(path).fingerprint()


def test_nothing_is_written_while_reading(tmp_path, monkeypatch):
    path = make_zip(tmp_path / "a.zip", pet_images(2))
    monkeypatch.chdir(tmp_path)
    reasons(path)
    assert [file.name for file in tmp_path.rglob("*")] == ["a.zip"]
