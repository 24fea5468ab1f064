"""Batch size and learning rate along a run: phases of epochs, warm-up, noise scale.

No TensorFlow here; ``study/train/rate_schedule.py`` makes Keras's learning rate of a schedule.
"""

import itertools
import math
import numbers
from dataclasses import dataclass, replace
from typing import Literal

from study.errors import SettingsError

Scaling = Literal["none", "linear", "square root"]
WarmUpKind = Literal["constant", "gradual"]


@dataclass(frozen=True)
class Phase:
    """Epochs in a row with one batch size and one learning rate.

    Attributes:
        first_epoch: counted from 0, as Keras does.
        epochs: 1 or more.
        batch_size: examples an update, over all replicas together.
        learning_rate: after the warm-up.
    """

    first_epoch: int
    epochs: int
    batch_size: int
    learning_rate: float


@dataclass(frozen=True)
class WarmUp:
    """Lower rates at the beginning (Goyal et al. 2017, section 2.2).

    Attributes:
        kind: "constant": ``start_rate`` until the warm-up ends; "gradual": the rate grows by the
            same amount at each update, from ``start_rate`` to the rate of the first phase, which
            it reaches with the first update after the warm-up.
        epochs: 1 or more; 5 in the paper.
        start_rate: eta of the paper, where the rate proper is k times eta.
    """

    kind: WarmUpKind
    epochs: int
    start_rate: float


@dataclass(frozen=True)
class Schedule:
    """The whole course of a run's batch size and learning rate.

    Attributes:
        examples: N, of the training set.
        phases: in order; together they cover every epoch once.
        warm_up: None for none.

    Raises:
        SettingsError: the phases do not fit each other or the data, or the warm-up does not fit
            the phases.
    """

    examples: int
    phases: tuple[Phase, ...]
    warm_up: WarmUp | None = None

    def __post_init__(self) -> None:
        _check_phases(self)
        if self.warm_up is not None:
            _check_warm_up(self, self.warm_up)

    @property
    def epochs(self) -> int:
        """Of all phases together."""
        return self.phases[-1].first_epoch + self.phases[-1].epochs

    @property
    def updates(self) -> int:
        """Of the whole run."""
        return self.updates_before(self.epochs)

    @property
    def batch_sizes(self) -> tuple[int, ...]:
        """All batch sizes, in the order in which they first come."""
        return tuple(dict.fromkeys(phase.batch_size for phase in self.phases))

    def phase_of(self, epoch: int) -> Phase:
        """The phase of an epoch, counted from 0.

        Raises:
            IndexError: the schedule has ended before.
        """
        for phase in self.phases:
            if 0 <= epoch - phase.first_epoch < phase.epochs:
                return phase
        raise IndexError(f"epoch {epoch} of a schedule of {self.epochs} epochs, counted from 0")

    def steps_of(self, epoch: int) -> int:
        """Updates of an epoch, that of a partial last batch included."""
        return steps_an_epoch(self.examples, self.phase_of(epoch).batch_size)

    def updates_before(self, epoch: int) -> int:
        """Updates of all epochs before this one."""
        return sum(
            steps_an_epoch(self.examples, phase.batch_size)
            * min(max(epoch - phase.first_epoch, 0), phase.epochs)
            for phase in self.phases
        )

    def learning_rate(self, update: int) -> float:
        """The rate of an update, counted from 0; the last rate holds on after the end."""
        warming = self.warm_up
        if warming is not None:
            end = self.updates_before(warming.epochs)
            if update < end:
                if warming.kind == "constant":
                    return warming.start_rate
                rise = self.phases[0].learning_rate - warming.start_rate
                return warming.start_rate + rise * update / end
        started = [p for p in self.phases if self.updates_before(p.first_epoch) <= update]
        return started[-1].learning_rate

    def mean_rate(self, epoch: int) -> float:
        """Mean learning rate over the updates of an epoch."""
        first, steps = self.updates_before(epoch), self.steps_of(epoch)
        # the rate is linear within an epoch, or constant
        return (self.learning_rate(first) + self.learning_rate(first + steps - 1)) / 2

    def noise_scale(self, epoch: int, momentum: float = 0.0) -> float:
        """Smith's g of an epoch, at its mean learning rate; see the function ``noise_scale``."""
        batch_size = self.phase_of(epoch).batch_size
        return noise_scale(self.mean_rate(epoch), batch_size, self.examples, momentum)

    def with_warm_up(self, kind: WarmUpKind, epochs: int, start_rate: float) -> "Schedule":
        """The same phases with a warm-up.

        Raises:
            SettingsError: the warm-up does not fit them.
        """
        return replace(self, warm_up=WarmUp(kind, epochs, start_rate))

    def check_divides(self, replicas: int, ghost_size: int | None = None) -> None:
        """Makes sure that each batch size can be cut into replicas, and these into ghosts.

        Raises:
            SettingsError: one cannot.
        """
        for batch_size in self.batch_sizes:
            check_divides(batch_size, replicas, ghost_size)


def steps_an_epoch(examples: int, batch_size: int) -> int:
    """Updates of one pass over the examples, that of a partial last batch included."""
    return -(-examples // batch_size)


def noise_scale(
    learning_rate: float, batch_size: float, examples: int, momentum: float = 0.0
) -> float:
    """Smith et al. 2018, equation 5: ``g = rate / (1 - momentum) * (N / B - 1)``.

    It is about ``rate * N / (B * (1 - momentum))`` while B is much smaller than N.

    Raises:
        SettingsError: ``momentum`` is not from 0 to below 1.
    """
    if not 0 <= momentum < 1:
        raise SettingsError(f"momentum {momentum}; expected 0 to below 1.")
    return learning_rate / (1 - momentum) * (examples / batch_size - 1)


def scaled_rate(scaling: Scaling, base_rate: float, base_batch_size: int, batch_size: int) -> float:
    """The learning rate of a batch size, from that of another one.

    "none" keeps it; "linear" multiplies it by the ratio of the batch sizes (Goyal et al. 2017),
    "square root" by the ratio's root (Hoffer et al. 2017, section 4).

    Raises:
        SettingsError: there is no such rule, or a number is not positive.
    """
    if base_batch_size < 1 or batch_size < 1 or not 0 < base_rate < math.inf:
        raise SettingsError(
            f"rate {base_rate} at batch size {base_batch_size} scaled to {batch_size}; "
            "expected numbers above 0."
        )
    ratio = batch_size / base_batch_size
    factors = {"none": 1.0, "linear": ratio, "square root": math.sqrt(ratio)}
    if scaling not in factors:
        raise SettingsError(f"scaling rule {scaling!r}; expected one of {', '.join(factors)}.")
    return base_rate * factors[scaling]


def check_divides(batch_size: int, replicas: int = 1, ghost_size: int | None = None) -> None:
    """Makes sure that a batch can be cut into replicas, and a replica's share into ghosts.

    Raises:
        SettingsError: it cannot.
    """
    if replicas < 1 or batch_size % replicas:
        raise SettingsError(
            f"batch size {batch_size} does not divide over {replicas} devices; "
            "choose a batch size that is a multiple of the number of devices."
        )
    if ghost_size is not None and (ghost_size < 1 or batch_size // replicas % ghost_size):
        raise SettingsError(
            f"ghost size {ghost_size} does not divide the {batch_size // replicas} examples that "
            f"each of {replicas} devices gets of a batch of {batch_size}; choose a divisor."
        )


def merged(phases: list[Phase]) -> tuple[Phase, ...]:
    """Joins neighbours of the same batch size and rate."""
    result: list[Phase] = []
    for phase in phases:
        last = result[-1] if result else None
        same = last is not None and (last.batch_size, last.learning_rate) == (
            phase.batch_size,
            phase.learning_rate,
        )
        if last is not None and same:
            result[-1] = replace(last, epochs=last.epochs + phase.epochs)
        else:
            result.append(phase)
    return tuple(result)


def _check_phases(schedule: Schedule) -> None:
    _check_whole("examples", schedule.examples)
    if not schedule.phases:
        raise SettingsError("a schedule without phases; expected 1 or more.")
    for phase in schedule.phases:
        for name in ("first_epoch", "epochs", "batch_size"):
            _check_whole(name, getattr(phase, name))
        if phase.epochs < 1:
            raise SettingsError(f"a phase of {phase.epochs} epochs; expected 1 or more.")
        if phase.batch_size < 1:
            raise SettingsError(f"batch size {phase.batch_size}; expected 1 or more.")
        if phase.batch_size > schedule.examples:
            raise SettingsError(
                f"the schedule's batch size {phase.batch_size} (epoch {phase.first_epoch + 1}) is "
                f"larger than the training set of {schedule.examples}; limit the growth of the "
                "batch, or give more pictures."
            )
        if not 0 < phase.learning_rate < math.inf:
            raise SettingsError(
                f"learning rate {phase.learning_rate} (epoch {phase.first_epoch + 1}); "
                "expected a finite number above 0."
            )
    ends = [0, *(phase.first_epoch + phase.epochs for phase in schedule.phases)]
    for phase, end in itertools.zip_longest(schedule.phases, ends[:-1]):
        if phase.first_epoch != end:
            raise SettingsError(
                f"a phase begins at epoch {phase.first_epoch} (counted from 0) where {end} was "
                "expected; phases follow each other without gap or overlap."
            )


def _check_whole(name: str, value: object) -> None:
    if not isinstance(value, numbers.Integral):
        raise SettingsError(f"{name} of a schedule is {value!r}; expected a whole number (int).")


def _check_warm_up(schedule: Schedule, warm_up: WarmUp) -> None:
    if warm_up.kind not in ("constant", "gradual"):
        raise SettingsError(f"warm-up {warm_up.kind!r}; expected 'constant' or 'gradual'.")
    _check_whole("epochs", warm_up.epochs)
    if not 1 <= warm_up.epochs < schedule.epochs:
        raise SettingsError(
            f"a warm-up of {warm_up.epochs} epochs in a schedule of {schedule.epochs}; expected "
            "1 or more, and fewer than the schedule has."
        )
    if not 0 < warm_up.start_rate < math.inf:
        raise SettingsError(
            f"the warm-up starts from rate {warm_up.start_rate}; expected a number above 0."
        )
    for phase in schedule.phases:
        changed = phase.learning_rate != schedule.phases[0].learning_rate
        if changed and phase.first_epoch < warm_up.epochs:
            raise SettingsError(
                f"the learning rate changes after {phase.first_epoch} epochs, within the warm-up "
                f"of {warm_up.epochs}; end the warm-up first."
            )
