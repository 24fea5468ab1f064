"""The article's network, and its published variants, in PyTorch."""

from typing import Any

from study.model import FILTERS, HIDDEN_UNITS, get_variant


def torch_model(torch: Any, image_size: int, model: str = "plain") -> Any:
    """The network up to the logit, its layers in the order of the Keras model.

    Args:
        torch: the package.
        image_size: pixels a side, a multiple of 32.
        model: a name of ``study.model.VARIANTS``.

    Returns:
        A ``Sequential`` that maps float32 (rows, 3, size, size) in [0, 1] to logits (rows, 1).

    Raises:
        SettingsError: there is none of that name.
    """
    design, nn = get_variant(model), torch.nn
    parts, channels = [], 3
    for filters in FILTERS:
        parts.append(nn.Conv2d(channels, filters, 3, padding=1))
        if design.batch_normalisation:
            # Keras's constants: its averages keep 0.99, where PyTorch says what is taken anew
            parts.append(nn.BatchNorm2d(filters, eps=1e-3, momentum=0.01))
        parts += [nn.ReLU(), nn.MaxPool2d(2)]
        if design.pool_dropout:
            parts.append(nn.Dropout(design.pool_dropout))
        channels = filters
    parts.append(nn.Flatten())
    width = channels * (image_size // 2 ** len(FILTERS)) ** 2
    for units in HIDDEN_UNITS:
        parts += [nn.Linear(width, units), nn.ReLU()]
        if design.dense_dropout:
            parts.append(nn.Dropout(design.dense_dropout))
        width = units
    return nn.Sequential(*parts, nn.Linear(width, 1))
