"""The frames of a study: their columns, in order, and what each holds.

Every frame starts with the key columns of the run that a row belongs to. Losses are mean binary
cross-entropies in nats, distances and norms Euclidean, times in seconds, shares between 0 and 1.
"""

import math
from collections.abc import Collection

import pandas as pd
from pandas.api.types import is_bool_dtype, is_integer_dtype, is_numeric_dtype, is_string_dtype

from study.errors import StoreError

TEXT, WHOLE, REAL = "text", "whole number", "number"

KEYS = {
    "id": TEXT,
    "batch_size": WHOLE,
    "learning_rate": REAL,
    "seed": WHOLE,
    "replicas": WHOLE,
}

GRADIENT_NOISE = (
    "gradient_norm_squared",  # an estimate, which may be negative
    "gradient_variance_trace",
    "gradient_noise_scale",  # the ratio of the two, in examples; missing without a positive one
    "rest_norm_squared",
    "rest_variance_trace",
    "rest_noise_scale",
)

_OWN: dict[str, dict[str, str]] = {
    # one row a run; numbers are missing where a run has none
    "runs": {
        "experiment": TEXT,
        "model": TEXT,
        "image_size": WHOLE,
        "devices": TEXT,  # "CPU", "GPU", "logical CPU", "" before it has started
        "status": TEXT,  # completed, diverged, failed, running, pending
        "reason": TEXT,
        "stopped_by": TEXT,  # patience, max_epochs, schedule, target, ""
        "epochs": REAL,
        "min_val_loss": REAL,
        "epochs_to_min": REAL,  # 1-based epoch of the minimiser
        "updates_to_min": REAL,
        "examples_to_min": REAL,
        "train_loss_at_min": REAL,
        "val_accuracy_at_min": REAL,
        "seconds_per_epoch": REAL,  # median after the first epoch, training and validation
        "train_seconds_per_epoch": REAL,
        "validation_seconds_per_epoch": REAL,
        "first_epoch_seconds": REAL,
        "seconds_to_min": REAL,  # medians of epochs, so that no standstill counts
        "pictures_per_second": REAL,  # training part of an epoch
        "distance_from_init": REAL,  # of the minimiser
        "median_update_norm": REAL,  # over all batches of the run
        "sharpness": REAL,  # full space, epsilon 1e-3, mean of the trials
    },
    "epochs": {
        "epoch": WHOLE,
        "updates": WHOLE,
        "examples": WHOLE,
        "loss": REAL,  # mean over the examples while the epoch trains
        "accuracy": REAL,
        "val_loss": REAL,
        "val_accuracy": REAL,
        "epoch_distance": REAL,
        "distance_from_init": REAL,
        "update_norm_median": REAL,
        "train_seconds": REAL,
        "validation_seconds": REAL,
        # of runs with a recipe
        "epoch_batch_size": REAL,
        "epoch_learning_rate": REAL,  # mean over the updates of the epoch
        "noise_scale": REAL,  # Smith's g
        # McCandlish's gradient noise scale, of runs whose recipe asks for it: from consecutive
        # steps, and at rest after the epoch
        **dict.fromkeys(GRADIENT_NOISE, REAL),
    },
    # the runs of each condition that an experiment compares; a run may belong to several
    "conditions": {"condition": TEXT},
    "layer_distances": {"layer": TEXT, "order": WHOLE, "distance": REAL},
    "update_norms": {"bin_left": REAL, "bin_right": REAL, "count": WHOLE},
    "sharpness": {
        "epsilon": REAL,
        "space": TEXT,  # full, subspace, adaptive, authors
        "trial": WHOLE,
        "sharpness": REAL,
        "base_loss": REAL,
        "max_loss": REAL,
        "evaluations": WHOLE,
        "status": TEXT,
        "examples": WHOLE,
        "base_accuracy": REAL,  # at the same weights, on the same pictures as base_loss
        "active_share": REAL,  # coordinates of the maximum that lie at the bound of the box
        "search": REAL,  # callbacks.box.SEARCH_VERSION; missing: 1
    },
    # full space, epsilon 1e-3, where the training loss first fell below levels of a fixed grid
    "sharpness_along": {
        "level": REAL,  # the lowest that the loss fell below in this epoch
        "epoch": WHOLE,
        "loss": REAL,  # as in epochs
        "base_loss": REAL,
        "sharpness": REAL,
        "evaluations": WHOLE,
        "examples": WHOLE,
        "search": REAL,  # as in sharpness
    },
    # keys are those of the large-batch run
    "interpolation": {
        "small_id": TEXT,
        "small_batch_size": WHOLE,
        "alpha": REAL,
        "split": TEXT,  # train, validation
        "loss": REAL,
        "accuracy": REAL,
        "examples": WHOLE,
    },
    "landscape": {
        "alpha": REAL,
        "beta": REAL,
        "loss": REAL,
        "examples": WHOLE,
        "direction_seed": WHOLE,
    },
    # without filter normalisation, along directions that runs with equal initial weights share
    "landscape_plain": {
        "alpha": REAL,
        "beta": REAL,
        "loss": REAL,
        "examples": WHOLE,
        "direction_seed": WHOLE,
        "direction_norm": REAL,  # of each direction
        "weight_norm": REAL,  # of the kernels in the middle
    },
    # lines through a minimiser, and through other weights of the same function
    "rescaling": {
        "factor": REAL,  # 1: the minimiser itself
        "normalisation": TEXT,  # filters, none
        "alpha": REAL,
        "loss": REAL,
        "examples": WHOLE,
    },
    # the weights along a run: on the plane of their first two principal components
    "trajectory": {
        "epoch": WHOLE,  # 0: the initial weights
        "alpha": REAL,
        "beta": REAL,
        "step": REAL,  # distance from the point before, in the space of all weights
    },
    "trajectory_components": {
        "component": WHOLE,  # 1: the largest
        "share": REAL,  # of the variance
        "random_walk": REAL,  # that of a random walk with steps as long, in many dimensions
    },
    "trajectory_plane": {"alpha": REAL, "beta": REAL, "loss": REAL, "examples": WHOLE},
    "gradient_norms": {
        "at": TEXT,  # initial, minimiser
        "mean_example_norm": REAL,
        "batch_norm": REAL,  # mean over batches of the norm of the batch's mean gradient
        "norm_of_mean": REAL,
        "batches": WHOLE,
    },
    # how a finished run was made: a row for each stretch of epochs under the same circumstances
    "circumstances": {
        "first_epoch": WHOLE,
        "last_epoch": WHOLE,
        "threads": WHOLE,  # of its process, 0: left to TensorFlow
        "jobs": WHOLE,  # runs side by side
        "cpu": TEXT,
        "cores": WHOLE,  # that the process might use
        "memory_bytes": REAL,
        "gpus": TEXT,
        "commit": TEXT,  # of this project; "" before these were recorded
    },
    # measurements that failed; those of failed runs are not tried
    "failures": {
        "measurement": TEXT,  # measure (of the minimiser), compare (with another one)
        "reason": TEXT,
    },
}

# columns that are missing (numbers) or empty (texts) where nothing had them yet, with their place
# after the others
_OPTIONAL = {
    "epochs": ("epoch_batch_size", "epoch_learning_rate", "noise_scale", *GRADIENT_NOISE),
    "sharpness": ("base_accuracy", "active_share", "search"),
    "sharpness_along": ("search",),
    "circumstances": ("commit",),
}

FRAMES: dict[str, dict[str, str]] = {name: {**KEYS, **own} for name, own in _OWN.items()}

_DTYPES = {TEXT: "str", WHOLE: "int64", REAL: "float64"}


def empty_frame(name: str) -> pd.DataFrame:
    """A frame of that name without rows, its columns typed."""
    return pd.DataFrame(
        {column: pd.Series(dtype=_DTYPES[kind]) for column, kind in FRAMES[name].items()}
    )


def column_problem(name: str, frame: pd.DataFrame, leave_out: Collection[str] = ()) -> str:
    """What is wrong with the columns of ``frame``; "" where all are there and of their types.

    Args:
        name: of the frame that it is, or is a part of.
        frame: as it was read.
        leave_out: columns that it need not have.
    """
    needed = [column for column in FRAMES[name] if column not in leave_out]
    optional = _OPTIONAL.get(name, ())
    missing = [column for column in needed if column not in frame and column not in optional]
    if missing:
        return f"lacks the columns {', '.join(missing)}"
    for column in needed:
        kind = FRAMES[name][column]
        if column in frame and not _holds(frame[column], kind):
            return f"holds {frame[column].dtype} in the column {column}, expected {_DTYPES[kind]}"
    return ""


def _holds(values: pd.Series, kind: str) -> bool:
    if kind == TEXT:
        return is_string_dtype(values) or values.isna().all()
    if not is_numeric_dtype(values) or is_bool_dtype(values):
        # a column without any number is read back as one of objects
        return kind == REAL and bool(values.isna().all())
    return kind == REAL or is_integer_dtype(values) or bool((values % 1 == 0).all())


def typed_frame(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """``frame`` with the declared columns in the declared order and types.

    Raises:
        StoreError: a column is missing or holds something else.
    """
    if frame.empty and not len(frame.columns):
        return empty_frame(name)
    columns = FRAMES[name]
    added = [column for column in _OPTIONAL.get(name, ()) if column not in frame.columns]
    frame = frame.assign(
        **{column: "" if columns[column] == TEXT else math.nan for column in added}
    )
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        raise StoreError(
            f"the stored results {name!r} lack the columns {', '.join(missing)}; they were made by "
            "another version or edited. Delete them and call 'python -m study report' again."
        )
    try:
        return frame[list(columns)].astype(
            {column: _DTYPES[kind] for column, kind in columns.items()}
        )
    except (TypeError, ValueError) as error:
        raise StoreError(
            f"the stored results {name!r} hold something unexpected ({error}); they were edited. "
            "Delete them and call 'python -m study report' again."
        ) from error
