"""Declared departures with the numbers of a study in their words."""

import math
from collections.abc import Mapping
from typing import Any

from study.experiments.declare import Condition, Experiment
from study.summarise.data_facts import data_of
from study.summarise.deviations_of_data import Deviation
from study.summarise.deviations_of_measuring import ALONE, search_words
from study.summarise.measured import Measured
from study.words import counted, listed


def departures(
    settings: Mapping[str, Any], study: Measured, experiment: Experiment
) -> list[Deviation]:
    """What the experiment declares, worded for a study with these settings (study.json)."""
    numbers = _numbers(settings, study, experiment)
    return [
        (found.what, found.source, found.here.format(**numbers), found.why)
        for found in experiment.departures
    ]


def _numbers(
    settings: Mapping[str, Any], study: Measured, experiment: Experiment
) -> dict[str, Any]:
    """What ``Departure.here`` may name."""
    search = search_words(study)
    pictures = int(data_of(settings).get("train_examples") or 0)
    epochs = int(settings.get("max_epochs") or 0)
    base = min(settings.get("batch_sizes") or (0,))
    return {
        "pictures": f"{pictures:,}",
        "pixels": settings.get("image_size"),
        "model": settings.get("model"),
        "epochs": settings.get("max_epochs"),
        "seeds": counted(len(settings.get("seeds") or ()), "seed"),
        "left": {c.name: epochs - _switch(c, epochs) for c in experiment.conditions},
        "updates": {
            c.name: f"{_updates(c, epochs, pictures, base):,}" for c in experiment.conditions
        },
        "sharpness": _sharpness(settings, experiment, pictures),
        "search": f"{search}, at most 10 iterations{'' if search == ALONE else ' from each'}",
    }


def _switch(condition: Condition, epochs: int) -> int:
    """Epochs before the batch of the start gives way to the share of the data."""
    return round(condition.switch_at * epochs)


def _updates(condition: Condition, epochs: int, pictures: int, base: int) -> int:
    """Updates of the batch that a condition comes to: 1 / share an epoch, up to whole batches."""
    epochs = round(epochs * condition.epochs_multiple)
    if condition.batch_share:
        return round((epochs - _switch(condition, epochs)) / condition.batch_share)
    return epochs * math.ceil(pictures / (base * condition.batch_multiple)) if base else 0


def _sharpness(settings: Mapping[str, Any], experiment: Experiment, pictures: int) -> str:
    """By which boxes, in how many trials and on how many pictures sharpness is measured."""
    found = settings.get("measured")
    measured = found if isinstance(found, Mapping) else {}
    declared = dict.fromkeys(epsilon for _, epsilon in experiment.sharpness)
    wanted = measured.get("sharpness_epsilons") or declared
    boxes = listed(_box(epsilon) for epsilon in declared if epsilon in wanted)
    trials = counted(int(measured.get("sharpness_trials") or 1), "trial")
    count = int(measured.get("sharpness_examples") or pictures)
    part = f"{count:,} of {pictures:,}" if count < pictures else "all"
    return f"epsilon {boxes}, {trials}, on {part} training pictures"


def _box(epsilon: float) -> str:
    """1e-3, 5e-4."""
    digits, _, exponent = f"{epsilon:e}".partition("e")
    return f"{float(digits):g}e{int(exponent)}"
