"""A preset with the options of the command line in place of its own values."""

from dataclasses import replace
from typing import TYPE_CHECKING

from study.command_line.number_lists import numbers_in_order
from study.command_line.preset_of_published import as_published, check_extends
from study.conduct.published_study import PublishedStudy
from study.data.load import EMBEDDED_NAMES
from study.errors import SettingsError
from study.experiments import get_experiment
from study.experiments.declare import Experiment
from study.experiments.presets import EMBEDDED, Preset
from study.experiments.sized_preset import FROM_CONDITIONS, sized_preset
from study.model import check_image_size, get_variant

DEFAULT = "quick"
"""The preset where none is named."""

if TYPE_CHECKING:
    from study.command_line.commands import StudyOptions


def adjusted_preset(
    options: "StudyOptions", experiment: str = "article", published: PublishedStudy | None = None
) -> Preset:
    """The preset, as the experiment changes it, with the options that were given in its place.

    Args:
        options: as they were given.
        experiment: its name.
        published: results to begin with, whose settings take the place of the preset's.

    Raises:
        SettingsError: the preset is unknown, or a value does not fit.
    """
    if published is not None:
        check_extends(published, experiment, options.data)
    name = options.preset or (DEFAULT if published is None else published.settings.preset)
    declared = get_experiment(experiment)
    preset = sized_preset(declared, name)
    _check_options(options, declared)
    if published is not None:
        preset = as_published(preset, published)
    names = (
        "pictures",
        "image_size",
        "patience",
        "max_epochs",
        "base_rate",
        "model",
        "heat_map_seeds",
        "search_seeds",
        "target",
    )
    given = {name: getattr(options, name) for name in names if getattr(options, name) is not None}
    if options.batch_sizes is not None:
        given["batch_sizes"] = numbers_in_order(options.batch_sizes, "--batch-sizes")
    if options.data and _source_name(options.data) != preset.source == EMBEDDED:
        # the preset's number of pictures is that of its drawings
        given.setdefault("pictures", None)
    if options.reshuffle and options.no_reshuffle:
        raise SettingsError("--reshuffle and --no-reshuffle; expected one of them at most.")
    if options.measured_pictures is not None:
        given["measures"] = preset.measures.at_most(options.measured_pictures)
    if options.reshuffle or options.no_reshuffle or published is None:
        given["reshuffle"] = options.reshuffle
    preset = replace(preset, **given)
    check_image_size(preset.image_size)
    get_variant(preset.model)
    return preset


def check_seeds(options: "StudyOptions", preset: Preset) -> None:
    """Refuses more seeds for a part of the runs than for the others.

    What a preset has by itself is cut down to --seeds.

    Raises:
        SettingsError: more came.
    """
    seeds = preset.seeds if options.seeds is None else options.seeds
    for name in ("heat_map_seeds", "search_seeds"):
        asked = getattr(options, name)
        if asked is not None and asked > seeds >= 1:
            raise SettingsError(
                f"--{name.replace('_', '-')} {asked}, but the study has --seeds {seeds}; expected "
                f"at most as many. Ask for fewer, or add --seeds {asked}."
            )


def _check_options(options: "StudyOptions", experiment: Experiment) -> None:
    """Refuses options that runs of the experiment do not have."""
    if options.target is not None and not any(c.to_target for c in experiment.conditions):
        raise SettingsError(f"--target with {experiment.name}, whose runs have none; leave it out.")
    if not experiment.conditions:
        return
    for option in FROM_CONDITIONS:
        if getattr(options, option) is not None:
            raise SettingsError(
                f"--{option.replace('_', '-')} with {experiment.name}: its runs and their lengths "
                "follow from its conditions; leave it out (--max-epochs sets the epochs)."
            )


def _source_name(source: str) -> str:
    return EMBEDDED if source in EMBEDDED_NAMES else source
