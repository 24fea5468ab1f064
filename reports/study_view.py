"""What the page knows of a study: settings, summary, frames, and questions to them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from reports.bench_page import BenchView
from reports.figures.theme import Palette
from reports.wording import as_number, as_text, mappings
from study.errors import StoreError
from study.experiments import get_experiment
from study.experiments.declare import Arm, Experiment
from study.summarise.circumstances import unlike_epochs, unlike_runs
from study.summarise.data_facts import data_of
from study.summarise.of_model import of_model
from study.words import counted, listed

_RATE_TOLERANCE = 1e-6


@dataclass(frozen=True)
class StudyView:
    """A study as it is shown; nothing in it is trusted to be safe HTML.

    Attributes:
        settings: study.json, flat.
        summary: summary.json.
        frames: name -> frame of the working agreement; absent ones may be empty.
        pictures: ``images`` (N, S, S, 3) uint8 and ``labels`` (N,), or None.
        layers: rows of model.json, empty without one.
        previews: name of a frame -> points of planes that are still being measured, see
            ``study.store.previews``; empty where there are none.
        bench: a benchmark of the machine, made into the study's folder; None without one.
    """

    settings: Mapping[str, Any]
    summary: Mapping[str, Any]
    frames: Mapping[str, pd.DataFrame]
    pictures: Mapping[str, np.ndarray] | None = None
    layers: Sequence[Mapping[str, Any]] = ()
    bench: BenchView | None = None
    previews: Mapping[str, pd.DataFrame] = field(default_factory=dict)

    @cached_property
    def experiment(self) -> Experiment:
        """The declaration that the study belongs to."""
        return get_experiment(str(self.settings.get("experiment", "article")))

    @property
    def runs(self) -> pd.DataFrame:
        """The ledger; runs of other models, made to find the right one, stand in it too."""
        return self.frames["runs"]

    @cached_property
    def own(self) -> Mapping[str, pd.DataFrame]:
        """The frames without the runs of other models than the study's."""
        return of_model(self.settings, self.frames)

    @property
    def failures(self) -> list[dict[str, Any]]:
        """The measurements that failed: rows of the frame `failures`, [] without it."""
        frame = self.frames.get("failures")
        rows = [] if frame is None else frame.to_dict("records")
        return [{str(key): value for key, value in row.items()} for row in rows]

    @property
    def data(self) -> Mapping[str, Any]:
        """What is known of the data set."""
        return data_of(self.settings)

    @property
    def embedded(self) -> bool:
        """Whether our own code drew the pictures."""
        return self.data.get("embedded") is True

    @cached_property
    def base_rate(self) -> float:
        """The rate that multiples refer to."""
        rate = as_number(self.settings.get("base_rate"))
        if not (np.isfinite(rate) and rate > 0):
            raise StoreError(
                f"study.json gives the base rate as {self.settings.get('base_rate')!r}; expected "
                "a positive number. Restore study.json or make the study again."
            )
        return rate

    @cached_property
    def batch_sizes(self) -> tuple[int, ...]:
        """All batch sizes, rising."""
        named = self.settings.get("batch_sizes")
        sizes = {int(size) for size in self.runs["batch_size"]}
        if isinstance(named, list | tuple):
            sizes |= {int(size) for size in named if np.isfinite(as_number(size))}
        return tuple(sorted(sizes))

    @property
    def about(self) -> str:
        """What the experiment compares, with numbers of this study in it."""
        times = max(self.batch_sizes, default=1) / min(self.batch_sizes, default=1)
        return self.experiment.about.format(times=f"{times:g}")

    @property
    def seeds(self) -> tuple[int, ...]:
        """All seeds that have a run."""
        return tuple(sorted({int(seed) for seed in self.runs["seed"]}))

    @cached_property
    def palette(self) -> Palette:
        """The colours of the batch sizes."""
        return Palette.of(self.batch_sizes)

    @cached_property
    def tokens(self) -> dict[str, tuple[str, str]]:
        """All colours of the page."""
        return self.palette.tokens()

    @property
    def one_device(self) -> int:
        """The number of devices that single-device figures show: 1, or the fewest there are."""
        return min((int(count) for count in self.runs["replicas"]), default=1)

    @property
    def several_devices(self) -> tuple[int, ...]:
        """Numbers of devices besides."""
        counts = {int(count) for count in self.runs["replicas"]}
        return tuple(sorted(counts - {self.one_device}))

    def arm_rows(self, name: str, arm: Arm, sizes: Sequence[int] = ()) -> pd.DataFrame:
        """The rows of frame ``name`` that belong to ``arm`` on one device, of the study's model.

        Args:
            sizes: batch sizes wanted; empty for all.
        """
        frame = self.own[name]
        rates = frame["batch_size"].map(lambda size: arm.rate(self.base_rate, int(size)))
        same = np.isclose(
            frame["learning_rate"].astype(float), rates.astype(float), rtol=_RATE_TOLERANCE, atol=0
        )
        chosen = same & (frame["replicas"] == self.one_device)
        if sizes:
            chosen &= frame["batch_size"].isin(list(sizes))
        return frame[chosen]

    def condition_rows(self, name: str, conditions: Sequence[str]) -> pd.DataFrame:
        """The rows of frame ``name`` on one device, with a column ``condition``.

        A run that belongs to several of ``conditions`` has its rows once for each.
        """
        members = self.frames["conditions"]
        chosen = members["condition"].isin(list(conditions))
        members = members.loc[chosen & (members["replicas"] == self.one_device)]
        return self.own[name].merge(members[["id", "condition"]], on="id", how="inner")

    def ends(self, wanted: Sequence[int]) -> tuple[int, ...]:
        """The smallest and largest of ``wanted`` that the study has; of all when none is wanted.

        A study whose batch sizes are others shows its own smallest and largest.
        """
        found = [size for size in self.batch_sizes if size in wanted]
        sizes = found if len(found) > 1 else list(self.batch_sizes)
        return tuple(dict.fromkeys((sizes[0], sizes[-1]))) if sizes else ()

    def rows_of_table(self, identifier: str) -> list[Mapping[str, Any]]:
        """The rows of a table of summary.json, [] without one."""
        tables = self.summary.get("tables")
        return mappings(tables.get(identifier)) if isinstance(tables, Mapping) else []

    def statuses(self) -> dict[str, int]:
        """Status -> number of runs."""
        return {str(key): int(count) for key, count in self.runs["status"].value_counts().items()}

    @property
    def unfinished(self) -> int:
        """Runs that are still to be made or finished."""
        counts = self.statuses()
        return counts.get("pending", 0) + counts.get("running", 0)

    @cached_property
    def unlike_runs(self) -> str:
        """Sentences when runs differ in threads, hardware or times an epoch; else ""."""
        frame = self.frames.get("circumstances")
        found = ("" if frame is None else unlike_runs(frame), unlike_epochs(self.frames))
        return as_text(" ".join(words for words in found if words), 1000)

    @cached_property
    def machine(self) -> str:
        """The hardware in a few words."""
        hardware = self.settings.get("hardware")
        if not isinstance(hardware, Mapping):
            return "hardware not recorded"
        gpus = hardware.get("gpus")
        names = [as_text(name, 80) for name in gpus] if isinstance(gpus, list) else []
        cores = as_number(hardware.get("cores"))
        cpu = as_text(hardware.get("cpu"), 80) or "unnamed processor"
        if np.isfinite(cores):
            cpu += f", {counted(int(cores), 'core')}"
        if not names:
            return cpu
        different = [f"{names.count(name)} × {name}" for name in dict.fromkeys(names)]
        return f"{listed(different)}; {cpu}"


def seeds_in(rows: pd.DataFrame) -> str:
    """ "n = 3 seeds", or "n = 1 to 3 seeds" when batch sizes differ; "no seeds" without rows."""
    if rows.empty:
        return "no seeds"
    by = ["condition"] if "condition" in rows else ["batch_size", "learning_rate"]
    counts = rows.groupby(by)["seed"].nunique()
    low, high = int(counts.min()), int(counts.max())
    return f"n = {counted(high, 'seed')}" if low == high else f"n = {low} to {high} seeds"
