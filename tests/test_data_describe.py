import json
from pathlib import Path

import numpy as np

from study.data.dataset import Dataset
from study.data.describe import describe_dataset


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
    assert sum(facts["train_by_class"].values()) == 2000
    assert 900 < facts["train_by_class"]["cat"] < 1020
    assert facts["dropped_examples"] == 5
    assert (facts["kept_order"], facts["largest_side"]) == (False, None)
    assert describe_dataset(dataset(largest_side=128))["largest_side"] == 128
    assert facts["dropped"][0] == {"reason": "empty file", "class_name": "cat", "count": 2}
    assert (facts["ignored"], facts["fingerprint"], facts["image_size"]) == (4, "abc", 2)


def test_where_the_arrays_lie_is_text_or_missing():
    assert describe_dataset(dataset())["directory"] is None
    facts = describe_dataset(dataset(directory=Path("/cache/abc"), seconds=1.25, embedded=True))
    assert (facts["directory"], facts["seconds"], facts["embedded"]) == ("/cache/abc", 1.25, True)
