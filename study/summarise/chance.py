"""Runs that came to no lower validation loss than chance, or fell back to it."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

_MARGIN = 0.98
_STANDARD_ERRORS = 2
# such a run may know its training pictures all the same
STAYED = "never left chance level by validation loss"
FELL_BACK = "fell back to chance level"


@dataclass(frozen=True)
class Chance:
    """What a net comes to that knows the shares of the classes and nothing else.

    Attributes:
        loss: the validation loss from which on a net did no better (``chance_loss``).
        accuracy: the validation accuracy up to which it did no better: the larger share of the
            training classes and two standard errors of as many validation pictures.
    """

    loss: float
    accuracy: float

    @classmethod
    def of(cls, data: Any) -> "Chance":
        """Of what study.json knows of the data; see ``chance_loss``."""
        counts = _counts(data, "train_by_class") or _counts(data, "examples_by_class")
        share = max(counts) / sum(counts) if counts else 0.5
        pictures: Any = data.get("validation_examples") if isinstance(data, Mapping) else None
        usable = type(pictures) is int and pictures > 0
        error = math.sqrt(share * (1 - share) / pictures) if usable else 0.0
        return cls(chance_loss(data), share + _STANDARD_ERRORS * error)

    def stayed(self, lowest_loss: float | None) -> bool:
        """Whether a run's validation loss never left chance, where plain SGD starts (``STAYED``).

        Its accuracy may be above chance by then, on the training pictures well above; its weights
        are taken for no minimiser all the same.
        """
        return lowest_loss is not None and lowest_loss >= self.loss

    def guesses(self, loss: float | None, accuracy: float | None) -> bool:
        """Whether weights do no better than chance: by their loss, and by their accuracy.

        Of the last weights of a run both must say so: a net that is too sure of itself has a
        high loss and predicts well, and a loss that is not finite says nothing.
        """
        if loss is None or accuracy is None:
            return False
        return loss >= self.loss and accuracy <= self.accuracy


def at_chance(losses: ArrayLike, chance: float) -> np.ndarray:
    """Which epochs a run spent at chance level, shape (k,), bool.

    Args:
        losses: shape (k,), the mean training loss of each epoch; NaN is not at chance.
        chance: the loss from which on a net does no better, ``chance_loss``.
    """
    return np.asarray(losses, np.float64) >= chance


def share_at_chance(counts: ArrayLike, losses: ArrayLike, until: float, chance: float) -> float:
    """The share of a run's first ``until`` updates that it made in epochs at chance level.

    Args:
        counts: shape (k,), rising: updates made by the end of each epoch.
        losses, chance: as in :func:`at_chance`.
        until: for example those to the target; NaN gives NaN.
    """
    made = np.diff(np.minimum(np.asarray(counts, np.float64), until), prepend=0.0)
    return float(made[at_chance(losses, chance)].sum() / until)


def chance_loss(data: Any) -> float:
    """The validation loss from which on a run did no better than chance.

    The best constant prediction is the share of the classes, whose cross-entropy is the entropy
    of these shares: ln 2 for two classes of equal size. Losses within 2 % of it count.

    Args:
        data: what study.json knows of the data: ``train_by_class``, or ``examples_by_class`` of
            studies made before that was stored. Without usable counts the classes count as of
            equal size.
    """
    counts = _counts(data, "train_by_class") or _counts(data, "examples_by_class")
    if not counts:
        return _MARGIN * math.log(2)
    total = sum(counts)
    return _MARGIN * -sum(count / total * math.log(count / total) for count in counts)


def _counts(data: Any, name: str) -> list[float]:
    """The classes' counts, [] unless there are two or more, all positive."""
    values = data.get(name) if isinstance(data, Mapping) else None
    found = list(values.values()) if isinstance(values, Mapping) else []
    usable = all(type(count) in (int, float) and 0 < count < math.inf for count in found)
    return found if usable and len(found) > 1 else []
