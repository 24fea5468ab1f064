"""One piece of a study's work."""

from dataclasses import dataclass
from typing import Any

from study.train.settings import RunSettings

TRAIN, MEASURE, COMPARE = "train", "measure", "compare"


@dataclass(frozen=True)
class Task:
    """One piece of work that a worker does without stopping.

    Attributes:
        kind: "train" a run, "measure" its minimiser, or "compare" two minimisers.
        run: settings of the run that it belongs to.
        needs: ids of runs that have to be completed before.
        other: the small-batch run of a comparison.
        sharpness: pairs (space, epsilon) to be measured.
        landscape: whether the landscape about this minimiser is wanted.
        along: whether sharpness along the run is wanted.
        further: names of measurements that only this experiment asks for.
        at: which weights are taken for the minimiser, as the experiment declares.
        pictures: pictures that pass through the net, forward and back counted as three: the
            unit of the estimates of time.
        pictures_an_epoch: how many of these one epoch of a training takes; 0 of other tasks.
    """

    kind: str
    run: RunSettings
    needs: tuple[str, ...]
    pictures: int
    other: RunSettings | None = None
    sharpness: tuple[tuple[str, float], ...] = ()
    landscape: bool = False
    along: bool = False
    further: tuple[str, ...] = ()
    at: str = "minimum"
    pictures_an_epoch: int = 0

    @property
    def id(self) -> str:
        """Unique within a plan."""
        other = f":{self.other.id}" if self.other else ""
        return f"{self.kind}:{self.run.id}{other}"

    @property
    def failure(self) -> str:
        """Under which name a failure is recorded in the run's folder."""
        return f"{self.kind}@{self.other.id}" if self.other else self.kind

    @property
    def rows_apart(self) -> bool:
        """Whether all of its networks may be computed in pieces of a batch."""
        return self.run.rows_apart and (self.other is None or self.other.rows_apart)

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the measurements that it stores in the run's folder."""
        if self.kind == MEASURE:
            names = ["layer_distances", "gradient_norms", "sharpness"]
            names += ["landscape"] if self.landscape else []
            names += ["sharpness_along"] if self.along else []
            return (*names, *self.further)
        return (f"interpolation@{self.other.id}",) if self.other else ()

    def as_dict(self) -> dict[str, Any]:
        """Plain values, as sent to a worker."""
        return {
            "id": self.id,
            "kind": self.kind,
            "run": self.run.as_dict(),
            "other": self.other.as_dict() if self.other else None,
            "sharpness": [list(law) for law in self.sharpness],
            "landscape": self.landscape,
            "along": self.along,
            "further": list(self.further),
            "at": self.at,
            "failure": self.failure,
        }
