"""Embedded pictures: procedural cats and dogs, drawn by numpy from (seed, index) alone.

The label (cat 0, dog 1) decides anatomy only; pose, coat, light, surroundings, occlusion and
camera are drawn by the same law for both. ``VERSION`` changes whenever a picture does, and
belongs into the data's fingerprint.
"""

from study.data.embedded.drawing import SMALLEST_SIZE, VERSION, draw_picture, draw_pictures

__all__ = ["SMALLEST_SIZE", "VERSION", "draw_picture", "draw_pictures"]
