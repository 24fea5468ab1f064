import os

import pytest

from study.data.folder import FolderSource
from study.data.source import (
    EMPTY,
    LINK,
    NESTED,
    OUTSIDE,
    TOO_LARGE,
    UNREADABLE,
    UnusableError,
)
from study.errors import DataError
from tests.make_pictures import flat, make_folder, pet_images, without_jfif


def reasons(path) -> dict[int, str]:
    found = {}
    with FolderSource(path).open() as listing:
        for index in range(len(listing.labels)):
            try:
                listing.read(index)
            except UnusableError as error:
                found[index] = error.reason
    return found


@pytest.mark.parametrize("prefix", ["", "PetImages/"])
def test_lists_by_name(tmp_path, prefix):
    files = pet_images(3, prefix)
    make_folder(tmp_path, files)
    with FolderSource(tmp_path).open() as listing:
        assert listing.class_names == ("cat", "dog")
        assert listing.labels.tolist() == [0, 0, 0, 1, 1, 1]
        assert listing.read(4) == files[f"{prefix}Dog/1.jpg"]
        assert listing.upright is True


def test_ordinary_folders_keep_pictures_without_jfif(tmp_path):
    make_folder(tmp_path, pet_images(2) | {"PetImages/Cat/9.jpg": without_jfif(flat(1))})
    assert reasons(tmp_path) == {}


def test_what_is_dropped_and_ignored(tmp_path, monkeypatch):
    monkeypatch.setattr("study.data.folder.MAX_FILE_BYTES", 20_000)
    files = {
        "b/1.jpg": b"",
        "b/2.jpg": bytes(20_001),
        "b/Thumbs.db": b"?",
        "b/deep/3.jpg": flat(3),
        "logo.png": flat(4, file_format="PNG"),
        "notes.txt": b"?",
    }
    make_folder(tmp_path, files | {f"{name}/0.jpg": flat(1) for name in "ab"})
    assert reasons(tmp_path) == {2: EMPTY, 3: TOO_LARGE}
    with FolderSource(tmp_path).open() as listing:
        assert listing.dropped == {(NESTED, "b"): 1, (OUTSIDE, ""): 1}
        assert listing.ignored == 2


def test_links(tmp_path):
    root = make_folder(tmp_path / "root", pet_images(2, ""))
    outside = tmp_path / "secret.jpg"
    outside.write_bytes(flat(5))
    (root / "Cat/2.jpg").symlink_to(root / "Cat/0.jpg")
    (root / "Cat/3.jpg").symlink_to(outside)
    (root / "Cat/4.jpg").symlink_to("nowhere.jpg")
    (root / "Cat/5.jpg").symlink_to("5.jpg")
    (root / "Cat/loop").symlink_to(root)
    os.mkfifo(root / "Cat/6.jpg")
    assert reasons(root) == {3: LINK, 4: UNREADABLE, 5: UNREADABLE, 6: UNREADABLE}


def test_the_root_itself_may_be_a_link(tmp_path):
    make_folder(tmp_path / "root", pet_images(2))
    (tmp_path / "link").symlink_to("root")
    assert reasons(tmp_path / "link") == {}


def test_a_class_folder_that_is_a_link_is_named(tmp_path):
    make_folder(tmp_path / "elsewhere", {"0.jpg": flat(1)})
    root = make_folder(tmp_path / "root", {"Cat/0.jpg": flat(1)})
    (root / "Dog").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(DataError, match=r"one class only \(Cat\).*Links to folders \(Dog\)"):
        reasons(root)


def test_no_pictures_and_three_classes(tmp_path):
    with pytest.raises(DataError, match="no pictures"):
        reasons(tmp_path)
    make_folder(tmp_path, {f"{name}/0.jpg": flat(1) for name in "abc"})
    with pytest.raises(DataError, match=r"3 classes \(a, b, c\)"):
        reasons(tmp_path)


def test_a_folder_that_cannot_be_listed(tmp_path, monkeypatch):
    def refuse(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("os.scandir", refuse)
    with pytest.raises(DataError, match=r"cannot list .*Permission denied"):
        reasons(tmp_path)


def test_fingerprint_changes_with_names_and_bytes_only(tmp_path):
    seen = set()

    def add() -> int:
        seen.add(FolderSource(tmp_path).fingerprint())
        return len(seen)

    make_folder(tmp_path, pet_images(2))
    assert add() == 1
    os.utime(tmp_path / "PetImages/Cat/0.jpg", (1, 1))
    assert add() == 1
    (tmp_path / "PetImages/Cat/0.jpg").write_bytes(flat(99))
    assert add() == 2
    (tmp_path / "PetImages/Cat/0.jpg").rename(tmp_path / "PetImages/Cat/00.jpg")
    assert add() == 3
    (tmp_path / "notes.txt").write_bytes(b"?")
    assert add() == 4
