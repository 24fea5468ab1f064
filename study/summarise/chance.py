"""The loss of a net that has learnt nothing but how frequent the classes are."""

import math
from collections.abc import Mapping
from typing import Any

_MARGIN = 0.98


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
