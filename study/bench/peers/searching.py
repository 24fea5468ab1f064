"""Counts what the search for epsilon-sharpness needs, each a job."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras

from callbacks.objective import MeanLoss
from callbacks.sharpness import epsilon_sharpness, measure_sharpness
from study.bench.laps import Laps
from study.bench.peers.measuring import set_up
from study.data.load import open_prepared
from study.measure.minimiser import first_of
from study.train.batches import Examples
from study.train.devices import prepare_devices
from study.train.network import measured_model
from study.train.run import split_examples
from study.train.settings import run_settings_from_dict
from study.train.stored_weights import load_measured

_FULL_SEARCH = 200
# enough starts and iterations that the limit of evaluations is what ends the search
_MANY: dict[str, Any] = {"max_iterations": 40, "restarts": 60}
_SHARE = 0.99


def sharpness_evaluations(options: dict[str, Any], laps: Laps) -> None:
    """Trains a little, then counts the evaluations that the search needs for 99 % of the rise.

    One lap a seed of the search; the most that 200 evaluations from many starts find is the
    measure. ``evaluations`` is None where the default search did not get so far.
    """
    model, train, _ = set_up(options)
    model.fit(
        train.images,
        train.labels,
        batch_size=options["run"]["batch_size"],
        epochs=options["epochs"],
        # the split has mixed them already
        shuffle=False,
        verbose=0,
    )
    search = _Search(model, train, options["examples"])
    laps.ready()
    seed = 0
    while True:
        laps.lap(**search.count(seed))
        seed += 1


def sharpness_evaluations_at_minimisers(options: dict[str, Any], laps: Laps) -> None:
    """The same at the minimisers of a study's runs; one lap a minimiser."""
    devices = prepare_devices(1, options["threads"], False)
    train, _ = split_examples(open_prepared(Path(options["data"])))
    counts = (
        _Search(model, train, options["examples"]).count(seed=0)
        for model in _minimisers(options, devices)
    )
    laps.ready()
    for count in counts:
        laps.lap(**count)


def _minimisers(options: dict[str, Any], devices: Any) -> Iterator[keras.Model]:
    for folder, run in zip(options["folders"], options["runs"], strict=True):
        model = measured_model(run_settings_from_dict(run), devices)
        load_measured(Path(folder), model, options["at"])
        yield model


class _Search:
    """At the weights of a model: what many starts find, and when a search has 99 % of it."""

    def __init__(self, model: keras.Model, train: Examples, count: int) -> None:
        self._model, self._data = model, first_of(train, count)
        self._full = epsilon_sharpness(
            model, *self._data, seed=1000, max_evaluations=_FULL_SEARCH, **_MANY
        )

    def count(self, seed: int) -> dict[str, Any]:
        full, objective = self._full, _Recording(self._model, *self._data)
        found = measure_sharpness(objective, seed=seed)
        highest = max(full.max_loss, found.max_loss)
        enough = full.base_loss + _SHARE * (highest - full.base_loss)
        needed = [n for n, value in enumerate(objective.values, 1) if value >= enough]
        return {
            "evaluations": needed[0] if needed else None,
            "share": (found.max_loss - full.base_loss) / (highest - full.base_loss),
            "made": found.evaluations,
            "loss": full.base_loss,
            "full_evaluations": full.evaluations,
        }


class _Recording(MeanLoss):
    """Remembers every value in order."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.values: list[float] = []

    def value_and_gradient(self, weights: Any) -> Any:
        value, slope = super().value_and_gradient(weights)
        self.values.append(value)
        return value, slope
