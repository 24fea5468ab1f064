"""Where a climb along the signs of its gradients goes next."""

import numpy as np

from callbacks.vectors import Vector

# Steps along signs: from face to face at first, halved after each that does not lead up.
LONGEST_STEP, SHORTEST_STEP = 2.0, 2.0**-6
# How much of a step goes where the signs point; the rest goes on as the step before.
MOMENTUM = 0.75
# Steps end when so many of them together add less than this share of the rise so far.
FEW_STEPS, LEAST_GAIN_OF_STEPS = 4, 1e-3


class SignSteps:
    """Steps along the signs of a gradient within the box [-1, 1]^n, with momentum.

    Those of Croce and Hein 2020 (Auto-PGD), who look for the highest loss in a box about a picture,
    with another rule for the length of a step. The loss of a network in a small box about its
    weights has its maxima at corners or near them, and the sign of each entry says which way its
    corner lies; how large it is says little.

    Args:
        start: float64 (size,).
    """

    def __init__(self, start: Vector) -> None:
        # the highest so far, and where the step to it came from: itself if there was none
        self._place = self._before = start
        self._gradient = np.zeros(0)
        self._step = LONGEST_STEP
        # the highest value after each point
        self._course: list[float] = []
        self._ended = False

    def next_place(self) -> Vector | None:
        """The start at first; None where the steps have ended."""
        if not self._course or self._ended:
            return None if self._ended else self._place
        aim = np.clip(self._place + self._step * np.sign(self._gradient), -1, 1)
        if self._before is not self._place:
            onward = self._place - self._before
            aim = self._place + MOMENTUM * (aim - self._place) + (1 - MOMENTUM) * onward
        place = np.clip(aim, -1, 1)
        return None if np.array_equal(place, self._place) else place

    def arrive(self, place: Vector, value: float, gradient: Vector, base: float) -> None:
        """Goes on from a place that is higher, or from the highest with half the step.

        Args:
            place: as ``next_place`` gave it.
            value: of the function there.
            gradient: likewise, float64 (size,).
            base: the value that rises are counted from.
        """
        highest = self._course[-1] if self._course else -np.inf
        if value > highest:
            self._before = self._place if self._course else place
            self._place, self._gradient = place, gradient
        else:
            self._step /= 2
            self._before = self._place
        self._course.append(max(value, highest))
        self._ended = self._step < SHORTEST_STEP or self._adds_little(base)

    def _adds_little(self, base: float) -> bool:
        if len(self._course) <= FEW_STEPS:
            return False
        gain = self._course[-1] - self._course[-1 - FEW_STEPS]
        return gain < LEAST_GAIN_OF_STEPS * (self._course[-1] - base)
