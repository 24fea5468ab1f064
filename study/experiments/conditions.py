"""Conditions: ways to train that an experiment compares, as rules in terms of the study's size."""

from dataclasses import dataclass
from typing import Any, Literal

from study.experiments.cells import Cell


@dataclass(frozen=True)
class Condition:
    """One way to train; a run for each seed.

    Everything is told relative to the study (its base rate, its base batch size, its examples N
    and its epochs), so that one declaration serves small and large studies. How it is turned into
    a run is in ``study.conduct.conditions``.

    Attributes:
        name: unique within the experiment, stored in the frame `conditions`.
        title: as a reader sees it.
        batch_multiple: of the base batch size, at the start.
        batch_share: batch size as a share of N, in whole base batches, in place of the multiple;
            with ``switch_at`` or ``growth_share`` the one that the run comes to.
        switch_at: share of the epochs after which the batch of the start gives way to that share
            of N (piggyback: Keskar et al. 2017); 0 for no switch.
        growth_share: share of the epochs over which the batch doubles until it is that share of N,
            at one rate (dynamic sampling); 0 for none.
        scaling: of the rate with the batch size.
        rate_multiple: of the base rate, before it is scaled. The base rate is that of plain SGD:
            momentum m makes steps 1 / (1 - m) times as long.
        warm_up: "" for none; it starts from the rate before it is scaled.
        warm_up_share: of the epochs, at least one.
        changes: after these shares of the epochs the noise scale drops by ``factor``.
        factor: above 1.
        settling: share of the epochs, the last ones, with the rate divided by ``factor``, whatever
            the batch size does; 0 for none.
        grow: whether the batch grows at a change (and the rate drops only at its limit); else the
            rate drops.
        decays_first: so many changes at the beginning drop the rate all the same.
        largest_share: limit of a growing batch as a share of N.
        momentum, nesterov, optimizer: as in ``study.train.recipe.Recipe``.
        ghost_size: rows of a ghost; 0 for no ghost batch normalisation.
        batch_normalisation: over the whole batch.
        average_examples: examples after which moving averages of normalisation keep a 1 / e; 0
            for Keras's momentum of 0.99 a batch or ghost.
        remedy: a remedy of Keskar et al. 2017 with its usual numbers; "" for none.
        shrinkage: strength of weight decay, as the logarithm of the factor by which it alone would
            shrink weights that train with the base batch size; 0 for none. Larger batches have the
            same coefficient, not the same factor.
        path: whether the run keeps weights along its way, for its trajectory.
        to_target: whether its runs end at the study's target, a validation loss.
        gradient_noise: whether its runs measure the gradient noise scale after each epoch.
        epochs_multiple: of the study's epochs.
        equal_updates_to: name of the condition whose number of updates this one makes, by more
            epochs; "" for the study's epochs.
    """

    name: str
    title: str
    batch_multiple: int = 1
    batch_share: float = 0.0
    switch_at: float = 0.0
    growth_share: float = 0.0
    scaling: Literal["none", "linear", "square root"] = "none"
    rate_multiple: float = 1.0
    warm_up: Literal["", "constant", "gradual"] = ""
    warm_up_share: float = 0.0
    changes: tuple[float, ...] = ()
    factor: float = 5.0
    settling: float = 0.0
    grow: bool = False
    decays_first: int = 0
    largest_share: float = 0.1
    momentum: float = 0.0
    nesterov: bool = False
    optimizer: Literal["sgd", "adam"] = "sgd"
    ghost_size: int = 0
    batch_normalisation: bool = False
    average_examples: int = 0
    remedy: Literal["", "augmentation", "robust training", "conservative training"] = ""
    to_target: bool = False
    gradient_noise: bool = False
    epochs_multiple: float = 1.0
    equal_updates_to: str = ""
    shrinkage: float = 0.0
    path: bool = False

    @property
    def cell(self) -> Cell:
        """Where its runs are found."""
        return Cell(0, condition=self.name)

    def largest_batch(self, first: int, examples: int) -> int:
        """What a batch of ``first`` pictures can grow to on so many examples.

        Devices share a batch that is a multiple of the first one, as they share that. One that
        begins at the limit, or above it, stays as it is.
        """
        return max(int(examples * self.largest_share) // first * first, first)


@dataclass(frozen=True)
class Size:
    """What a preset is changed to for an experiment of conditions; None leaves it as it is.

    Attributes:
        preset: its name.
        epochs: of every run, but those that make as many updates as another.
        base_rate: learning rate of plain SGD at the base batch size.
        target: validation loss at which runs of conditions that have one end.
        base_batch_size: that the conditions' batch sizes are multiples of.
        conditions: names of those that are run; empty for all.
        pictures, seeds, image_size, model: as in ``study.experiments.presets.Preset``.
    """

    preset: str
    epochs: int
    base_rate: float
    base_batch_size: int = 32
    target: float | None = None
    conditions: tuple[str, ...] = ()
    pictures: int | None = None
    seeds: int | None = None
    image_size: int | None = None
    model: str | None = None

    def changes(self) -> dict[str, Any]:
        """Values of the preset that are replaced, by name; runs are never stopped early."""
        given = ("pictures", "seeds", "image_size", "model", "target")
        return {
            "max_epochs": self.epochs,
            "patience": self.epochs,
            "base_rate": self.base_rate,
            **{name: getattr(self, name) for name in given if getattr(self, name) is not None},
        }


@dataclass(frozen=True)
class Lesson:
    """What a person choosing a batch size takes from a claim, by its verdict."""

    claim: str
    reproduced: str
    not_reproduced: str


@dataclass(frozen=True)
class Departure:
    """What every study of an experiment does in another way than its source.

    ``here`` may name numbers of the study: {pictures} to train on, {pixels}, {model}, {epochs},
    {seeds}; {sharpness}, how it is measured; and of a condition {updates[name]} by the batch that
    it comes to, and {left[name]}, the epochs of these.
    """

    what: str
    source: str
    here: str
    why: str
