import os
import struct

import numpy as np
import pytest

from study.data.tfrecord import features, records


def framed(*contents: bytes) -> bytes:
    return b"".join(
        struct.pack("<QI", len(content), 0) + content + b"\0" * 4 for content in contents
    )


def test_records_are_views_in_order():
    assert [bytes(one) for one in records(memoryview(framed(b"ab", b"", b"c")))] == [
        b"ab",
        b"",
        b"c",
    ]
    assert list(records(memoryview(b""))) == []


@pytest.mark.parametrize("cut", [1, 5, 12, 17])
def test_records_cut_off(cut):
    data = framed(b"first", b"second")
    with pytest.raises(ValueError, match="cut off"):
        list(records(memoryview(data[:-cut])))


def test_reads_what_tensorflow_writes(tmp_path):
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    import tensorflow as tf

    def example(image: bytes, label: int) -> bytes:
        feature = {
            "image": tf.train.Feature(bytes_list=tf.train.BytesList(value=[image])),
            "image/filename": tf.train.Feature(bytes_list=tf.train.BytesList(value=["ü".encode()])),
            "label": tf.train.Feature(int64_list=tf.train.Int64List(value=[label])),
            "weight": tf.train.Feature(float_list=tf.train.FloatList(value=[0.5])),
            "nothing": tf.train.Feature(),
        }
        return tf.train.Example(features=tf.train.Features(feature=feature)).SerializeToString()

    written = [(np.random.default_rng(n).bytes(n * 100), n % 2) for n in range(30)]
    with tf.io.TFRecordWriter(str(tmp_path / "a.tfrecord")) as writer:
        for image, label in written:
            writer.write(example(image, label))
    read = [features(one) for one in records(memoryview((tmp_path / "a.tfrecord").read_bytes()))]
    assert [(bytes(one["image"]), one["label"]) for one in read] == written
    assert all(set(one) == {"image", "image/filename", "label"} for one in read)


def test_an_integer_that_is_not_packed():
    feature = b"\x1a\x02\x08\x07"  # int64_list { value: 7 }
    entry = b"\x0a\x01a" + b"\x12" + bytes([len(feature)]) + feature
    group = b"\x0a" + bytes([len(entry)]) + entry
    assert features(memoryview(b"\x0a" + bytes([len(group)]) + group)) == {"a": 7}


def test_random_bytes_are_an_error_or_nothing():
    generator = np.random.default_rng(0)
    for _ in range(2000):
        try:
            found = features(memoryview(generator.bytes(int(generator.integers(1, 40)))))
        except ValueError:
            continue
        assert isinstance(found, dict)
