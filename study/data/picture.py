"""From the encoded bytes of one picture to a uint8 RGB array."""

import io

import numpy as np
from PIL import Image

from study.data.source import EMPTY, TOO_LARGE, UNDECODABLE, UnusableError

DECODING_VERSION = 1
"""Raised whenever the arrays made from the same bytes change; part of every fingerprint."""

MAX_PIXELS = 25_000_000
"""A picture that declares more pixels is not decoded (decompression bomb).

Transparent ones take the most memory, about 16 bytes a pixel: 0.4 GB, and up to 16 are decoded
side by side (``study.data.prepare``). Cameras' photographs of 24 million pixels still go in.
"""

FORMATS = ("JPEG", "PNG", "GIF", "BMP", "WEBP")

_ORIENTATION = 0x0112
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def decode_pixels(data: bytes, *, upright: bool = True) -> np.ndarray:
    """Decodes one picture in its own size.

    JPEG, PNG, GIF, BMP and WebP; of an animation the first frame. Grey and palette pictures
    become RGB, CMYK is converted without a colour profile, 16 bits a channel are scaled to 8,
    and transparent parts are blended over white.
    JPEG decodes as by TensorFlow's ``dct_method="INTEGER_ACCURATE"``, bit by bit; its default,
    which the article's code used, is a faster approximation about one grey level apart.

    Args:
        data: the file's bytes.
        upright: apply the orientation in the EXIF data, as viewers do and TensorFlow does not.

    Returns:
        uint8 (height, width, 3).

    Raises:
        UnusableError: empty, too large (``MAX_PIXELS``), or not decodable as one of the formats.
    """
    if not data:
        raise UnusableError(EMPTY)
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            if image.width * image.height > MAX_PIXELS:
                raise UnusableError(TOO_LARGE)
            return _rgb(_turned(image) if upright else image)
    except UnusableError:
        raise
    except (Image.DecompressionBombError, MemoryError) as error:
        raise UnusableError(TOO_LARGE) from error
    except Exception as error:
        # Decoders meet hostile bytes here and fail in many ways (OSError, SyntaxError, KeyError,
        # struct.error, ...); whichever it is, this one picture is dropped and counted.
        raise UnusableError(UNDECODABLE) from error


def _turned(image: Image.Image) -> Image.Image:
    try:
        method = _UPRIGHT.get(image.getexif().get(_ORIENTATION, 1))
    except Exception:
        # Damaged EXIF data say nothing about the pixels, which may be fine.
        method = None
    return image if method is None else image.transpose(method)


def _rgb(image: Image.Image) -> np.ndarray:
    if image.mode == "RGB" and "transparency" not in image.info:
        return np.asarray(image)
    if image.mode.startswith("I"):
        image = _eight_bits(image)
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return np.asarray(image.convert("RGB"))


def _eight_bits(image: Image.Image) -> Image.Image:
    """Scales grey values of 16 bits to 8, rounding (Pillow's own conversion may clip)."""
    wide = np.asarray(image).astype(np.uint32)
    return Image.fromarray(((wide * 255 + 32767) // 65535).astype(np.uint8))
