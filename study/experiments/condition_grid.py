"""Conditions by the grid: batch sizes by base rates, SGD batches by batches of normalisation."""

from collections.abc import Sequence
from dataclasses import replace

from study.experiments.conditions import Condition
from study.experiments.group_effects import Group

_FRACTIONS = {0.0625: "1/16", 0.125: "1/8", 0.25: "1/4", 0.5: "1/2"}


def base_rate_grid(
    template: Condition,
    batch_sizes: Sequence[int],
    multiples: Sequence[float],
    base_batch_size: int,
) -> tuple[Condition, ...]:
    """Every batch size at every base rate, batch by batch: the rate is the base rate times B.

    Args:
        template: name and title that the others begin with, and all that does not vary.
        batch_sizes: multiples of ``base_batch_size``, the study's base batch size.
        multiples: of the base rate (that of an example).
    """
    return tuple(
        replace(
            template,
            name=f"{template.name}-{size}-{_slug(multiple)}",
            title=f"{template.title.format(size=size)}, {_words(multiple)}",
            batch_multiple=_share(size, base_batch_size),
            rate_multiple=multiple,
            scaling="linear",
        )
        for size in batch_sizes
        for multiple in multiples
    )


def normalisation_grid(
    template: Condition,
    batch_sizes: Sequence[int],
    ghost_sizes: Sequence[int],
    base_batch_size: int,
) -> tuple[Condition, ...]:
    """Every SGD batch with every smaller batch of normalisation, at the base rate."""
    return tuple(
        replace(
            template,
            name=f"{template.name}-{size}-bn-{ghost}",
            title=f"SGD batch {size}, BN batch {ghost}",
            batch_multiple=_share(size, base_batch_size),
            scaling="linear",
            batch_normalisation=False,
            ghost_size=ghost,
        )
        for size in batch_sizes
        for ghost in ghost_sizes
        if ghost < size and size % ghost == 0
    )


def by_batch_size(
    conditions: Sequence[Condition], base_batch_size: int, title: str = "batch {size}"
) -> dict[int, Group]:
    """The conditions of each batch size as a group, whose edges are its lowest and highest rate."""
    found: dict[int, Group] = {}
    for size in sorted({base_batch_size * c.batch_multiple for c in conditions}):
        own = [c for c in conditions if base_batch_size * c.batch_multiple == size]
        ends = {min(c.rate_multiple for c in own), max(c.rate_multiple for c in own)}
        edges = tuple(c.cell for c in own if c.rate_multiple in ends)
        found[size] = Group(title.format(size=size), tuple(c.cell for c in own), edges)
    return found


def _share(size: int, base: int) -> int:
    if size % base:
        raise ValueError(f"batch size {size} is no multiple of the base batch size {base}")
    return size // base


def _slug(multiple: float) -> str:
    return f"{multiple:g}".replace(".", "_")


def _words(multiple: float) -> str:
    if multiple == 1:
        return "base rate"
    return f"{_FRACTIONS.get(multiple, f'{multiple:g}')} × base rate"
