import json
from pathlib import Path

import numpy as np

from study.data.dataset import Dataset
from study.data.describe import describe, describe_dataset


def dataset(**fields) -> Dataset:
    labels = np.array([0] * 1200 + [1] * 1300, np.uint8)
    images = np.zeros((2500, 2, 2, 3), np.uint8)
    return Dataset(images, labels, ("cat", "dog"), "abc", **fields)


def test_values_are_plain_and_complete():
    facts = describe_dataset(
        dataset(dropped=(("empty file", "cat", 2), ("no JFIF header", "dog", 3)), ignored=4)
    )
    assert json.loads(json.dumps(facts)) == facts
    assert facts["examples"] == 2500
    assert (facts["train_examples"], facts["validation_examples"]) == (2000, 500)
    assert facts["examples_by_class"] == {"cat": 1200, "dog": 1300}
    assert facts["dropped_examples"] == 5
    assert facts["dropped"][0] == {"reason": "empty file", "class_name": "cat", "count": 2}
    assert (facts["ignored"], facts["fingerprint"], facts["image_size"]) == (4, "abc", 2)


def test_text_names_counts_reasons_and_classes():
    text = describe(
        dataset(
            dropped=(("empty file", "cat", 2), ("empty file", "dog", 1), ("too large", "", 1500)),
            ignored=4,
            source="a.zip",
            directory=Path("/cache/abc"),
            seconds=1.25,
        )
    )
    for words in (
        "a.zip",
        "2,500 pictures, 2 x 2 RGB (cat 1,200, dog 1,300)",
        "2,000 to train on, 500 to validate on",
        "dropped      1,503",
        "empty file  cat 2, dog 1",
        "too large   no class 1,500",
        "4 files that are no pictures",
        "/cache/abc (1.2 s)",
    ):
        assert words in text
    assert "embedded" not in text


def test_embedded_pictures_are_said_to_be_drawn():
    assert "no photographs" in describe(dataset(embedded=True))
    assert "ignored" not in describe(dataset(embedded=True))
