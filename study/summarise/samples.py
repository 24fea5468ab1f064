"""The values of one effect over seeds, and what stands behind them."""

import math
from dataclasses import dataclass

from study.summarise.statistics import (
    LEVEL,
    Estimate,
    chosen_interval,
    fieller_interval,
    mean_interval,
)


@dataclass(frozen=True)
class Sample:
    """The values of an effect over seeds.

    Attributes:
        seeds: those with a value.
        values: one a seed; logarithms where ``log``.
        denominators: with them the effect is the mean of ``values`` over the mean of these.
        gap_sign: of the denominators' mean, without which there is no effect; 0 for any.
        log: the effect is shown as exp(value), a factor; with denominators they are.
        left_out: (seed, reason) of the seeds without a value.
        lost: whether a seed is left out although all its runs ended, because some diverged or
            failed, or because a sweep's runs gave no answer.
        diverged: number of seeds left out with a run that diverged.
        cut_off: number of runs behind the values that the limit of epochs stopped.
        untrained: number of runs behind the values whose measured weights are no minimiser
            (``Measured.untrained``).
        stayed: number of those that never left chance (``study.summarise.chance.STAYED``).
        fell_back: number of runs behind the values that learned and ended at chance.
        may_move: where the effect could move (-1 down, 1 up) if the cut-off runs went on; both
            where that is not known.
        chosen: whether each value is at a choice that the other seeds made.
        basis: which of the declared things the values are from; "" for all of them.
        obstacles: why no verdict can be built on the values.
        bounds: that no value of the effect can pass, and so no end of its interval.
    """

    seeds: tuple[int, ...]
    values: tuple[float, ...]
    denominators: tuple[float, ...] | None
    log: bool
    left_out: tuple[tuple[int, str], ...]
    lost: bool
    diverged: int = 0
    cut_off: int = 0
    untrained: int = 0
    stayed: int = 0
    fell_back: int = 0
    may_move: frozenset[int] = frozenset()
    chosen: bool = False
    basis: str = ""
    obstacles: tuple[str, ...] = ()
    bounds: tuple[float, float] = (-math.inf, math.inf)
    gap_sign: int = 0

    @property
    def gap(self) -> Estimate:
        """The mean denominator with its interval, on the scale on which it is shown."""
        found = mean_interval(self.denominators or ())
        return found.exponential() if self.log else found

    @property
    def reversed_gap(self) -> bool:
        """Whether the denominators' mean has the other sign than a gap has to have."""
        return self.gap_sign * math.fsum(self.denominators or ()) < 0

    @property
    def estimate(self) -> Estimate:
        """The effect over seeds with its interval, on the scale on which it is shown."""
        return self.estimate_at(LEVEL)

    def estimate_at(self, level: float) -> Estimate:
        """The same with an interval of another level."""
        if self.denominators is not None:
            share = fieller_interval(self.values, self.denominators, level)
            # of no clear gap there are no shares, and the ratio of two noises is no number to show
            clear = share.interval is not None or share.n < 2
            return share if clear and not self.reversed_gap else Estimate(math.nan, None, share.n)
        interval = chosen_interval if self.chosen else mean_interval
        estimate = interval(self.values, level)
        return (estimate.exponential() if self.log else estimate).within(*self.bounds)

    @property
    def shown(self) -> tuple[float, ...]:
        """The value of each seed on the scale on which the effect is shown; NaN for x / 0."""
        if self.denominators is not None:
            pairs = zip(self.values, self.denominators, strict=True)
            return tuple(above / below if below else math.nan for above, below in pairs)
        return tuple(math.exp(value) for value in self.values) if self.log else self.values
