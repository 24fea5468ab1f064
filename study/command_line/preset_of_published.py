"""The size of a study that begins with published results: theirs."""

from dataclasses import replace

from study.conduct.published_study import PublishedStudy
from study.data.load import EMBEDDED_NAMES
from study.errors import SettingsError
from study.experiments.presets import EMBEDDED, Preset

_TFDS = "tfds"


def check_extends(published: PublishedStudy, experiment: str, data: str | None) -> None:
    """Refuses published results of another experiment, or on pictures that were not named.

    Args:
        published: the results.
        experiment: that is to be made.
        data: as it was given on the command line.

    Raises:
        SettingsError: they do not fit.
    """
    stored, path = published.settings, published.directory.path
    if stored.experiment != experiment:
        command = "reproduce" if stored.experiment == "article" else f"run {stored.experiment}"
        raise SettingsError(
            f"{path} holds results of the experiment {stored.experiment}, expected {experiment}; "
            f"they are extended by 'python -m study {command} --extend {path}'."
        )
    source = published.data.get("source")
    if data is None and source not in (*EMBEDDED_NAMES, _TFDS):
        raise SettingsError(
            f"{path} was made on {published.data.get('examples')} pictures of {source}; expected "
            "the same, named with --data PATH (and --pictures where it was a part of them)."
        )


def as_published(preset: Preset, published: PublishedStudy) -> Preset:
    """``preset`` with the settings of published results, and their numbers of seeds."""
    stored, data = published.settings, published.data
    if data.get("embedded") is True and type(data.get("examples")) is int:
        preset = replace(preset, source=EMBEDDED, pictures=data["examples"])
    elif data.get("source") == _TFDS and preset.source == EMBEDDED:
        # the preset's number of pictures is that of its drawings
        preset = replace(preset, source=_TFDS, pictures=None)
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
