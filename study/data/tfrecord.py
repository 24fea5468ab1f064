"""Reads the TFRecord files of a prepared TFDS directory without importing TensorFlow.

A record is its length (uint64, little-endian), a check sum of the length, the bytes, and a check
sum of the bytes; the bytes are a ``tf.train.Example`` in the protocol-buffer wire format: field 1
holds the features, whose field 1 is a map from name to feature. A feature is one list: of bytes
(field 1), floats (field 2) or integers (field 3). The check sums (CRC-32C) are not verified.
"""

import struct
from collections.abc import Iterator
from typing import Any

_VARINT, _EIGHT_BYTES, _DELIMITED, _FOUR_BYTES = 0, 1, 2, 5


def records(file: memoryview) -> Iterator[memoryview]:
    """The records in the bytes of one TFRecord file, as views into it.

    Raises:
        ValueError: the last record is cut off.
    """
    position = 0
    while position < len(file):
        header = file[position : position + 12]
        if len(header) < 12:
            raise ValueError("cut off within the length of a record")
        (length,) = struct.unpack_from("<Q", header)
        start = position + 12
        position = start + length + 4
        if position > len(file):
            raise ValueError("cut off within a record")
        yield file[start : start + length]


def features(record: memoryview) -> dict[str, Any]:
    """The bytes (memoryview) and integer (int) features of one ``tf.train.Example``.

    Of each feature the first value is given; floats are left out.

    Raises:
        ValueError: not an Example.
    """
    found: dict[str, Any] = {}
    for number, group in _fields(record):
        if number != 1 or not isinstance(group, memoryview):
            continue
        for _, entry in _fields(group):
            parts = dict(_fields(entry))
            if isinstance(parts.get(1), memoryview) and isinstance(parts.get(2), memoryview):
                value = _first_value(parts[2])
                if value is not None:
                    found[bytes(parts[1]).decode()] = value
    return found


def _first_value(feature: memoryview) -> memoryview | int | None:
    for kind, values in _fields(feature):
        if kind == 1:
            return next((value for number, value in _fields(values) if number == 1), None)
        if kind == 3:
            for _, value in _fields(values):
                # One integer alone, or all of them packed into one stretch of bytes.
                return value if isinstance(value, int) else _varint(value, 0)[0]
    return None


def _fields(message: Any) -> Iterator[tuple[int, Any]]:
    """(number, value) of the fields of one message; value is an int or a view."""
    if not isinstance(message, memoryview):
        raise ValueError("a number where a message was expected")
    position = 0
    while position < len(message):
        key, position = _varint(message, position)
        kind = key & 7
        value: Any
        if kind == _VARINT:
            value, position = _varint(message, position)
            yield key >> 3, value
            continue
        if kind == _DELIMITED:
            length, position = _varint(message, position)
        elif kind in (_EIGHT_BYTES, _FOUR_BYTES):
            length = 8 if kind == _EIGHT_BYTES else 4
        else:
            raise ValueError(f"unknown wire type {kind}")
        if position + length > len(message):
            raise ValueError("cut off within a field")
        yield key >> 3, message[position : position + length]
        position += length


def _varint(message: memoryview, position: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if position >= len(message):
            raise ValueError("cut off within a number")
        byte = message[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
    raise ValueError("a number of more than ten bytes")
