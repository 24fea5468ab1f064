"""Training with and without callbacks in turn: which lap is of which side, and what is timed."""

from pathlib import Path
from typing import Any

import keras
import pytest

from study.bench.grid import run_settings
from study.bench.peers import training, watching
from tests import make_peers
from tests.kept_laps import Enough, Kept
from tests.make_bench import request

dataset = make_peers.dataset


class InTurn(Kept):
    """Asks for the sides 0, 1, 1, 0 and keeps what began, and with which epochs behind it."""

    def __init__(self, seen: list[Any]) -> None:
        super().__init__()
        self._sides = iter((0, 1, 1, 0))
        self._seen = seen

    def ready(self, **facts: Any) -> int:
        super().ready(**facts)
        self._seen.clear()
        return next(self._sides)

    def begin(self) -> None:
        self._seen.append("begin")

    def lap(self, **facts: Any) -> int:
        super().lap(**facts)
        self._seen.append("lap")
        try:
            return next(self._sides)
        except StopIteration:
            raise Enough from None


def in_turn(dataset: Any, laps: InTurn, whole: bool, turns: int) -> dict[str, Any]:
    """Four laps of the sides "first" and "second"; the settings of the run."""
    run = run_settings(request(), dataset).as_dict()
    options = {"data": str(dataset.directory), "run": run, "threads": 0, "whole": whole}
    sides = [{**options, "watch": name} for name in ("first", "second")]
    with pytest.raises(Enough):
        watching.callbacks_in_turn({"sides": sides, "turns": turns}, laps)
    return run


@pytest.mark.parametrize("whole", [True, False])
def test_laps_are_second_epochs_of_the_side_that_is_asked_for(
    dataset: Any, monkeypatch: pytest.MonkeyPatch, whole: bool
) -> None:
    seen: list[Any] = []

    class Watcher(keras.callbacks.Callback):
        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

        def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
            seen.append((self.name, epoch))

    calls: list[int] = []

    class Batches(Watcher):
        def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
            calls.append(batch)

    monkeypatch.setattr(watching, "watchers", lambda name: [Batches(name)])
    laps = InTurn(seen)
    run = in_turn(dataset, laps, whole, turns=2)
    assert [lap["pictures"] for lap in laps.told[1:]] == [96] * 4
    names = ["first", "second", "second", "first"]
    assert seen == [event for name in names for event in ((name, 0), "begin", (name, 1), "lap")]
    assert len(calls) == 8 * (1 if whole else 96 // run["batch_size"])


@pytest.mark.parametrize("turns, copies", [(1, [0, 0, 1, 1]), (2, [0, 0, 0, 0])])
def test_each_pair_has_a_compiled_step_of_its_own(
    dataset: Any, monkeypatch: pytest.MonkeyPatch, turns: int, copies: list[int]
) -> None:
    functions: list[Any] = []
    watched: list[keras.callbacks.Callback] = []

    class Watcher(keras.callbacks.Callback):
        def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
            functions.append(self.model.train_function)
            watched.append(self)

    monkeypatch.setattr(watching, "watchers", lambda name: [Watcher()])
    in_turn(dataset, InTurn([]), True, turns)
    assert [list(dict.fromkeys(functions)).index(one) for one in functions] == copies
    # hooks of callbacks hold what was compiled with them: each copy has callbacks of its own
    assert len(set(map(id, watched))) == 2 * len(set(copies))


def test_epochs_are_short(dataset: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "_MOST_PICTURES", 75)
    monkeypatch.setattr(watching, "watchers", lambda name: [])
    laps = InTurn([])
    run = in_turn(dataset, laps, True, turns=1)
    assert run["batch_size"] == 32
    assert [lap["pictures"] for lap in laps.told[1:]] == [64] * 4


def test_the_default_callbacks_are_those_of_a_run(
    dataset: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: set[type] = set()

    def fit(model: keras.Model, *arguments: Any, callbacks: list[Any], **options: Any) -> None:
        found.update(map(type, callbacks))
        raise Enough

    monkeypatch.setattr(keras.Model, "fit", fit)
    run = run_settings(request(), dataset).as_dict()
    options = {"data": str(dataset.directory), "run": run, "threads": 0, "folder": str(tmp_path)}
    with pytest.raises(Enough):
        training.ours(options, Kept())
    ours = {kind for kind in found if kind.__module__.startswith("callbacks.")}
    assert {type(one) for one in watching.watchers("default")} == ours
    assert watching.watchers("none") == []
