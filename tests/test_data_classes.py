from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from study.data.classes import ClassFolders, label_order
from study.data.source import NESTED, OUTSIDE, PICTURE_SUFFIXES, is_picture_name
from study.errors import DataError


def classes(*names: str) -> ClassFolders:
    return ClassFolders(names, "here")


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (("Dog", "Cat"), ("cat", "dog")),
        (("DOGS", "cats"), ("cat", "dog")),
        (("dog", "cats"), ("cat", "dog")),
        (("zebra", "Ant"), ("Ant", "zebra")),
        (("cat", "bird"), ("bird", "cat")),
    ],
)
def test_label_order(given, shown):
    assert label_order(*given)[1] == shown


@pytest.mark.parametrize("prefix", ["", "PetImages/", "a/b/"])
def test_class_folders_at_the_top_or_wrapped(prefix):
    found = classes(f"{prefix}Dog/1.jpg", f"{prefix}Cat/1.jpg", f"{prefix}Cat/2.jpg")
    assert found.class_names == ("cat", "dog")
    assert found.folders == ("Cat", "Dog")
    assert found.label(f"{prefix}Cat/2.jpg") == 0
    assert found.label(f"{prefix}Dog/1.jpg") == 1


def test_misplaced_pictures_have_a_reason():
    found = classes("P/Dog/1.jpg", "P/Cat/1.jpg", "P/Cat/old/2.jpg", "P/logo.png", "cover.png")
    assert found.label("P/Cat/old/2.jpg") is None
    assert found.misplaced("P/Cat/old/2.jpg") == (NESTED, "cat")
    assert found.misplaced("P/logo.png") == (OUTSIDE, "")
    assert found.misplaced("cover.png") == (OUTSIDE, "")


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ((), "no pictures"),
        (("1.jpg", "2.jpg"), "no class folders"),
        (("Cat/1.jpg",), r"one class only \(Cat\)"),
        (("P/Cat/1.jpg",), r"one class only \(Cat\)"),
        (("Cat/1.jpg", "Dog/1.jpg", "Bird/1.jpg"), r"3 classes \(Bird, Cat, Dog\)"),
        (tuple(f"{n}/1.jpg" for n in range(7)), r"7 classes \(0, 1, 2, 3, 4, ...\)"),
        (("train/Cat/1.jpg", "test/Cat/1.jpg"), "test, train lie in folders below .*here/test"),
    ],
)
def test_anything_but_two_classes_is_named(names, words):
    with pytest.raises(DataError, match=words):
        classes(*names)


def test_names_of_pictures():
    assert is_picture_name("Cat/0.JPG")
    assert is_picture_name("Cat/0.webp")
    for name in ("Cat/Thumbs.db", "readme[1].txt", "__MACOSX/Cat/._0.jpg", "Cat/.0.jpg", "Cat/0"):
        assert not is_picture_name(name)


_PIECES = st.sampled_from(["/", ".", "Cat", "0", "jpg", "PNG", "gif", "__MACOSX", "é", " "])


@given(st.lists(_PIECES, max_size=12).map("".join))
def test_names_of_pictures_as_pathlib_takes_them_apart(name: str):
    path = PurePosixPath(name)
    hidden = any(part.startswith(".") or part == "__MACOSX" for part in path.parts)
    assert is_picture_name(name) is (path.suffix.lower() in PICTURE_SUFFIXES and not hidden)
