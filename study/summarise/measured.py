"""The frames of one study, looked up by cell and seed, with the quantities derived from them."""

import math
from collections import Counter
from collections.abc import Mapping
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from study.errors import StoreError
from study.experiments.declare import Cell, Experiment
from study.summarise.chance import Chance
from study.summarise.data_facts import data_of
from study.summarise.epoch_values import epoch_values
from study.summarise.of_model import of_model
from study.summarise.plane_values import plane_values
from study.summarise.quantity_names import LAYER, quantity_named
from study.summarise.records import in_order, ordered_records, records
from study.summarise.rises import line_rise
from study.summarise.sharpness_values import mean_over_trials, sharpness_values
from study.summarise.smith_scale import first_noise_scales


class MissingValueError(Exception):
    """A seed lacks a value; the message says which and why, fit for a report."""


class Measured:
    """What a study has measured so far.

    Frames may be missing, empty or lack columns: lookups then raise
    :class:`MissingValueError`. Only completed runs of the study's own model have values; those
    of other models, made in a search for the model, are left out.

    Attributes:
        settings, experiment: as given.
        target: validation loss that runs train to, NaN without one.
        base_rate, batch_sizes, seeds: of the study; where the settings lack them, of the
            experiment and the runs.
        one_device, several_devices: numbers of replicas that stand for "one device" and
            "several devices"; the latter None without such runs.
    """

    def __init__(
        self,
        settings: Mapping[str, Any],
        frames: Mapping[str, pd.DataFrame],
        experiment: Experiment,
    ) -> None:
        self.settings = settings
        self.experiment = experiment
        self._chance = Chance.of(settings.get("data"))
        self._pictures = float(data_of(settings).get("train_examples") or math.nan)
        self._measured_at = experiment.measured_at
        own = of_model(settings, frames)
        self._frames = {name: in_order(frame) for name, frame in own.items()}
        self.runs = self.records("runs")
        self._by_cell: dict[tuple[int, int, int], list[dict[str, Any]]] = {}
        for row in self.runs:
            key = (int(row["batch_size"]), int(row["seed"]), int(row["replicas"]))
            self._by_cell.setdefault(key, []).append(row)
        self._titles = {c.name: c.title for c in experiment.conditions}
        if not experiment.conditions:
            self._refuse_doubles()
        self.target = float(settings.get("target") or math.nan)
        self.base_rate = float(settings.get("base_rate") or experiment.base_rate)
        self.batch_sizes = sorted(settings.get("batch_sizes") or experiment.batch_sizes)
        seeds = set(settings.get("seeds") or ()) | {int(row["seed"]) for row in self.runs}
        self.seeds = sorted(seeds)
        wanted = {int(count) for count in settings.get("replicas") or ()}
        counts = sorted(wanted | {int(row["replicas"]) for row in self.runs}) or [1]
        self.one_device = counts[0]
        self.several_devices = counts[-1] if len(counts) > 1 else None

    def frame(self, name: str) -> pd.DataFrame:
        """The frame of that name, empty and without columns where there is none."""
        return self._frames.get(name, pd.DataFrame())

    def records(self, name: str) -> list[dict[str, Any]]:
        """The rows of the frame of that name, by batch size, rate, seed and devices."""
        return ordered_records(self.frame(name))

    def run(self, cell: Cell, seed: int) -> dict[str, Any] | None:
        """The row of `runs` of a cell and seed, whatever its status."""
        replicas = self.several_devices if cell.several_devices else self.one_device
        if replicas is None:
            return None
        if cell.condition:
            return self._by_condition.get((cell.condition, seed, replicas))
        rate = cell.rate(self.base_rate)
        rows = self._by_cell.get((cell.batch_size, seed, replicas), [])
        return next((row for row in rows if _same_rate(row["learning_rate"], rate)), None)

    def status(self, cell: Cell, seed: int) -> str:
        """Status of the run of a cell and seed, "missing" where there is none."""
        row = self.run(cell, seed)
        return "missing" if row is None else str(row["status"])

    def completed(self, cell: Cell, seed: int) -> dict[str, Any]:
        """The row of a completed run.

        Raises:
            MissingValueError: the run is not there or did not complete.
        """
        row = self.run(cell, seed)
        status = self.status(cell, seed)
        if row is not None and status == "completed":
            return row
        words = {"diverged": "diverged", "failed": "failed", "missing": "was not run"}
        text = f"{self.label(cell)} {words.get(status, 'is not finished')}"
        reason = str(row.get("reason") or "") if row is not None else ""
        if status in ("diverged", "failed") and reason:
            text += f" ({reason})"
        raise MissingValueError(text)

    def value(self, quantity: str, cell: Cell, seed: int) -> float:
        """A quantity of a completed run, finite.

        Raises:
            MissingValueError: the run did not complete or the quantity was not measured.
        """
        row = self.completed(cell, seed)
        if quantity.startswith(LAYER):
            found = self._layers.get((row["id"], quantity.removeprefix(LAYER)))
        else:
            found = self.of_run(quantity, row)
        if found is None or not math.isfinite(found):
            title = quantity_named(quantity).title
            raise MissingValueError(f"{self.label(cell)} has no {title}")
        return float(found)

    def of_run(self, quantity: str, row: Mapping[str, Any]) -> float | None:
        """A quantity of a row of `runs`, or derived from other frames; None without one."""
        return row.get(quantity, self._derived.get((row["id"], quantity)))

    def has(self, quantity: str) -> bool:
        """Whether any run has a value of a quantity."""
        values = (self.of_run(quantity, row) for row in self.runs)
        return any(value is not None and math.isfinite(value) for value in values)

    def epochs(self, column: str, cell: Cell, seed: int) -> np.ndarray:
        """A column of `epochs` of a completed run in order, shape (epochs,), float64.

        Raises:
            MissingValueError: the run did not complete, or a value is missing or not finite.
        """
        rows = self._epochs.get(self.completed(cell, seed)["id"])
        if rows is None or column not in rows:
            raise MissingValueError(f"{self.label(cell)} has no epochs")
        values = rows[column].to_numpy(np.float64)
        if not values.size or not np.isfinite(values).all():
            raise MissingValueError(f"{self.label(cell)} lacks {column} in an epoch")
        return values

    def along(self, cell: Cell, seed: int) -> np.ndarray:
        """Points (base loss, sharpness) along a completed run, shape (points, 2), float64.

        Raises:
            MissingValueError: the run did not complete or nothing was measured along it.
        """
        rows = self._along.get(self.completed(cell, seed)["id"])
        if rows is None:
            raise MissingValueError(f"{self.label(cell)} has no sharpness along the run")
        return rows[["base_loss", "sharpness"]].to_numpy(np.float64)

    def rise(self, split: str, small: Cell, large: Cell, seed: int, end: int) -> float:
        """Rise of the loss about one end of the line between two minimisers (0 small, 1 large).

        Raises:
            MissingValueError: a run did not complete or the line was not measured about that end.
        """
        small_id = self.completed(small, seed)["id"]
        large_id = self.completed(large, seed)["id"]
        points = self._lines.get((large_id, small_id, split))
        found = math.nan if points is None else line_rise(points["alpha"], points["loss"], end)
        if math.isnan(found):
            cell = large if end else small
            raise MissingValueError(f"no {split} loss on the line about {self.label(cell)}")
        return found

    def cut_off(self, cell: Cell, seed: int) -> bool:
        """Whether the limit of epochs stopped the run, so that its minimum may lie further on."""
        row = self.run(cell, seed)
        return row is not None and row.get("stopped_by") == "max_epochs"

    def untrained(self, cell: Cell, seed: int) -> bool:
        """Whether the weights that are measured of a run are those of no minimiser.

        Its validation loss never left chance (ln 2 for classes of equal size): plain SGD can sit
        on that plateau for longer than its patience. Or the weights after the last epoch are
        measured, and the run had fallen back to chance by then.
        """
        row = self.run(cell, seed)
        if row is None:
            return False
        at_end = self._measured_at == "end" and self.fell_back(cell, seed)
        return at_end or self._chance.stayed(row.get("min_val_loss"))

    def fell_back(self, cell: Cell, seed: int) -> bool:
        """Whether a run had learned and ended at chance all the same."""
        row = self.run(cell, seed)
        if row is None or self._chance.stayed(row.get("min_val_loss")):
            return False
        rows = self._epochs.get(row["id"])
        if rows is None:
            return False
        last = rows.iloc[-1]
        return bool(self._chance.guesses(last.get("val_loss"), last.get("val_accuracy")))

    def devices(self, cell: Cell) -> str:
        """What the runs of a cell's number of devices ran on, "" where there are none."""
        count = self.several_devices if cell.several_devices else self.one_device
        rows = [row for row in self.runs if row["replicas"] == count]
        kinds = Counter(str(row.get("devices") or "") for row in rows)
        return ", ".join(sorted(kind for kind in kinds if kind))

    def label(self, cell: Cell) -> str:
        """For example "batch 256 at rate 0.08 on 4 devices", or the title of a condition."""
        text = f"batch {cell.batch_size} at rate {cell.rate(self.base_rate):g}"
        if cell.condition:
            text = f"“{self._titles[cell.condition]}”"
        if not cell.several_devices:
            return text
        return f"{text} on {self.several_devices or 'several'} devices"

    @property
    def layers(self) -> list[str]:
        """Names of the layers whose distance was measured, from input to output."""
        frame = self.frame("layer_distances")
        if frame.empty:
            return []
        return list(frame.sort_values(["order", "layer"], kind="stable")["layer"].unique())

    def _refuse_doubles(self) -> None:
        for rows in self._by_cell.values():
            for first, second in pairwise(rows):
                if _same_rate(first["learning_rate"], second["learning_rate"]):
                    raise StoreError(
                        f"runs {first['id']} and {second['id']} have the same batch size, rate, "
                        "seed and devices: expected one run for each; take one out of the study."
                    )

    @cached_property
    def _by_condition(self) -> dict[tuple[str, int, int], dict[str, Any]]:
        rows = {row["id"]: row for row in self.runs}
        return {
            (row["condition"], int(row["seed"]), int(row["replicas"])): rows[row["id"]]
            for row in records(self.frame("conditions"))
            if row["id"] in rows
        }

    @cached_property
    def _epochs(self) -> dict[str, pd.DataFrame]:
        return self._groups("epochs", "id")

    @cached_property
    def _along(self) -> dict[str, pd.DataFrame]:
        return self._groups("sharpness_along", "id")

    @cached_property
    def _lines(self) -> dict[tuple[str, str, str], pd.DataFrame]:
        return self._groups("interpolation", ["id", "small_id", "split"])

    @cached_property
    def _layers(self) -> dict[tuple[str, str], float]:
        rows = records(self.frame("layer_distances"))
        return {(row["id"], row["layer"]): row["distance"] for row in rows}

    @cached_property
    def _derived(self) -> dict[tuple[str, str], float]:
        values = {
            (identifier, name): value
            for identifier, rows in self._epochs.items()
            for name, value in epoch_values(rows, self.target, self._chance.loss).items()
        }
        scales = first_noise_scales(self.frame("runs"), self.frame("epochs"), self._pictures)
        values |= {(identifier, "smith_scale"): scale for identifier, scale in scales.items()}
        values |= sharpness_values(self.frame("sharpness")) | plane_values(self.frame)
        for row in records(self.frame("gradient_norms")):
            if row["batch_norm"] > 0:
                share = row["mean_example_norm"] / row["batch_norm"]
                values[row["id"], f"competition_{row['at']}"] = share
        return values

    @cached_property
    def sharpness_by_run(self) -> dict[tuple[str, str, float], float]:
        """Mean sharpness over trials by (run id, space, epsilon)."""
        return mean_over_trials(self.frame("sharpness"))

    def _groups(self, name: str, by: str | list[str]) -> dict[Any, pd.DataFrame]:
        frame = self.frame(name)
        return {} if frame.empty else dict(iter(frame.groupby(by, sort=True)))


def _same_rate(first: float, second: float) -> bool:
    return math.isclose(first, second, rel_tol=1e-6)
