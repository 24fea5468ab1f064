"""The schedules of the papers: decaying rates, growing batches, both, and longer training."""

import math
from collections.abc import Sequence
from dataclasses import replace

from study.errors import SettingsError
from study.train.schedule import Phase, Schedule, merged, steps_an_epoch


def step_decay(
    examples: int,
    batch_size: int,
    learning_rate: float,
    epochs: int,
    drops: Sequence[int] = (),
    factor: float = 5.0,
) -> Schedule:
    """One batch size; the rate is divided by ``factor`` after each of the given epochs.

    Args:
        examples: of the training set.
        batch_size: examples an update.
        learning_rate: before the first drop.
        epochs: of the run.
        drops: numbers of epochs done when the rate drops, rising; none for a constant rate.
        factor: above 1.

    Raises:
        SettingsError: a drop comes after the end or out of order, or a number does not fit.
    """
    return growing_batches(examples, batch_size, learning_rate, epochs, drops, factor, batch_size)


def growing_batches(
    examples: int,
    batch_size: int,
    learning_rate: float,
    epochs: int,
    changes: Sequence[int],
    factor: float,
    largest: int,
    decays_first: int = 0,
) -> Schedule:
    """The batch grows by a factor after given epochs; at its limit the rate decays instead.

    Smith et al. 2018: each change divides the noise scale (that of B far below N) by ``factor``.
    A change that would take the batch past ``largest`` takes it there and leaves the rest of the
    factor to the rate.

    Args:
        examples: N, of the training set.
        batch_size: at the start.
        learning_rate: at the start.
        epochs: of the run.
        changes: numbers of epochs done at each change, rising.
        factor: above 1; 5 in the paper.
        largest: B_max; about N / 10 in the paper.
        decays_first: so many changes at the beginning are drops of the rate (1: the paper's
            hybrid).

    Raises:
        SettingsError: a change comes after the end or out of order, ``factor`` makes a batch size
            that is no whole number, or a batch size does not fit the data.
    """
    _check_changes(changes, epochs)
    if not 1 < factor < math.inf:
        raise SettingsError(f"a change by the factor {factor}; expected a number above 1.")
    if largest < batch_size:
        raise SettingsError(
            f"batches start at {batch_size} and grow to at most {largest}; expected a limit of "
            f"{batch_size} or more."
        )
    phases, size, rate = [], batch_size, learning_rate
    bounds = [0, *changes, epochs]
    for index in range(len(bounds) - 1):
        if index:
            grown = size if index <= decays_first else _grown(size, factor, largest)
            rate *= (grown / size) / factor if grown / size != factor else 1.0
            size = grown
        phases.append(Phase(bounds[index], bounds[index + 1] - bounds[index], size, rate))
    return Schedule(examples, merged(phases))


def smith_schedules(
    examples: int,
    batch_size: int,
    learning_rate: float,
    epochs: int,
    changes: Sequence[int],
    factor: float = 5.0,
    largest: int | None = None,
) -> dict[str, Schedule]:
    """Smith et al. 2018, figure 1: three schedules with the same course of the noise scale.

    Returns:
        "decaying rate", "hybrid" (the rate drops once, then the batch grows) and "growing batch".
        ``largest`` is the greatest batch size that is at most N / 10 if not given, or the first
        one where that is larger.

    Raises:
        SettingsError: as ``growing_batches``.
    """
    limit = max(examples // 10, batch_size) if largest is None else largest
    course = (examples, batch_size, learning_rate, epochs, changes, factor)
    if not changes:
        raise SettingsError("three schedules without a change are one; give epochs of change.")
    return {
        "decaying rate": step_decay(*course),
        "hybrid": growing_batches(*course, limit, decays_first=1),
        "growing batch": growing_batches(*course, limit),
    }


def dynamic_sampling(
    examples: int,
    batch_size: int,
    learning_rate: float,
    epochs: int,
    growth: float,
    largest: int,
    every: int = 1,
    multiple: int = 1,
) -> Schedule:
    """Batches that grow geometrically at a constant rate (Keskar et al. 2017, section 4.4).

    After ``k * every`` epochs the batch size is ``batch_size * growth ** k``, rounded down to a
    multiple of ``multiple`` (devices times ghost size) and held at ``largest``.

    Raises:
        SettingsError: ``growth`` is not above 1, ``largest`` does not fit the data, or
            ``multiple`` does not divide the first or the largest batch size.
    """
    if not 1 < growth < math.inf or every < 1:
        raise SettingsError(
            f"a growth by {growth} every {every} epochs; expected a factor above 1 and 1 epoch or "
            "more."
        )
    for name, size in (("first", batch_size), ("largest", largest)):
        if multiple < 1 or size % multiple:
            raise SettingsError(
                f"the {name} batch size {size} is no multiple of {multiple} (devices times ghost "
                "size); choose one that is."
            )
    if not batch_size <= largest <= examples:
        raise SettingsError(
            f"batches grow from {batch_size} to {largest} on {examples} examples; expected a "
            "limit between the first batch size and the size of the training set."
        )
    phases = []
    for index, first in enumerate(range(0, epochs, every)):
        # the limit first: the power may be larger than any float
        free = math.log(largest / batch_size) > index * math.log(growth)
        # what rounding of the power takes from a whole number is given back
        size = int(batch_size * growth**index * (1 + 1e-12)) if free else largest
        size -= size % multiple
        phases.append(Phase(first, min(every, epochs - first), size, learning_rate))
    return Schedule(examples, merged(phases))


def piggyback(
    examples: int,
    small: int,
    large: int,
    learning_rate: float,
    epochs: int,
    switch: int,
    large_rate: float | None = None,
) -> Schedule:
    """A small batch for ``switch`` epochs, then a large one (Keskar et al. 2017, section 5).

    Args:
        examples: of the training set.
        small: first batch size.
        large: second one.
        learning_rate: of the small batch.
        epochs: of the whole run.
        switch: 0 is the large batch alone.
        large_rate: of the large batch; the same if not given.

    Raises:
        SettingsError: ``switch`` is not within the run, or a batch size does not fit the data.
    """
    if not 0 <= switch < epochs:
        raise SettingsError(
            f"a switch to the large batch after {switch} of {epochs} epochs; expected 0 or more, "
            "and fewer than the run has."
        )
    after = learning_rate if large_rate is None else large_rate
    phases = [Phase(switch, epochs - switch, large, after)]
    if switch:
        phases.insert(0, Phase(0, switch, small, learning_rate))
    return Schedule(examples, merged(phases))


def settled(schedule: Schedule, epochs: int, factor: float) -> Schedule:
    """The same course with its last ``epochs`` at a rate divided by ``factor``.

    A run at a constant rate ends wherever its last updates threw it; this one ends in a minimum
    near there.

    Raises:
        SettingsError: there are no such epochs, or the factor is not above 1.
    """
    if not (1 <= epochs < schedule.epochs and 1 < factor < math.inf):
        raise SettingsError(
            f"the last {epochs} of {schedule.epochs} epochs at a rate divided by {factor}; "
            "expected 1 epoch or more, fewer than all, and a factor above 1."
        )
    start = schedule.epochs - epochs
    phases = []
    for phase in schedule.phases:
        end = phase.first_epoch + phase.epochs
        before = min(max(start - phase.first_epoch, 0), phase.epochs)
        if before:
            phases.append(replace(phase, epochs=before))
        if before < phase.epochs:
            first, rate = end - phase.epochs + before, phase.learning_rate / factor
            phases.append(replace(phase, first_epoch=first, epochs=end - first, learning_rate=rate))
    return replace(schedule, phases=tuple(phases))


def adapt_regime(
    examples: int, small: int, large: int, epochs: int, drops: Sequence[int] = ()
) -> tuple[int, tuple[int, ...]]:
    """Epochs and drops of a large batch that makes as many updates as the small one.

    Hoffer et al. 2017, section 5: all epochs are multiplied by large / small; here by the ratio of
    the updates an epoch, which is the same where the batch sizes divide the data, and rounded to
    whole epochs, so that the counts differ by half an epoch of the large batch at most.

    Args:
        examples: of the training set.
        small: batch size whose regime it is.
        large: batch size that takes it over.
        epochs: of the small batch.
        drops: its drop epochs.

    Returns:
        Epochs and drop epochs of the large batch.

    Raises:
        SettingsError: the drops do not fit the epochs, or fall on one epoch of the large batch.
    """
    if not 1 <= small <= large <= examples:
        raise SettingsError(
            f"the regime of batch size {small} for {large} on {examples} examples; expected "
            "1 <= small <= large <= examples."
        )
    _check_changes(drops, epochs)
    ratio = steps_an_epoch(examples, small) / steps_an_epoch(examples, large)
    adapted = [math.floor(epoch * ratio + 0.5) for epoch in (*drops, epochs)]
    _check_changes(adapted[:-1], adapted[-1])
    return adapted[-1], tuple(adapted[:-1])


def _grown(size: int, factor: float, largest: int) -> int:
    grown = min(size * factor, largest)
    if grown != int(grown):
        raise SettingsError(
            f"batch size {size} grows to {grown} by the factor {factor}; choose a factor that "
            "makes whole numbers."
        )
    return int(grown)


def _check_changes(changes: Sequence[int], epochs: int) -> None:
    if epochs < 1:
        raise SettingsError(f"a schedule of {epochs} epochs; expected 1 or more.")
    if list(changes) != sorted(set(changes)) or (changes and changes[0] < 1):
        raise SettingsError(
            f"changes after epochs {list(changes)}; expected rising numbers from 1, each once."
        )
    if changes and changes[-1] >= epochs:
        raise SettingsError(
            f"a change after {changes[-1]} epochs in a schedule of {epochs}; expected changes "
            "before the end."
        )
