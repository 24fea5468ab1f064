"""From an experiment's conditions to runs: the rules carried out for the size of a study."""

import math
from dataclasses import replace

from study.conduct.settings import StudySettings
from study.errors import SettingsError
from study.experiments import get_experiment
from study.experiments.cells import round_rate
from study.experiments.conditions import Condition
from study.train.batch_growth import (
    adapt_regime,
    dynamic_sampling,
    growing_batches,
    piggyback,
    settled,
    step_decay,
)
from study.train.recipe import Normalisation, Recipe
from study.train.remedy_settings import Augmentation, ConservativeTraining, Remedy, RobustTraining
from study.train.schedule import Schedule, scaled_rate
from study.train.settings import RunSettings

# of a path at most: enough to see its bends, and 12 MB of them for the net at 32 pixels
SNAPSHOTS = 30
_REMEDIES: dict[str, Remedy] = {
    "augmentation": Augmentation(),
    "robust training": RobustTraining(),
    "conservative training": ConservativeTraining(),
}


def condition_runs(settings: StudySettings) -> dict[str, list[RunSettings]]:
    """The runs of every condition, by its name: by devices, then seed.

    Conditions that come to the same settings share their runs.

    Raises:
        SettingsError: a rule does not fit the size of the study.
    """
    return {
        condition.name: [
            condition_run(settings, condition, seed, replicas)
            for replicas in settings.replicas
            for seed in settings.seeds
        ]
        for condition in get_experiment(settings.experiment).conditions_of(settings.preset)
    }


def condition_run(
    settings: StudySettings, condition: Condition, seed: int, replicas: int
) -> RunSettings:
    """One run of a condition.

    Raises:
        SettingsError: a rule does not fit the size of the study; the message names the condition.
    """
    try:
        schedule = condition_schedule(settings, condition)
    except SettingsError as error:
        raise SettingsError(f"condition {condition.name!r}: {error}") from error
    first = schedule.phases[0]
    return RunSettings(
        data=settings.fingerprint,
        image_size=settings.image_size,
        model=settings.model,
        batch_size=first.batch_size,
        learning_rate=first.learning_rate,
        seed=seed,
        # a run by a schedule is never stopped before its end
        patience=schedule.epochs,
        max_epochs=schedule.epochs,
        reshuffle=settings.reshuffle,
        replicas=replicas,
        recipe=Recipe(
            schedule,
            condition.optimizer,
            float(condition.momentum),
            condition.nesterov,
            _REMEDIES[condition.remedy] if condition.remedy else None,
            _normalisation(condition),
            condition.ghost_size or None,
            condition.average_examples or None,
            weight_decay(settings, condition),
            # paths are measured on one device, and deleted then
            SNAPSHOTS if condition.path and replicas == 1 else 0,
            target=_target(settings) if condition.to_target else None,
            gradient_noise=condition.gradient_noise,
        ),
    )


def weight_decay(settings: StudySettings, condition: Condition) -> float:
    """The coefficient that shrinks the weights as told, with the base batch size; else 0."""
    if not condition.shrinkage:
        return 0.0
    small = replace(condition, batch_multiple=1, scaling="none")
    course = condition_schedule(settings, small)
    rates = [course.steps_of(epoch) * course.mean_rate(epoch) for epoch in range(course.epochs)]
    return round_rate(condition.shrinkage / math.fsum(rates))


def condition_schedule(settings: StudySettings, condition: Condition) -> Schedule:
    """The course of batch size and rate of a condition.

    Raises:
        SettingsError: the rule does not fit the epochs or the examples.
    """
    experiment, examples = get_experiment(settings.experiment), settings.train_examples
    base_size = min(settings.batch_sizes)
    size = first_batch_size(settings, condition)
    unscaled = round_rate(settings.base_rate * condition.rate_multiple)
    rate = round_rate(scaled_rate(condition.scaling, unscaled, base_size, size))
    epochs = round(settings.max_epochs * condition.epochs_multiple)
    changes = [round(share * epochs) for share in condition.changes]
    if condition.equal_updates_to:
        other = experiment.condition(condition.equal_updates_to)
        small = first_batch_size(settings, other)
        epochs, adapted = adapt_regime(examples, small, size, epochs, changes)
        changes = list(adapted)
    if condition.switch_at or condition.growth_share:
        if changes:
            raise SettingsError(
                f"“{condition.title}” has changes of the rate and a batch that grows to a share of "
                "the pictures, at one rate; expected one of the two."
            )
        schedule = _towards_share(settings, condition, size, rate, epochs)
    elif condition.grow:
        schedule = growing_batches(
            examples,
            size,
            rate,
            epochs,
            changes,
            condition.factor,
            condition.largest_batch(size, examples),
            condition.decays_first,
        )
    else:
        schedule = step_decay(examples, size, rate, epochs, changes, condition.factor)
    if condition.settling:
        last = max(1, round(condition.settling * epochs))
        schedule = settled(schedule, last, condition.factor)
    if not condition.warm_up:
        return schedule
    warm = max(1, round(condition.warm_up_share * epochs))
    return schedule.with_warm_up(condition.warm_up, warm, unscaled)


def first_batch_size(settings: StudySettings, condition: Condition) -> int:
    """The batch size that a condition begins with.

    Raises:
        SettingsError: a share of the training set is no larger than the base batch size.
    """
    starts_small = condition.switch_at or condition.growth_share
    if condition.batch_share and not starts_small:
        return _batch_of_share(settings, condition.batch_share)
    return min(settings.batch_sizes) * condition.batch_multiple


def _batch_of_share(settings: StudySettings, share: float) -> int:
    """A share of the training set in whole base batches, which devices share as they share one."""
    base, examples = min(settings.batch_sizes), settings.train_examples
    size = base * round(share * examples / base)
    if size <= base:
        raise SettingsError(
            f"{share:.0%} of {examples} training pictures are a batch of {share * examples:.0f}, "
            f"and the small batch is {base}; give {math.ceil(2 * base / share)} training pictures "
            "or more."
        )
    return size


def _towards_share(
    settings: StudySettings, condition: Condition, small: int, rate: float, epochs: int
) -> Schedule:
    """A small batch that becomes a share of the training set, at once or doubling, at one rate."""
    examples = settings.train_examples
    large = _batch_of_share(settings, condition.batch_share)
    if condition.switch_at:
        switch = max(1, round(condition.switch_at * epochs))
        return piggyback(examples, small, large, rate, epochs, switch)
    doublings = math.ceil(math.log2(large / small))
    every = max(1, round(condition.growth_share * epochs / doublings))
    return dynamic_sampling(examples, small, rate, epochs, 2.0, large, every, small)


def _target(settings: StudySettings) -> float:
    if not 0 < settings.target < math.inf:
        raise SettingsError(
            f"--target {settings.target:g}; {settings.experiment} trains until a validation loss "
            "is reached: expected a finite number above 0."
        )
    return settings.target


def _normalisation(condition: Condition) -> Normalisation:
    if condition.ghost_size:
        return "ghost"
    return "batch" if condition.batch_normalisation else ""
