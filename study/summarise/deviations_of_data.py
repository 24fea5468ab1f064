"""How the pictures of a study differ from those of its source."""

from collections.abc import Iterator, Mapping
from typing import Any

from study.experiments.declare import SetUp
from study.summarise.data_facts import data_of

Deviation = tuple[str, str, str, str]


def of_data(settings: Mapping[str, Any], there: SetUp) -> Iterator[Deviation]:
    """Which pictures, of what size, and how they were split."""
    data = data_of(settings)
    yield from _pictures(data, there)
    yield from _sizes(data, settings.get("image_size"), there)
    examples, train = data.get("examples"), data.get("train_examples")
    if there.split and _permuted(data) and examples and train:
        yield (
            "split",
            there.split,
            f"{train:,} of {examples:,} by one permutation of all, with a seed that is fixed",
            "pictures that do not come from TFDS have no such order, and most lie class by class",
        )


def order_of_pictures(settings: Mapping[str, Any], there: SetUp) -> Iterator[Deviation]:
    """In which order a study trains on its pictures, where that is not the source's law."""
    again = "new in every epoch" if settings.get("reshuffle") else "the same in every epoch"
    wanted = "new in every epoch" if there.reshuffle else "the same in every epoch"
    if there.shuffle_buffer and there.shuffle_buffer < there.train_examples:
        yield (
            "order of the pictures",
            f"drawn through a buffer of {there.shuffle_buffer:,} pictures, {wanted}",
            f"a permutation of all pictures by the seed, {again}",
            "every order is equally likely; through such a buffer no picture comes more than "
            f"{there.shuffle_buffer:,} places early"
            + ("" if again == wanted else f"; {again} as asked for"),
        )
    elif again != wanted:
        yield "order of the pictures", wanted, again, "as asked for"


def _pictures(data: Mapping[str, Any], there: SetUp) -> Iterator[Deviation]:
    count = data.get("examples")
    pictures = f"{there.examples:,} {there.data}"
    if data.get("embedded") is True:
        yield (
            "pictures",
            pictures,
            f"{count:,} drawn by the project itself" if count else "drawn by the project itself",
            "it runs anywhere without a download; losses, epochs and times cannot be compared "
            "with the printed ones number by number",
        )
    elif count and count != there.examples:
        why = "a subset takes less time" if count < there.examples else "the source has more"
        yield "pictures", pictures, f"{count:,}", why


def _sizes(data: Mapping[str, Any], size: Any, there: SetUp) -> Iterator[Deviation]:
    if size and size != there.image_size:
        yield (
            "size of the pictures",
            f"{there.image_size} pixels a side",
            f"{size} pixels a side",
            "smaller pictures train in a fraction of the time",
        )
    before = data.get("largest_side")
    if before and before <= there.image_size:
        again = f", resized once more to {size}" if size and size != before else ""
        yield (
            "pictures before they are resized",
            "those of the archive, in their own sizes",
            f"copies that were shrunk to at most {before} pixels a side{again}",
            "the copy of the archive that was at hand",
        )


def _permuted(data: Mapping[str, Any]) -> bool:
    """Whether the split permutes the pictures; False where that is not known.

    Studies made before ``kept_order`` was recorded: only TFDS's own directories keep their order,
    which drawn pictures and archives are not.
    """
    kept = data.get("kept_order")
    if kept is not None:
        return kept is False
    return data.get("embedded") is True or str(data.get("source")).endswith(".zip")
