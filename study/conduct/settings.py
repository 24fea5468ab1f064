"""A study's settings, resolved: what ``study.json`` holds of them and what a plan is made from."""

import math
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from study.errors import SettingsError, StoreError
from study.experiments.presets import Measures
from study.model import get_variant

# A study may grow by these; whatever else differs makes it another study.
_GROWING = ("seeds", "heat_map_seeds", "replicas", "search_seeds")
_ALONG = ("along_levels", "along_examples", "along_seeds")
_SEQUENCES = ("batch_sizes", "seeds", "heat_map_seeds", "replicas", "search_seeds")


@dataclass(frozen=True)
class StudySettings:
    """Everything that decides which runs and measurements a study consists of.

    Attributes:
        experiment: name of a declared experiment.
        preset: name of the preset that the rest started from.
        fingerprint: of the data set at this size, subset and split.
        image_size: side of the pictures in pixels.
        model: a name of ``study.model.VARIANTS``.
        base_rate: learning rate of the arm "fixed".
        batch_sizes: of every arm.
        seeds: paired seeds of the arms.
        heat_map_seeds: seeds of those cells that only the heat map needs.
        patience, max_epochs: the stop rule.
        replicas: counts of devices that the arms are trained on.
        measures: how much is measured on the minimisers.
        search_seeds: seeds of the other models in the experiment's search for the model.
        reshuffle: a new order of the pictures in every epoch; the article keeps one order.
        train_examples: where the experiment compares conditions, whose schedules depend on it;
            else 0.
        target: validation loss at which runs of conditions that have a target end; 0 for none.
    """

    experiment: str
    preset: str
    fingerprint: str
    image_size: int
    model: str
    base_rate: float
    batch_sizes: tuple[int, ...]
    seeds: tuple[int, ...]
    heat_map_seeds: tuple[int, ...]
    patience: int
    max_epochs: int
    replicas: tuple[int, ...]
    measures: Measures
    search_seeds: tuple[int, ...] = ()
    reshuffle: bool = False
    train_examples: int = 0
    target: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        """Plain values for ``study.json``."""
        return asdict(self)


def settings_from_dict(values: Any) -> StudySettings:
    """The inverse of ``as_dict``, for what comes from a file.

    Raises:
        StoreError: the values are not those of a study.
    """
    try:
        _check_keys(values)
        measures = measures_from_dict(values["measures"])
        settings = StudySettings(**{**_tuples(values), "measures": measures})
        _check_types(settings)
        get_variant(settings.model)
    except (KeyError, TypeError, AttributeError, SettingsError) as error:
        raise StoreError(
            f"study.json does not hold a study's settings ({error}); it was edited or made by "
            "another version. Restore it, or use the version of this project that made it."
        ) from error
    return settings


def checked_document(document: dict[str, Any]) -> dict[str, Any]:
    """``study.json`` as one level of keys, for those who only show a study.

    The checked settings stand beside what else it holds and take precedence: some versions wrote
    a part of them a second time on top.

    Raises:
        StoreError: its settings are not those of a study.
    """
    values = settings_from_dict(document.get("settings")).as_dict()
    rest = {key: value for key, value in document.items() if key != "settings"}
    return {**rest, **values, "measured": values["measures"]}


def _check_keys(values: Any) -> None:
    unknown = sorted(set(values) - {field.name for field in fields(StudySettings)})
    if unknown:
        raise TypeError(f"unknown: {', '.join(map(str, unknown))}")


def _check_types(settings: StudySettings) -> None:
    for field in fields(StudySettings):
        value = getattr(settings, field.name)
        if field.name in _SEQUENCES:
            right = isinstance(value, tuple) and all(type(number) is int for number in value)
        elif field.name == "base_rate":
            right = type(value) in (int, float) and 0 < value < math.inf
        elif field.name == "measures":
            right = all(type(n) in (int, tuple) for n in vars(value).values())
            levels = (*value.along_levels, *value.sharpness_epsilons)
            right = right and all(type(n) in (int, float) for n in levels)
        else:
            right = type(value) is field.type
        if not right:
            raise TypeError(f"{field.name} is {value!r}")


def measures_from_dict(values: dict[str, Any]) -> Measures:
    """The inverse of ``dataclasses.asdict``, for what has been JSON in between."""
    return Measures(**_tuples(values))


def check_same_study(stored: StudySettings, asked: StudySettings) -> None:
    """Compares the settings of a stored study with those asked for.

    Raises:
        SettingsError: naming every setting that differs, save those by which a study may grow.
    """
    old, new = stored.as_dict(), asked.as_dict()
    # see kept_measures
    new["measures"] |= {name: old["measures"][name] for name in _ALONG}
    differing = [name for name in old if name not in _GROWING and old[name] != new[name]]
    if differing:
        raise SettingsError(
            "the study to go on with has other settings "
            f"({'; '.join(_difference(name, old[name], new[name]) for name in differing)}). "
            "Ask for the same settings to go on; for others, choose another --out and leave "
            "--extend out."
        )


def kept_measures(stored: Measures, asked: Measures) -> Measures:
    """``asked`` with what a stored study measures along its runs.

    No option chooses that, and presets of another version may have other levels. A study made
    before there were any gets these measurements on top.
    """
    if not stored.along_levels:
        return asked
    return replace(asked, **{name: getattr(stored, name) for name in _ALONG})


def _difference(name: str, old: Any, new: Any) -> str:
    """One setting there and as asked; of measures what differs, of a fingerprint its beginning."""
    if isinstance(old, dict):
        return "; ".join(
            _difference(key, old[key], new[key]) for key in old if old[key] != new[key]
        )
    if name == "fingerprint":
        name, old, new = "fingerprint of the pictures", old[:8], new[:8]
    return f"{name}: {old} there, {new} asked"


def _tuples(values: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(item) if isinstance(item, list) else item for key, item in values.items()}
