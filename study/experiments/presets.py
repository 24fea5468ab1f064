"""The sizes in which an experiment can be made; every size is declared here and only here."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from study.errors import SettingsError

EMBEDDED = "embedded"


@dataclass(frozen=True)
class Measures:
    """How much is measured on the minimisers.

    Attributes:
        sharpness_examples: training pictures in the f of epsilon-sharpness.
        sharpness_trials: trials with different random starts, for each law below.
        sharpness_spaces, sharpness_epsilons: of the laws that the experiment declares, those
            with one of these; empty for all.
        interpolation_points: values of alpha in [-1, 2].
        interpolation_examples: pictures of each split.
        landscape_size: points along each axis of the grid.
        landscape_examples: training pictures.
        gradient_examples: training pictures for the norms of single gradients.
        along_levels: training losses at which sharpness is measured along a run, of those at
            which runs keep their weights; empty for none.
        along_examples: training pictures in the f of these.
        along_seeds: of so many seeds, the first ones; 0 for all.
    """

    sharpness_examples: int
    sharpness_trials: int
    interpolation_examples: int
    landscape_size: int
    landscape_examples: int
    gradient_examples: int
    interpolation_points: int = 25
    sharpness_spaces: tuple[str, ...] = ()
    sharpness_epsilons: tuple[float, ...] = ()
    along_levels: tuple[float, ...] = ()
    along_examples: int = 256
    along_seeds: int = 0

    def at_most(self, pictures: int) -> "Measures":
        """The same measurements on at most so many pictures each.

        Raises:
            SettingsError: not one picture.
        """
        if pictures < 1:
            raise SettingsError(f"--measured-pictures {pictures}; expected 1 or more.")
        counts = {name: count for name, count in vars(self).items() if name.endswith("_examples")}
        return replace(self, **{name: min(count, pictures) for name, count in counts.items()})

    def chosen(self, laws: Iterable[tuple[str, float]]) -> tuple[tuple[str, float], ...]:
        """Those of the declared laws (space, epsilon) of sharpness that are measured."""
        return tuple(
            (space, epsilon)
            for space, epsilon in laws
            if (not self.sharpness_spaces or space in self.sharpness_spaces)
            and (not self.sharpness_epsilons or epsilon in self.sharpness_epsilons)
        )


@dataclass(frozen=True)
class Preset:
    """A size: data, net, grid, stop rule, measurements.

    Attributes:
        name: as typed on the command line.
        summary: what it is for, in a line.
        source: data when none are named.
        pictures: a subset of that many, training and validation together; None for all.
        image_size: side in pixels.
        batch_sizes: of every arm.
        base_rate: learning rate of the arm "fixed"; the other rates are multiples of it.
        seeds: paired seeds of the arms.
        heat_map_seeds: seeds of those cells that only the heat map needs.
        patience, max_epochs: the stop rule.
        model: a name of ``study.model.VARIANTS``.
        measures: how much is measured.
        several_devices: also train on all GPUs of the machine, where there are several, or on as
            many of them as divide every batch size.
        reshuffle: a new order of the pictures in every epoch; the article keeps one order.
        search_seeds: seeds of the other models in the experiment's search for the model, at most
            as many as ``seeds``.
        target: validation loss at which runs that have a target end; 0 for none.
    """

    name: str
    summary: str
    source: str
    pictures: int | None
    image_size: int
    base_rate: float
    seeds: int
    heat_map_seeds: int
    patience: int
    max_epochs: int
    measures: Measures
    batch_sizes: tuple[int, ...] = (32, 64, 128, 256)
    model: str = "plain"
    several_devices: bool = False
    search_seeds: int = 0
    reshuffle: bool = False
    target: float = 0.0


PRESETS = {
    preset.name: preset
    for preset in (
        Preset(
            name="smoke",
            summary="does every part work? a minute, for tests",
            source=EMBEDDED,
            pictures=640,
            image_size=32,
            base_rate=0.05,
            seeds=1,
            heat_map_seeds=1,
            patience=2,
            max_epochs=3,
            batch_sizes=(32, 256),
            measures=Measures(
                sharpness_examples=128,
                sharpness_trials=1,
                interpolation_examples=128,
                landscape_size=5,
                landscape_examples=64,
                gradient_examples=256,
                along_levels=(0.65,),
                along_examples=64,
                sharpness_spaces=("full",),
                sharpness_epsilons=(1e-3,),
            ),
        ),
        Preset(
            name="quick",
            summary="the whole study in small, on pictures that the project draws itself",
            source=EMBEDDED,
            pictures=2_400,
            image_size=32,
            base_rate=0.04,
            seeds=3,
            heat_map_seeds=1,
            patience=15,
            max_epochs=250,
            measures=Measures(
                sharpness_examples=256,
                sharpness_trials=1,
                interpolation_examples=480,
                landscape_size=21,
                landscape_examples=256,
                gradient_examples=512,
                along_levels=(0.5, 0.3),
                along_examples=64,
                along_seeds=1,
                sharpness_epsilons=(1e-3,),
            ),
        ),
        Preset(
            name="cpu",
            summary="the real pictures at 64 pixels, a day on a small machine",
            source="tfds",
            pictures=None,
            image_size=64,
            base_rate=0.01,
            seeds=3,
            heat_map_seeds=3,
            patience=50,
            max_epochs=2_000,
            model="dropout",
            search_seeds=1,
            measures=Measures(
                sharpness_examples=2_048,
                sharpness_trials=5,
                interpolation_examples=4_096,
                landscape_size=21,
                landscape_examples=2_048,
                gradient_examples=2_048,
                # with dropout large batches at one rate stay between 0.5 and 0.6
                along_levels=(0.68, 0.66, 0.65, 0.6, 0.55, 0.5, 0.4, 0.3, 0.2, 0.1),
                along_examples=1_024,
            ),
        ),
        Preset(
            name="paper",
            summary="the article's sizes: 128 pixels, patience 100, one seed, one device and all",
            source="tfds",
            pictures=None,
            image_size=128,
            base_rate=0.01,
            seeds=1,
            heat_map_seeds=1,
            patience=100,
            max_epochs=3_000,
            model="dropout",
            several_devices=True,
            search_seeds=1,
            measures=Measures(
                sharpness_examples=18_610,
                sharpness_trials=5,
                interpolation_examples=18_610,
                landscape_size=25,
                landscape_examples=4_652,
                gradient_examples=2_048,
                along_levels=(
                    0.68,
                    0.66,
                    0.65,
                    0.6,
                    0.55,
                    0.5,
                    0.45,
                    0.4,
                    0.35,
                    0.3,
                    0.25,
                    0.2,
                    0.15,
                    0.1,
                    0.05,
                ),
                along_examples=4_652,
            ),
        ),
    )
}


def get_preset(name: str) -> Preset:
    """Looks a preset up by name.

    Raises:
        SettingsError: there is none of that name.
    """
    if name not in PRESETS:
        raise SettingsError(f"unknown preset {name!r}; expected one of {', '.join(PRESETS)}.")
    return PRESETS[name]
