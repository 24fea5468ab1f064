"""The numbers of Keskar's remedies, without TensorFlow; ``remedy_models`` trains with them."""

import math
from dataclasses import dataclass

from study.errors import SettingsError


@dataclass(frozen=True)
class Augmentation:
    """How far pictures are changed.

    Defaults are those of Keskar et al. 2017, section 4.1: reflection, rotation up to 10 degrees,
    shift up to 0.2 of the size.

    Attributes:
        reflect: mirror every second picture, on average, left to right.
        degrees: largest rotation either way.
        shift: largest shift along each axis, as a share of the side.
    """

    reflect: bool = True
    degrees: float = 10.0
    shift: float = 0.2

    def check(self) -> None:
        """Refuses what is none.

        Raises:
            SettingsError: a number is out of its range.
        """
        if not (0 <= self.degrees <= 180 and 0 <= self.shift < 1):
            raise SettingsError(
                f"augmentation with rotations up to {self.degrees} degrees and shifts up to "
                f"{self.shift}; expected 0 to 180, and from 0 to below 1."
            )


@dataclass(frozen=True)
class RobustTraining:
    """Pictures moved against the model (fast gradient sign, Goodfellow et al. 2015).

    Attributes:
        epsilon: largest change of a value, on the scale from 0 to 1.
        clean_share: weight of the loss of the pictures as they are; the rest is that of the moved
            ones. 0.5 is what Goodfellow et al. recommend.
    """

    epsilon: float = 0.01
    clean_share: float = 0.5

    def check(self) -> None:
        """Refuses what is none.

        Raises:
            SettingsError: a number is out of its range.
        """
        if not (0 < self.epsilon <= 1 and 0 <= self.clean_share < 1):
            raise SettingsError(
                f"robust training with epsilon {self.epsilon} and a clean share of "
                f"{self.clean_share}; expected above 0 to 1, and from 0 to below 1."
            )


@dataclass(frozen=True)
class ConservativeTraining:
    """Each batch is a sub-problem that stays near the weights before it.

    A few steps of the optimizer on ``loss + penalty / 2 * |w - w_k|^2`` from w_k, the weights
    before the batch (Keskar et al. 2017, section 4.2; Li et al. 2014).

    Attributes:
        penalty: lambda; 1e-3 in the paper.
        steps: of the optimizer for each batch; 3 in the paper. ``optimizer.iterations`` counts
            them all.
    """

    penalty: float = 1e-3
    steps: int = 3

    def check(self) -> None:
        """Refuses what is none.

        Raises:
            SettingsError: a number is out of its range.
        """
        if not 0 <= self.penalty < math.inf or self.steps != max(int(self.steps), 1):
            raise SettingsError(
                f"conservative training with penalty {self.penalty} and {self.steps} steps a "
                "batch; expected 0 or more, and a whole number from 1."
            )


Remedy = Augmentation | RobustTraining | ConservativeTraining


def check_remedy(remedy: Remedy) -> None:
    """Refuses what cannot be trained.

    Raises:
        SettingsError: a number is out of its range.
    """
    if not isinstance(remedy, Remedy):
        raise SettingsError(
            f"{remedy!r} is no remedy; expected an Augmentation, a RobustTraining or a "
            "ConservativeTraining."
        )
    remedy.check()
