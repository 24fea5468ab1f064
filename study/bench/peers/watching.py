"""Training with and without callbacks in turn: one process, one model."""

from typing import Any

import keras

from callbacks import BatchUpdateNorm, EpochDistance, EpochTiming
from study.bench.laps import Laps
from study.bench.peers.training import training_fit

# laps of half a second: what else the machine does then meets both sides of a turn
_MOST_PICTURES = 2560


class _CopyEveryBatch(keras.callbacks.Callback):
    """What one would write first: the norm of each update, by copying weights to the host."""

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        self.norms: list[float] = []
        self._before = self.model.get_weights()

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        now = self.model.get_weights()
        squares = sum(float(((a - b) ** 2).sum()) for a, b in zip(now, self._before, strict=True))
        self.norms.append(squares**0.5)
        self._before = now


class _SecondEpoch(keras.callbacks.Callback):
    """Makes the second epoch of a fit a lap, so that what a fit begins and ends with is left out.

    Attributes:
        side: of the lap to come.
    """

    def __init__(self, laps: Laps, pictures: int) -> None:
        super().__init__()
        self.side = 0
        self._laps, self._pictures = laps, pictures

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if epoch == 0:
            self._laps.begin()
        else:
            self.side = self._laps.lap(pictures=self._pictures)


def watchers(name: str) -> list[keras.callbacks.Callback]:
    """The callbacks called "none", "default" (those of every run) or "copying"."""
    if name == "default":
        return [EpochTiming(), EpochDistance(), BatchUpdateNorm()]
    return {"none": list[keras.callbacks.Callback](), "copying": [_CopyEveryBatch()]}[name]


def callbacks_in_turn(options: dict[str, Any], laps: Laps) -> None:
    """Training without validation, with the callbacks that each side names in ``watch``.

    Both sides train the same model, so that they differ in the compiled step alone. Two copies of
    one step, compiled anew, differ by half a percent and more for as long as they live; so both
    sides are compiled anew after some turns.

    Args:
        options: ``sides``, the options of both: alike but for ``watch``; ``whole``: an epoch is
            one call, as in our runs, else steps are taken one by one. ``turns``: laps of each side
            before it is compiled anew.
        laps: one an epoch, with ``pictures`` (trained on).
    """
    sides = options["sides"]
    model, fit, pictures = training_fit(sides[0], sides[0]["whole"], _MOST_PICTURES)
    second = _SecondEpoch(laps, pictures)
    second.side = laps.ready()
    while True:
        # the first epoch of a fit, which is not timed, compiles
        model.train_function = None
        watching = [watchers(side["watch"]) for side in sides]
        for _ in range(2 * options["turns"]):
            fit(epochs=2, callbacks=[*watching[second.side], second])
