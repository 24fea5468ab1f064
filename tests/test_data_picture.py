import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from study.data import picture
from study.data.picture import decode_pixels
from study.data.resize import resize_bilinear
from study.data.source import EMPTY, TOO_LARGE, UNDECODABLE, UnusableError
from tests.make_pictures import encoded, flat, noise

# Pillow warns of damaged files; load_dataset silences that for the time of a preparation.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::RuntimeWarning")

SIZE = 32
COLOUR = (200, 100, 50)


def decode_picture(data: bytes, size: int, *, upright: bool = True) -> np.ndarray:
    return resize_bilinear(decode_pixels(data, upright=upright), size)


def reason_of(data: bytes) -> str:
    with pytest.raises(UnusableError) as caught:
        decode_picture(data, SIZE)
    return caught.value.reason


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "GIF", "BMP", "WEBP"])
def test_formats_give_the_colour(file_format):
    image = Image.new("RGB", (50, 40), COLOUR)
    result = decode_picture(encoded(image, file_format), SIZE)
    assert result.shape == (SIZE, SIZE, 3)
    assert result.dtype == np.uint8
    np.testing.assert_allclose(result.reshape(-1, 3), [COLOUR] * SIZE**2, atol=4)


@pytest.mark.parametrize(
    ("mode", "value", "expected"),
    [
        ("L", 77, (77, 77, 77)),
        ("1", 1, (255, 255, 255)),
        ("P", 0, (0, 0, 0)),
        ("LA", (100, 255), (100, 100, 100)),
        ("RGBA", (*COLOUR, 255), COLOUR),
        ("RGBA", (*COLOUR, 0), (255, 255, 255)),
        ("RGBA", (0, 0, 0, 51), (204, 204, 204)),
        ("LA", (0, 0), (255, 255, 255)),
        ("I;16", 65535, (255, 255, 255)),
        ("I;16", 257 * 130, (130, 130, 130)),
    ],
)
def test_png_modes(mode, value, expected):
    result = decode_picture(encoded(Image.new(mode, (9, 7), value), "PNG"), SIZE)
    np.testing.assert_array_equal(result.reshape(-1, 3), [expected] * SIZE**2)


def test_grey_jpeg():
    result = decode_picture(encoded(Image.new("L", (9, 7), 90)), SIZE)
    np.testing.assert_allclose(result, 90, atol=1)


def test_cmyk_jpeg_is_neither_inverted_nor_refused():
    image = Image.new("RGB", (16, 16), COLOUR).convert("CMYK")
    result = decode_picture(encoded(image), SIZE)
    np.testing.assert_allclose(result.reshape(-1, 3), [COLOUR] * SIZE**2, atol=4)


def test_palette_with_a_transparent_colour_is_blended_over_white():
    image = Image.new("P", (8, 8), 0)
    image.putpalette([10, 20, 30, 90, 90, 90])
    data = encoded(image, "PNG", transparency=0)
    assert (decode_picture(data, SIZE) == 255).all()


def test_rgb_with_a_transparent_colour_is_blended_over_white():
    data = encoded(Image.new("RGB", (8, 8), COLOUR), "PNG", transparency=COLOUR)
    assert (decode_picture(data, SIZE) == 255).all()


def test_animated_gif_gives_its_first_frame():
    frames = [Image.new("L", (8, 8), grey) for grey in (40, 200)]
    data = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    np.testing.assert_array_equal(decode_picture(data, SIZE), 40)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation(orientation):
    upright = Image.fromarray(noise(3, SIZE, SIZE))
    inverse = [None, None, 0, 3, 1, 5, 2, 6, 4][orientation]
    stored = upright if inverse is None else upright.transpose(Image.Transpose(inverse))
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encoded(stored, "PNG", exif=exif)
    np.testing.assert_array_equal(decode_picture(data, SIZE), np.asarray(upright))
    np.testing.assert_array_equal(decode_picture(data, SIZE, upright=False), np.asarray(stored))


def test_damaged_exif_costs_the_rotation_only():
    data = encoded(Image.new("RGB", (8, 8), COLOUR), exif=b"Exif\0\0II*\0" + b"\xff" * 9)
    np.testing.assert_allclose(decode_picture(data, SIZE)[0, 0], COLOUR, atol=4)


def test_equals_the_accurate_decoder_of_tensorflow():
    import tensorflow as tf

    data = encoded(Image.fromarray(noise(1, SIZE, SIZE)), quality=80, subsampling=2)
    theirs = tf.io.decode_jpeg(data, channels=3, dct_method="INTEGER_ACCURATE").numpy()
    np.testing.assert_array_equal(decode_picture(data, SIZE), theirs)


def test_reasons():
    jpeg = encoded(Image.fromarray(noise(2)))
    assert reason_of(b"") == EMPTY
    assert reason_of(b"I am a text, named .jpg\n") == UNDECODABLE
    assert reason_of(jpeg[: len(jpeg) // 2]) == UNDECODABLE
    assert reason_of(jpeg[:20]) == UNDECODABLE
    assert reason_of(encoded(Image.new("RGB", (4, 4)), "TIFF")) == UNDECODABLE


@pytest.mark.parametrize("side", [5_001, 60_000])
def test_declared_pixels_are_bounded_before_decoding(side):
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", 13) + b"IHDR" + header
    chunk += struct.pack(">I", zlib.crc32(b"IHDR" + header))
    data = b"\x89PNG\r\n\x1a\n" + chunk + struct.pack(">I", 10) + b"IDAT" + b"\0" * 14
    assert reason_of(data) == TOO_LARGE


def test_a_decoder_that_breaks_drops_the_picture(monkeypatch):
    def broken(*_args, **_options):
        raise struct.error("unpack requires a buffer of 4 bytes")

    monkeypatch.setattr(picture.Image, "open", broken)
    assert reason_of(flat(3)) == UNDECODABLE


def test_random_bytes_after_a_true_header_never_escape():
    generator = np.random.default_rng(0)
    image = Image.fromarray(noise(5))
    for file_format in ("JPEG", "PNG", "GIF", "BMP", "WEBP"):
        whole = encoded(image, file_format)
        for _ in range(40):
            data = bytearray(whole)
            for place in generator.integers(0, len(data), 12):
                data[place] = generator.integers(256)
            try:
                assert decode_picture(bytes(data), 8).shape == (8, 8, 3)
            except UnusableError as error:
                assert error.reason in (UNDECODABLE, TOO_LARGE)
