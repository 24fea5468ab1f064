"""Small pictures, archives and folders for the tests of ``study.data``."""

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from PIL import Image


def encoded(image: Image.Image, file_format: str = "JPEG", **options) -> bytes:
    """The bytes of a picture file; JPEG without subsampling, so that flat colours stay."""
    buffer = io.BytesIO()
    if file_format == "JPEG":
        options = {"quality": 95, "subsampling": 0} | options
    image.save(buffer, file_format, **options)
    return buffer.getvalue()


def flat(grey: int, width: int = 10, height: int = 8, file_format: str = "JPEG") -> bytes:
    """A picture of one grey level."""
    return encoded(Image.new("RGB", (width, height), (grey, grey, grey)), file_format)


def noise(seed: int, width: int = 40, height: int = 30) -> np.ndarray:
    """uint8 (height, width, 3), smooth enough for JPEG to keep it."""
    coarse = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), np.uint8)
    return np.asarray(Image.fromarray(coarse).resize((width, height)))


def without_jfif(jpeg: bytes) -> bytes:
    """The same JPEG without its JFIF segment."""
    assert jpeg[2:4] == b"\xff\xe0"
    length = int.from_bytes(jpeg[4:6], "big")
    return jpeg[:2] + jpeg[4 + length :]


def pet_images(count: int = 6, prefix: str = "PetImages/") -> dict[str, bytes]:
    """Names and bytes of ``count`` pictures a class; cats are dark, dogs are light."""
    files = {}
    for index in range(count):
        files[f"{prefix}Cat/{index}.jpg"] = flat(10 + index)
        files[f"{prefix}Dog/{index}.jpg"] = flat(200 + index)
    return files


def make_zip(path: Path, files: Mapping[str, bytes], packed: int = zipfile.ZIP_DEFLATED) -> Path:
    """Writes a zip in the given order of names."""
    with zipfile.ZipFile(path, "w", packed) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def make_folder(path: Path, files: Mapping[str, bytes]) -> Path:
    """Writes files below ``path``."""
    for name, data in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(data)
    return path
