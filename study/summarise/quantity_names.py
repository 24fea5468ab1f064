"""Names of quantities, those of single layers among them."""

from study.experiments.quantities import QUANTITIES, Quantity

LAYER = "distance:"


def quantity_named(name: str) -> Quantity:
    """The declared quantity; ``distance:<layer>`` is the distance of one layer."""
    if name.startswith(LAYER):
        return QUANTITIES["distance_from_init"]
    return QUANTITIES[name]


def layer_quantity(layer: str) -> str:
    """Name of the quantity "distance from initialisation of this layer"."""
    return LAYER + layer
