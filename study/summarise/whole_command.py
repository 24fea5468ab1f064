"""The command that makes a study from the start, whatever it was made by."""

import re
import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from study.errors import SettingsError
from study.experiments import get_experiment
from study.experiments.presets import EMBEDDED, Measures, Preset
from study.experiments.sized_preset import FROM_CONDITIONS, sized_preset
from study.summarise.data_facts import data_of

_PLAIN = ("image_size", "model", "base_rate", "patience", "max_epochs", "target")
_COUNTED_SEEDS = ("heat_map_seeds", "search_seeds")


def whole_command(settings: Mapping[str, Any]) -> str:
    """A command whose study has the runs of one that took runs over from published results.

    Options are named where the preset, as it is now, has another value. What no option sets, such
    as the losses at which sharpness is measured along runs, is that of the preset.

    Args:
        settings: what study.json holds, flat and checked.

    Returns:
        The command, without ``--out``; "" where none of this version makes such a study.
    """
    name = str(settings["experiment"])
    try:
        preset = sized_preset(get_experiment(name), str(settings["preset"]))
        options = [*_of_data(settings, preset), *_of_study(settings, preset)]
    except SettingsError:
        return ""
    if get_experiment(name).conditions and any(option in FROM_CONDITIONS for option, _ in options):
        return ""
    words = ["python", "-m", "study", *(["reproduce"] if name == "article" else ["run", name])]
    words += ["--preset", preset.name]
    for option, value in options:
        words += [f"--{option.replace('_', '-')}", *value]
    return shlex.join(words)


def _of_study(settings: Mapping[str, Any], preset: Preset) -> Iterator[tuple[str, list[str]]]:
    for option in _PLAIN:
        if settings[option] != getattr(preset, option):
            yield option, [f"{settings[option]}"]
    if settings["target"] and not preset.target:
        raise SettingsError("a target is only for experiments that train to one")
    if not settings["batch_sizes"]:
        raise SettingsError("no batch sizes")
    if list(settings["batch_sizes"]) != list(preset.batch_sizes):
        yield "batch_sizes", [str(size) for size in settings["batch_sizes"]]
    seeds = _count(settings, "seeds")
    if seeds != preset.seeds:
        yield "seeds", [str(seeds)]
    for option in _COUNTED_SEEDS:
        if _count(settings, option) > seeds:
            raise SettingsError(f"{option} are more than the seeds of the study")
        if _count(settings, option) != min(seeds, getattr(preset, option)):
            yield option, [str(len(settings[option]))]
    measured = _measured_pictures(settings["measures"], preset.measures)
    if measured is not None:
        yield "measured_pictures", [str(measured)]
    if settings["reshuffle"]:
        yield "reshuffle", []
    yield from _of_devices(settings, preset)


def _of_devices(settings: Mapping[str, Any], preset: Preset) -> Iterator[tuple[str, list[str]]]:
    counts = sorted(settings["replicas"])
    if counts == [1]:
        if preset.several_devices:
            yield "devices", ["1"]
        return
    if len(counts) != 2 or counts[0] != 1:
        raise SettingsError("one command trains on one device, and on one further number of them")
    yield "devices", [str(counts[1])]
    if settings.get("logical_devices") is True:
        yield "logical_devices", []


def _of_data(settings: Mapping[str, Any], preset: Preset) -> Iterator[tuple[str, list[str]]]:
    data = data_of(settings)
    if data.get("embedded") is True:
        if preset.source != EMBEDDED:
            yield "data", ["synthetic"]
        if data.get("examples") != preset.pictures:
            yield "pictures", [_said(data, "examples", int)]
        return
    if data.get("source") != preset.source:
        yield "data", [_said(data, "source", str)]
    # what share of other pictures was taken, the command alone tells; the last option counts
    if parts := re.findall(r"--pictures[ =](\d+)", str(settings.get("command") or "")):
        yield "pictures", [parts[-1]]


def _said(data: Mapping[str, Any], key: str, kind: type) -> str:
    value = data.get(key)
    # an option's value that begins with a dash would be another option
    if type(value) is not kind or not value or str(value).startswith("-"):
        raise SettingsError(f"study.json does not hold the {key} of its pictures")
    return str(value)


def _count(settings: Mapping[str, Any], name: str) -> int:
    """How many seeds; an option has the first ones."""
    seeds = list(settings[name])
    if seeds != list(range(len(seeds))) or (name == "seeds" and not seeds):
        raise SettingsError(f"{name} are {seeds}, which no option asks for")
    return len(seeds)


def _measured_pictures(stored: Mapping[str, Any], preset: Measures) -> int | None:
    """``--measured-pictures`` as it was given, None without it.

    What is measured along runs is left out: a study keeps that from its first version.
    """
    own = {
        name: count
        for name, count in vars(preset).items()
        if name.endswith("_examples") and name != "along_examples"
    }
    if all(stored[name] == count for name, count in own.items()):
        return None
    if any(type(stored[name]) is not int or stored[name] < 1 for name in own):
        raise SettingsError("numbers of measured pictures are not all 1 or more")
    most = max(stored[name] for name in own)
    if any(stored[name] != min(count, most) for name, count in own.items()):
        raise SettingsError("no number of measured pictures explains those of this study")
    return most
