"""How the measurements of a study differ from those of its source."""

from collections.abc import Iterator, Mapping
from typing import Any

from study.experiments.declare import SetUp
from study.summarise.data_facts import data_of
from study.summarise.deviations_of_data import Deviation
from study.summarise.measured import Measured

ALONE = "L-BFGS-B"
_BY_CORNERS = f"from corner to corner of the box, then {ALONE}"
_BY_SIGNS = f"by steps along the signs of the gradient, then {ALONE}"
# by the version that is stored with each trial, from the second on (``callbacks.box``)
_SEARCHES = {2: _BY_CORNERS, 3: _BY_CORNERS, 4: _BY_SIGNS}


def of_measuring(settings: Mapping[str, Any], study: Measured, there: SetUp) -> Iterator[Deviation]:
    """What sharpness, interpolation and landscape are taken on, and how."""
    found = settings.get("measured")
    measured = found if isinstance(found, Mapping) else {}
    yield from _sharpness(measured, study, there)
    yield from _interpolation(measured, data_of(settings))
    yield from _landscape(measured, data_of(settings), there)


def _sharpness(measured: Mapping[str, Any], study: Measured, there: SetUp) -> Iterator[Deviation]:
    count = measured.get("sharpness_examples")
    if count and count < there.train_examples:
        yield (
            "pictures in sharpness",
            f"{there.train_examples:,}",
            f"{count:,} training pictures, the same for all minimisers",
            "the search for the largest loss passes over them dozens of times",
        )
    beside = study.has("sharpness_authors") or study.has("sharpness_authors_half")
    search = search_words(study)
    yield (
        "search for the largest loss in sharpness",
        "sums the mean gradients of its batches, one step of the line search (code)",
        f"gradient of the mean loss, {search}",
        "as Keskar et al. define it"
        + ("" if search == ALONE else f", but for what comes first: {ALONE} alone ends lower")
        + ("; the authors’ way is measured beside it, in B2" if beside else ""),
    )


def search_words(study: Measured) -> str:
    """How the largest loss was looked for; every way where a study was measured in several."""
    frame = study.frame("sharpness")
    if frame.empty or "search" not in frame:
        return ALONE
    versions = frame.loc[frame["space"] != "authors", "search"].fillna(1)
    found = dict.fromkeys(_SEARCHES.get(int(version), ALONE) for version in sorted(set(versions)))
    return "; or ".join(found) or ALONE


def _interpolation(measured: Mapping[str, Any], data: Mapping[str, Any]) -> Iterator[Deviation]:
    wanted = measured.get("interpolation_examples") or 0
    parts = [data.get("train_examples") or 0, data.get("validation_examples") or 0]
    if not wanted or wanted >= max(parts):
        return
    train, validation = (
        f"all {part:,}" if wanted >= part else f"{wanted:,} of {part:,}" for part in parts
    )
    points = measured.get("interpolation_points")
    at = f", at {points} points" if points else ""
    yield (
        "pictures in the interpolation",
        "the training and the validation pictures",
        f"{train} training and {validation} validation pictures, the same at every point{at}",
        "every point is a pass over them",
    )


def _landscape(
    measured: Mapping[str, Any], data: Mapping[str, Any], there: SetUp
) -> Iterator[Deviation]:
    side, count = measured.get("landscape_size"), measured.get("landscape_examples") or 0
    train = data.get("train_examples") or 0
    if not there.landscape_points or not side or not count or not train:
        return
    pictures = f"{count:,} of {train:,}" if count < train else f"all {train:,}"
    if side != there.landscape_points or count < train:
        yield (
            "loss landscape",
            f"{there.landscape_points} × {there.landscape_points} points (code)",
            f"{side} × {side} points, on {pictures} training pictures",
            "contours need a fine grid, and every point of it is a pass over the pictures",
        )
