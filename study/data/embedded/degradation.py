"""What the camera does to a finished picture: blur, exposure, colour cast, noise."""

import numpy as np

from study.data.embedded.canvas import Frame
from study.data.embedded.draws import Draws, Floats
from study.data.embedded.scene import Camera

# the widest blur is cut off at this many deviations
_REACH = 2.0
_WIDEST = 0.024
# contrast of less than this is not stretched in full: it would be all noise
_FLATTEST = 0.06


def blur(picture: Floats, deviation: Floats) -> Floats:
    """Return the pictures (N, 3, S, S) blurred by a Gaussian.

    ``deviation`` (N, 1, 1, 1) is in shares of the side; borders are mirrored.
    """
    size = picture.shape[-1]
    reach = max(1, int(np.ceil(_REACH * _WIDEST * size)))
    offsets = np.arange(-reach, reach + 1, dtype=np.float32)
    # a deviation of zero leaves the middle weight only
    spread = np.maximum(deviation[:, 0, 0] * size, 0.05)
    weights = np.exp(-0.5 * (offsets / spread) ** 2)
    weights /= weights.sum(axis=1, keepdims=True)
    for axis in (2, 3):
        widths = [(0, 0)] * 4
        widths[axis] = (reach, reach)
        padded = np.pad(picture, widths, mode="reflect")
        total = np.zeros_like(picture)
        for place in range(2 * reach + 1):
            window = [slice(None)] * 4
            window[axis] = slice(place, place + size)
            total += padded[tuple(window)] * weights[:, place, None, None, None]
        picture = total
    return picture


def degrade(picture: Floats, frame: Frame, camera: Camera, draws: Draws) -> Floats:
    """Return the pictures as the camera saw them, still float32 in about [0, 1]."""
    picture = blur(picture, camera.blur[:, None])
    grey = picture.mean(axis=1, keepdims=True)
    picture = grey + (picture - grey) * camera.saturation[:, None]
    picture *= camera.tint
    # automatic exposure, as in a camera: else larger dark ears would darken a label's pictures
    level = picture.mean(axis=(1, 2, 3), keepdims=True)
    picture = picture - level
    spread = np.sqrt((picture * picture).mean(axis=(1, 2, 3), keepdims=True))
    picture *= camera.contrast[:, None] / np.maximum(spread, _FLATTEST)
    picture += camera.exposure[:, None]
    shade = (frame.x * frame.x + frame.y * frame.y) * (camera.vignette * 0.5)
    picture *= (1 - shade)[:, None]
    picture += (draws.grain("grain", picture.shape[-1]) * camera.noise)[:, None]
    return picture
