"""A preset with the options of the command line in place of its own values."""

from dataclasses import replace
from typing import TYPE_CHECKING

from study.command_line.number_lists import numbers_in_order
from study.conduct.take_over import PublishedStudy
from study.data.load import EMBEDDED_NAMES
from study.errors import SettingsError
from study.experiments import get_experiment
from study.experiments.declare import Experiment
from study.experiments.presets import EMBEDDED, Preset, get_preset
from study.model import check_image_size, get_variant

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
        options = _with_preset_of(published, options, experiment)
    preset = _sized_preset(options, get_experiment(experiment))
    if published is not None:
        preset = _as_published(preset, published)
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


def _sized_preset(options: "StudyOptions", experiment: Experiment) -> Preset:
    """The preset of an experiment; where it compares conditions, they set the batch sizes."""
    preset, size = get_preset(options.preset), experiment.size(options.preset)
    if options.target is not None and not any(c.to_target for c in experiment.conditions):
        raise SettingsError(f"--target with {experiment.name}, whose runs have none; leave it out.")
    if not experiment.conditions:
        return preset
    for name in ("batch_sizes", "patience", "heat_map_seeds", "search_seeds"):
        if getattr(options, name) is not None:
            raise SettingsError(
                f"--{name.replace('_', '-')} with {experiment.name}: its runs and their lengths "
                "follow from its conditions; leave it out (--max-epochs sets the epochs)."
            )
    if size is None:
        sizes = ", ".join(size.preset for size in experiment.sizes)
        raise SettingsError(
            f"{experiment.name} has no preset {options.preset!r}; expected one of {sizes}."
        )
    multiples = {condition.batch_multiple for condition in experiment.conditions_of(size.preset)}
    batch_sizes = tuple(size.base_batch_size * multiple for multiple in sorted(multiples))
    return replace(preset, **size.changes(), batch_sizes=batch_sizes, search_seeds=0)


def _with_preset_of(
    published: PublishedStudy, options: "StudyOptions", experiment: str
) -> "StudyOptions":
    """The options with the published preset, unless they name another than the default one.

    Raises:
        SettingsError: the results are of another experiment, or on data that were not named.
    """
    stored, path = published.settings, published.directory.path
    if stored.experiment != experiment:
        command = "reproduce" if stored.experiment == "article" else f"run {stored.experiment}"
        raise SettingsError(
            f"{path} holds results of the experiment {stored.experiment}, expected {experiment}; "
            f"they are extended by 'python -m study {command} --extend {path}'."
        )
    source = published.data.get("source")
    if options.data is None and source not in (*EMBEDDED_NAMES, "tfds"):
        raise SettingsError(
            f"{path} was made on {source}; expected the same data, named with --data PATH."
        )
    default = type(options).preset
    return replace(options, preset=stored.preset) if options.preset == default else options


def _as_published(preset: Preset, published: PublishedStudy) -> Preset:
    """``preset`` with the settings of published results, and their numbers of seeds."""
    stored, data = published.settings, published.data
    if data.get("embedded") is True and type(data.get("examples")) is int:
        preset = replace(preset, source=EMBEDDED, pictures=data["examples"])
    return replace(
        preset,
        image_size=stored.image_size,
        model=stored.model,
        base_rate=stored.base_rate,
        batch_sizes=stored.batch_sizes,
        patience=stored.patience,
        max_epochs=stored.max_epochs,
        measures=stored.measures,
        reshuffle=stored.reshuffle,
        target=stored.target,
        seeds=len(stored.seeds),
        heat_map_seeds=len(stored.heat_map_seeds),
        search_seeds=len(stored.search_seeds),
    )


def _source_name(source: str) -> str:
    return EMBEDDED if source in EMBEDDED_NAMES else source
