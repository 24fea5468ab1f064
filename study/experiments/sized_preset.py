"""A preset as an experiment changes it."""

from dataclasses import replace

from study.errors import SettingsError
from study.experiments.declare import Experiment
from study.experiments.presets import Preset, get_preset

FROM_CONDITIONS = ("batch_sizes", "patience", "heat_map_seeds", "search_seeds")
"""Options that an experiment with conditions has not: they follow from its conditions."""


def sized_preset(experiment: Experiment, name: str) -> Preset:
    """The preset of that name; where the experiment compares conditions, they set batch sizes.

    Raises:
        SettingsError: there is no such preset, or the experiment has none of that name.
    """
    preset, size = get_preset(name), experiment.size(name)
    if not experiment.conditions:
        return preset
    if size is None:
        sizes = ", ".join(size.preset for size in experiment.sizes)
        raise SettingsError(f"{experiment.name} has no preset {name!r}; expected one of {sizes}.")
    multiples = {condition.batch_multiple for condition in experiment.conditions_of(size.preset)}
    batch_sizes = tuple(size.base_batch_size * multiple for multiple in sorted(multiples))
    return replace(preset, **size.changes(), batch_sizes=batch_sizes, search_seeds=0)
