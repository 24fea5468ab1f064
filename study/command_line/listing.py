"""``list``: what can be run."""

from rich.table import Table

from study.command_line.terminal import console, escaped
from study.experiments import EXPERIMENTS, get_claim, get_experiment
from study.experiments.presets import EMBEDDED, PRESETS
from study.model import VARIANTS


def show_list() -> int:
    """Prints experiments, presets, models and data sources."""
    terminal = console()
    experiments = Table("experiment", "title", "claims", title="Experiments", box=None)
    for name, experiment in EXPERIMENTS.items():
        experiments.add_row(name, experiment.title, str(len(experiment.claims)))
    presets = Table("preset", "data", "pictures", "pixels", "seeds", "patience", "for", box=None)
    presets.title = "Presets"
    for preset in PRESETS.values():
        presets.add_row(
            preset.name,
            "synthetic" if preset.source == EMBEDDED else preset.source,
            "all" if preset.pictures is None else f"{preset.pictures:,}",
            str(preset.image_size),
            str(preset.seeds),
            str(preset.patience),
            preset.summary,
        )
    models = Table("model", "what it is", title="Models", box=None)
    for name, variant in VARIANTS.items():
        models.add_row(name, variant.summary)
    sources = Table("data", "what it is", title="Data sources", box=None)
    for name, words in _SOURCES.items():
        sources.add_row(name, words)
    for table in (experiments, presets, models, sources):
        table.title_justify = "left"
        table.pad_edge = False
        terminal.print(table)
        terminal.print()
    return 0


def show_claims(experiment: str, identifier: str | None) -> int:
    """Prints the claims of an experiment, or one of them, with their tests.

    Raises:
        SettingsError: there is no such experiment, or no such claim.
    """
    terminal = console()
    declared = get_experiment(experiment)
    chosen = [get_claim(declared, identifier)] if identifier else declared.claims
    for claim in chosen:
        terminal.print(f"[bold]{claim.id}[/]  {escaped(claim.text)}")
        terminal.print(f"    quantity: {escaped(claim.quantity)}")
        terminal.print(f"    tested: {escaped(claim.test)}")
    return 0


_SOURCES = {
    "synthetic": "cats and dogs that the project draws itself; needs no network",
    "tfds": "TensorFlow Datasets' cats_vs_dogs: prepared before, or downloaded",
    "PATH.zip": "an archive laid out like the original: PetImages/Cat/0.jpg, PetImages/Dog/0.jpg",
    "PATH/": "a folder with one sub-folder a class, or a prepared TFDS directory",
}
