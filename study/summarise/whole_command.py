"""The command that makes a study from the start, whatever it was made by."""

import re
import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from study.errors import SettingsError
from study.experiments import get_experiment
from study.experiments.presets import EMBEDDED, Measures, Preset
from study.experiments.sized_preset import sized_preset
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
        The command, without ``--out``; "" where the preset is none of this version.
    """
    name = str(settings["experiment"])
    try:
        preset = sized_preset(get_experiment(name), str(settings["preset"]))
    except SettingsError:
        return ""
    words = ["python", "-m", "study", *(["reproduce"] if name == "article" else ["run", name])]
    words += ["--preset", preset.name]
    for option, value in [*_of_data(settings, preset), *_of_study(settings, preset)]:
        words += [f"--{option.replace('_', '-')}", *value]
    return shlex.join(words)


def _of_study(settings: Mapping[str, Any], preset: Preset) -> Iterator[tuple[str, list[str]]]:
    for option in _PLAIN:
        if settings[option] != getattr(preset, option):
            yield option, [f"{settings[option]}"]
    if list(settings["batch_sizes"]) != list(preset.batch_sizes):
        yield "batch_sizes", [str(size) for size in settings["batch_sizes"]]
    seeds = len(settings["seeds"])
    if seeds != preset.seeds:
        yield "seeds", [str(seeds)]
    for option in _COUNTED_SEEDS:
        if len(settings[option]) != min(seeds, getattr(preset, option)):
            yield option, [str(len(settings[option]))]
    measured = _measured_pictures(settings["measures"], preset.measures)
    if measured is not None:
        yield "measured_pictures", [str(measured)]
    if settings["reshuffle"]:
        yield "reshuffle", []
    if (devices := max(settings["replicas"])) > 1:
        yield "devices", [str(devices)]
        if settings.get("logical_devices") is True:
            yield "logical_devices", []


def _of_data(settings: Mapping[str, Any], preset: Preset) -> Iterator[tuple[str, list[str]]]:
    data = data_of(settings)
    if data.get("embedded") is True:
        if preset.source != EMBEDDED:
            yield "data", ["synthetic"]
        if data.get("examples") != preset.pictures:
            yield "pictures", [str(data.get("examples"))]
        return
    if data.get("source") != preset.source:
        yield "data", [str(data.get("source"))]
    # what share of other pictures was taken, the command alone tells
    if part := re.search(r"--pictures[ =](\d+)", str(settings.get("command") or "")):
        yield "pictures", [part[1]]


def _measured_pictures(stored: Mapping[str, Any], preset: Measures) -> int | None:
    """``--measured-pictures`` as it was given; None without it, or where no number explains it."""
    counts = {name: count for name, count in stored.items() if name.endswith("_examples")}
    if counts == {name: getattr(preset, name) for name in counts}:
        return None
    most = max(counts.values())
    fits = all(count == min(getattr(preset, name), most) for name, count in counts.items())
    return most if fits else None
