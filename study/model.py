"""The article's network and its published variants, for any picture size divisible by 32."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from study.errors import SettingsError

if TYPE_CHECKING:
    import keras

FILTERS = (4, 8, 16, 32, 64)
HIDDEN_UNITS = (256, 256)
_SEEDS_PER_RUN = 1000


@dataclass(frozen=True)
class ModelVariant:
    """One published version of the article's script.

    Attributes:
        summary: what distinguishes it, in a line.
        pool_dropout: share dropped after each pooling.
        dense_dropout: share dropped after each hidden dense layer.
        batch_normalisation: between each convolution and its ReLU; the article's text does not
            say where its version puts it, this is the usual place.
    """

    summary: str
    pool_dropout: float = 0.0
    dense_dropout: float = 0.0
    batch_normalisation: bool = False


VARIANTS = {
    "plain": ModelVariant("the network of the article's text, without dropout"),
    "dropout": ModelVariant("dropout 0.2 after each pooling and each hidden dense layer", 0.2, 0.2),
    "batch-normalisation": ModelVariant(
        "batch normalisation after each convolution, dropout 0.7 after each hidden dense layer",
        dense_dropout=0.7,
        batch_normalisation=True,
    ),
}


def get_variant(name: str) -> ModelVariant:
    """Looks a variant up by name.

    Raises:
        SettingsError: there is none of that name.
    """
    if name not in VARIANTS:
        raise SettingsError(f"unknown model {name!r}; expected one of {', '.join(VARIANTS)}.")
    return VARIANTS[name]


def check_image_size(image_size: int) -> None:
    """Five poolings halve the picture, so its side has to be a multiple of 32.

    Raises:
        SettingsError: it is not.
    """
    if image_size < 32 or image_size % 32:
        raise SettingsError(
            f"image size {image_size} does not fit five 2x2 poolings; "
            "expected a multiple of 32, such as 32, 64 or 128."
        )


def build_model(
    image_size: int,
    variant: str = "plain",
    seed: int = 0,
    normalisation: str = "",
    ghost_size: int | None = None,
    momentum: float = 0.99,
) -> "keras.Model":
    """Builds the network, not compiled.

    Five times [convolution 3x3 same, ReLU, max-pooling 2x2] with 4 to 64 filters, two dense
    layers of 256 ReLU units, one sigmoid unit: 353,161 parameters at 128 pixels, as in the
    article. Its input is uint8 (batch, image_size, image_size, 3), scaled to [0, 1] inside, its
    output float32 (batch, 1). Kernels are Glorot-uniform, a pure function of ``seed`` and the
    layer; so are the dropout masks of ``seed``, the layer and the step.

    ``normalisation`` between each convolution and its ReLU is "" (as the variant has it), "batch",
    or "ghost": over ghosts of ``ghost_size`` rows; its moving averages keep ``momentum`` after
    each batch or ghost.

    Raises:
        SettingsError: ``image_size`` is not a multiple of 32 or ``variant`` is unknown.
    """
    import keras

    check_image_size(image_size)
    design = get_variant(variant)
    layers = keras.layers
    normalise = design.batch_normalisation or normalisation != ""
    value = inputs = keras.Input((image_size, image_size, 3), dtype="uint8", name="pictures")
    value = layers.Rescaling(1 / 255, name="rescaling")(value)
    for index, filters in enumerate(FILTERS, start=1):
        activation = None if normalise else "relu"
        value = layers.Conv2D(
            filters,
            3,
            padding="same",
            activation=activation,
            kernel_initializer=_glorot(seed, index),
            name=f"conv_{index}",
        )(value)
        if normalise:
            value = _normalisation(ghost_size, momentum, f"norm_{index}")(value)
            value = layers.ReLU(name=f"relu_{index}")(value)
        value = layers.MaxPooling2D(name=f"pool_{index}")(value)
        value = _dropout(value, design.pool_dropout, seed, f"pool_dropout_{index}", index)
    value = layers.Flatten(name="flatten")(value)
    for index, units in enumerate(HIDDEN_UNITS, start=1):
        value = layers.Dense(
            units,
            activation="relu",
            kernel_initializer=_glorot(seed, 10 + index),
            name=f"dense_{index}",
        )(value)
        value = _dropout(value, design.dense_dropout, seed, f"dense_dropout_{index}", 10 + index)
    outputs = layers.Dense(
        1, activation="sigmoid", kernel_initializer=_glorot(seed, 20), name="output"
    )(value)
    return keras.Model(inputs, outputs, name=variant.replace("-", "_"))


def describe_model(model: "keras.Model") -> list[dict[str, Any]]:
    """Lists the layers: name, kind, output shape without the batch axis, parameters."""
    return [
        {
            "name": layer.name,
            "kind": type(layer).__name__,
            "output_shape": [int(size) for size in layer.output.shape[1:]],
            "parameters": int(layer.count_params()),
        }
        for layer in model.layers
    ]


def _glorot(seed: int, index: int) -> "keras.initializers.Initializer":
    import keras

    return keras.initializers.GlorotUniform(seed=seed * _SEEDS_PER_RUN + index)


def _normalisation(ghost_size: int | None, momentum: float, name: str) -> "keras.layers.Layer":
    import keras

    from study.layers.ghost_batch_normalisation import GhostBatchNormalization

    if ghost_size is not None:
        return GhostBatchNormalization(ghost_size, momentum, name=name)
    # statistics over the whole batch, whatever the number of replicas
    return keras.layers.BatchNormalization(momentum=momentum, synchronized=True, name=name)


def _dropout(value: Any, rate: float, seed: int, name: str, index: int) -> Any:
    from study.layers.replica_dropout import ReplicaDropout

    if rate == 0:
        return value
    return ReplicaDropout(rate, seed=seed * _SEEDS_PER_RUN + 500 + index, name=name)(value)
