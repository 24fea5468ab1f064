"""Lists of numbers as they are typed: "1,2,4" or "1 2 4"."""

import math
from collections.abc import Sequence

from study.errors import SettingsError


def whole_numbers(given: Sequence[str], option: str) -> tuple[int, ...]:
    """Reads "1,2,4" or "1 2 4": ascending, each once.

    Raises:
        SettingsError: something else came.
    """
    pieces = _pieces(given)
    if not pieces or any(not piece.strip().isdecimal() or int(piece) < 1 for piece in pieces):
        raise SettingsError(
            f"{option} {' '.join(given)!r}; expected whole numbers above 0, such as 1,2,4."
        )
    return tuple(sorted({int(piece) for piece in pieces}))


def positive_numbers(given: Sequence[str], option: str) -> tuple[float, ...]:
    """Reads "0.01,0.08" or "0.01 0.08": ascending, each once.

    Raises:
        SettingsError: something else came.
    """
    try:
        found = {float(piece) for piece in _pieces(given)}
    except ValueError:
        found = set()
    if not found or not all(0 < number < math.inf for number in found):
        raise SettingsError(
            f"{option} {' '.join(given)!r}; expected numbers above 0, such as 0.01,0.08."
        )
    return tuple(sorted(found))


def numbers_in_order(given: Sequence[str], option: str) -> tuple[int, ...]:
    """Reads "32,64" or "32 64" as it came, whole numbers of any kind, each as often.

    Raises:
        SettingsError: something else came.
    """
    try:
        return tuple(map(int, _pieces(given)))
    except ValueError as error:
        raise SettingsError(
            f"{option} {' '.join(given)!r}; expected whole numbers, such as 32,256."
        ) from error


def _pieces(given: Sequence[str]) -> list[str]:
    return [piece for word in given for piece in str(word).split(",") if piece.strip()]
