"""A model's weights, grouped by layer and seen as flat vectors."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np


@dataclass(frozen=True)
class LayerWeights:
    """The weights of one layer.

    Attributes:
        name: the layer's name, unique in the model; that of a layer within a nested model is
            preceded by the nested model's name and a slash.
        variables: its Keras variables, in the layer's order.
    """

    name: str
    variables: tuple[Any, ...]

    def flat(self) -> np.ndarray:
        """A copy of the present values on the host: one vector (size,), see ``flatten``."""
        return flatten([variable.numpy() for variable in self.variables])


def layer_weights(model: Any, include_non_trainable: bool = False) -> tuple[LayerWeights, ...]:
    """Groups a built model's weights by layer, in the order of ``model.layers``.

    Models within the model are entered; any other layer is one group, with all the layers it is
    made of. A weight that several layers share belongs to the first of them. Weights that a
    model owns itself form a group of the model's name, after its layers. Layers without weights
    of the kind asked for are left out.

    Args:
        model: a built Keras model.
        include_non_trainable: also frozen weights and those no optimizer touches, such as the
            moving averages of batch normalisation.
    """
    wanted = {id(weight) for weight in weights_of(model, include_non_trainable)}
    groups: dict[str, tuple[Any, ...]] = {}
    for name, layer in _named_layers(model, ""):
        # ids of weights already grouped are taken out, so that none counts twice
        own = tuple(weight for weight in layer.weights if id(weight) in wanted)
        wanted -= {id(weight) for weight in own}
        if own:
            groups[_unused(name, groups)] = own
    return tuple(LayerWeights(name, variables) for name, variables in groups.items())


def weights_of(model: Any, include_non_trainable: bool = False) -> list[Any]:
    """The model's trainable weights or all of them, in Keras's order."""
    return list(model.weights if include_non_trainable else model.trainable_weights)


def check_complete(model: Any, known: int) -> None:
    """Makes sure that the model has made no weights since it had ``known`` of them.

    Raises:
        ValueError: it has.
    """
    present = len(model.weights)
    if present != known:
        raise ValueError(
            f"model {model.name!r} had {known} weights when training began and has {present} now; "
            "build it before fit: call it on a batch."
        )


def flatten(values: Sequence[np.ndarray]) -> np.ndarray:
    """One vector of all values, a copy.

    Args:
        values: arrays of any shapes and dtypes.

    Returns:
        Shape (size,), each array row by row, of their common dtype; float64 where there is none.
    """
    flat = [np.ravel(value) for value in values]
    try:
        return np.concatenate(flat)
    except np.exceptions.DTypePromotionError:
        # bfloat16 beside the whole numbers that some layers count in
        return np.concatenate([value.astype(np.float64) for value in flat])


def squared_distance(after: np.ndarray, before: np.ndarray) -> float:
    """Squared Euclidean distance of two vectors of shape (size,) and any dtype, in float64.

    Weights that are no longer finite give a distance that is not finite either, in silence.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        return float(np.sum(np.square(after.astype(np.float64) - before.astype(np.float64))))


def _named_layers(model: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    for layer in model.layers:
        name = f"{prefix}{layer.name}"
        if isinstance(layer, keras.Model):
            yield from _named_layers(layer, f"{name}/")
        else:
            yield name, layer
    yield prefix.rstrip("/") or model.name, model


def _unused(name: str, taken: dict[str, Any]) -> str:
    number, candidate = 1, name
    while candidate in taken:
        candidate = f"{name}_{number}"
        number += 1
    return candidate
