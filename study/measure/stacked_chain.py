"""Networks that are a chain of the usual layers, laid out for several weight vectors at once."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import keras

from study.layers.pieces import NetworkInPieces
from study.measure.stacked_convolution import (
    are_pairs_worth_it,
    convolution_in_pairs,
    convolution_of_basis,
    grouped_convolution,
    is_mixing_worth_it,
    mixed_convolution,
    shared_convolution,
)
from study.measure.stacked_layers import (
    CHANNELS,
    LAYERS,
    POINTS,
    SHARED,
    Step,
    averaged_maps,
    parted_maps,
)

_ELEMENTWISE = {"linear", "relu", "relu6", "tanh", "sigmoid", "elu", "selu", "gelu", "silu"}


class Plan(NamedTuple):
    """The steps of a chain, in order.

    Attributes:
        common: of the inputs, the same for every weight vector.
        trunk: of pictures, for the weight vectors of one group.
        head: of features, likewise.
        activation: what comes after the outputs have been parted, or None: Keras hangs the logits,
            which its losses use in place of probabilities, on the very tensor that an activation
            returns.
        features: a row that the trunk gives for each weight vector; None where sizes are open.
    """

    common: list[Step]
    trunk: list[Step]
    head: list[Step]
    activation: Any
    features: int | None = None


def find_chain(model: keras.Model) -> list[keras.Layer] | None:
    """The model's layers if it is one chain of kinds that can be stacked, else None."""
    # a class of one's own may compute anything
    if not type(model).__module__.startswith("keras.") and type(model) is not NetworkInPieces:
        return None
    layers = [layer for layer in model.layers if not isinstance(layer, keras.layers.InputLayer)]
    if len(model.inputs) != 1 or not all(map(_can_stack, layers)):
        return None
    tensor = model.inputs[0]
    for layer in layers:
        # a layer used twice has no single input
        if len(layer._inbound_nodes) != 1 or layer.input is not tensor:
            return None
        tensor = layer.output
    return layers if tensor is model.outputs[0] and len(model.outputs) == 1 else None


def make_plan(layers: Sequence[keras.Layer], number: int, size: int) -> Plan:
    """How a chain is computed.

    Args:
        layers: what ``find_chain`` found.
        number: weight vectors a group.
        size: weight vectors that all others are sums of.
    """
    plan, layout, left = Plan([], [], [], None), SHARED, list(layers)
    while left:
        layer, steps = _take(left, layout, number, size)
        for step in steps:
            _part_of(plan, step.layout).append(step)
        if CHANNELS in (step.layout for step in steps):
            shape = layer.output.shape[1:]
            plan = plan._replace(features=None if None in shape else math.prod(shape))
        layout = steps[-1].layout
    part = plan.head or plan.trunk or plan.common
    last = part[-1]
    part[-1] = last._replace(activation=None)
    return plan._replace(activation=last.activation)


def _take(
    left: list[keras.Layer], layout: str, number: int, size: int
) -> tuple[keras.Layer, list[Step]]:
    """The first of the layers that are left, or the second that goes with it, and their steps."""
    layer = left.pop(0)
    if isinstance(layer, keras.layers.Conv2D):
        if layout == SHARED and is_mixing_worth_it(layer, size):
            return layer, [convolution_of_basis(layer), mixed_convolution(layer)]
        if layout == SHARED:
            return layer, [shared_convolution(layer)]
        if left and are_pairs_worth_it(layer, left[0], number):
            pooling = left.pop(0)
            return pooling, [convolution_in_pairs(layer, pooling)]
        return layer, [grouped_convolution(layer)]
    if isinstance(layer, keras.layers.GlobalAveragePooling2D) and layout == CHANNELS:
        return layer, [averaged_maps(), parted_maps(1, layer.input.shape[-1])]
    return layer, [LAYERS[_kind(layer)](layer, layout)]


def _part_of(plan: Plan, layout: str) -> list[Step]:
    if plan.head or layout == POINTS:
        return plan.head
    return plan.trunk if layout == CHANNELS else plan.common


def _kind(layer: keras.Layer) -> type:
    # dropout of any kind does nothing here; of the others a subclass may do something else
    return keras.layers.Dropout if isinstance(layer, keras.layers.Dropout) else type(layer)


def _can_stack(layer: keras.Layer) -> bool:
    known = _kind(layer) in LAYERS or type(layer) is keras.layers.Conv2D
    if not known or layer.compute_dtype != "float32" or getattr(layer, "lora_enabled", False):
        return False
    activation = getattr(layer, "activation", None)
    if activation is not None and getattr(activation, "__name__", "") not in _ELEMENTWISE:
        return False
    if getattr(layer, "data_format", "channels_last") != "channels_last":
        return False
    if getattr(layer, "keepdims", False):
        return False
    if isinstance(layer, keras.layers.Conv2D):
        return layer.groups == 1 and layer.padding in ("same", "valid")
    if isinstance(layer, keras.layers.BatchNormalization):
        return layer.axis in (-1, 3) and len(layer.input.shape) == 4
    if isinstance(layer, keras.layers.Dense):
        return len(layer.input.shape) == 2
    return True
