"""The weights that a run has stored, put back into its network."""

from pathlib import Path

import keras
import numpy as np

from study.errors import StoreError
from study.store.run_folder import BEST_WEIGHTS, END_WEIGHTS, INITIAL_WEIGHTS


def load_minimiser(folder: Path, model: keras.Model) -> list[np.ndarray]:
    """Loads the weights of the lowest validation loss into ``model`` and returns them."""
    return _load(folder / BEST_WEIGHTS, model)


def load_end(folder: Path, model: keras.Model) -> list[np.ndarray]:
    """Loads the weights after the last epoch of a run with a recipe; others keep none."""
    return _load(folder / END_WEIGHTS, model)


def load_initial(folder: Path, model: keras.Model) -> list[np.ndarray]:
    """Loads the initial weights into ``model`` and returns them."""
    return _load(folder / INITIAL_WEIGHTS, model)


def load_measured(folder: Path, model: keras.Model, at: str) -> list[np.ndarray]:
    """Loads the weights that an experiment measures: "minimum" or "end", as it declares."""
    return {"minimum": load_minimiser, "end": load_end}[at](folder, model)


def _load(path: Path, model: keras.Model) -> list[np.ndarray]:
    # the same layers without an optimizer: the file may hold the variables of another one
    network = keras.Model(model.inputs, model.outputs)
    try:
        network.load_weights(path)
    except (OSError, ValueError, KeyError) as error:
        raise StoreError(
            f"the weights {path} cannot be read ({error}); delete the folder {path.parent} to "
            "make this run again."
        ) from error
    return model.get_weights()
