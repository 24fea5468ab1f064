"""A base for the groups of numbers that describe one picture each."""

from dataclasses import fields
from typing import Self

import numpy as np

from study.data.embedded.draws import Floats


class Parameters:
    """Base of frozen dataclasses whose fields are arrays with one row a picture.

    Fields are (N,) for numbers and (N, 3) for colours (red, green, blue in [0, 1]).
    """

    def block(self, rows: slice) -> Self:
        """Return the rows, shaped to broadcast over pixels: (n, 1, 1) and (n, 3, 1, 1)."""
        values = {
            field.name: getattr(self, field.name)[rows][..., None, None]
            for field in fields(self)  # type: ignore[arg-type]
        }
        return type(self)(**values)


def lerp(start: Floats | float, end: Floats | float, share: Floats) -> Floats:
    """Return start + (end - start) * share, float32."""
    return np.asarray(start + (end - start) * share, dtype=np.float32)
