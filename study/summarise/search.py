"""The search for the model that made a source's figures: how well each variant fits them.

A variant's score in a seed is the mean over printed numbers of ``|log(ours / printed)|``, 0
within a printed range; its score is the mean over seeds. Variants are compared on the seeds and
on the printed numbers that all of them have so far: a mean over three seeds beside one over a
lucky one would compare luck. Only completed runs have numbers.
"""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from study.experiments.declare import Experiment, ModelSearch, Published
from study.summarise.cells import by_seed, cell_note, finite, mean_of
from study.summarise.data_facts import data_of
from study.summarise.measured import Measured
from study.summarise.of_model import model_of
from study.summarise.quantity_names import quantity_named
from study.summarise.statistics import Estimate, mean_interval
from study.words import counted, listed, number

Numbers = dict[str, dict[int, float]]
"""Id of a printed number -> seed -> our number."""


def model_search(
    settings: Mapping[str, Any], frames: Mapping[str, pd.DataFrame], experiment: Experiment
) -> dict[str, Any] | None:
    """The value of ``model_search`` in summary.json; None for a study without such runs.

    Returns:
        ``question``, ``text``, ``conditions``; ``rows``, one a variant and printed number
        (``variant``, ``quantity``, ``title``, ``unit``, ``batch_size``, ``published``, ``ours``,
        ``ours_low``, ``ours_high``, ``n``, ``log_ratio``: mean over seeds, signed; ``note``);
        ``scores``, one a variant (``variant``, ``score``, ``score_low``, ``score_high``, ``n``
        seeds, ``values``, ``seeds``: on the numbers compared; ``numbers``: how many of the
        printed ones it has); ``seeds`` (those compared, [] while there are none that all variants
        have; rows and scores are then over the seeds of each), ``compared_on`` and ``printed``
        (counts), ``best`` (None while fewer than two variants can be compared) and ``how_sure``,
        sentences.
    """
    search = experiment.search
    if search is None or not _has_other_models(settings, frames):
        return None
    printed = printed_numbers(search, experiment)
    studies = {
        variant: Measured({**settings, "model": variant}, frames, experiment)
        for variant in search.variants
    }
    every = {
        variant: {
            item.id: by_seed(item.quantity, experiment.cell_of(item), study) for item in printed
        }
        for variant, study in studies.items()
    }
    begun = [variant for variant in search.variants if any(every[variant].values())]
    shared = [item for item in printed if begun and all(every[v][item.id] for v in begun)]
    seeds = _shared_seeds([seed_scores(shared, every[variant]) for variant in begun])
    numbers = {variant: _of_seeds(every[variant], seeds) for variant in search.variants}
    scores = {variant: seed_scores(shared, numbers[variant]) for variant in search.variants}
    best, sure = _judge({variant: scores[variant] for variant in begun if scores[variant]})
    spreads = {variant: seed_scores(shared, every[variant]) for variant in begun}
    return {
        "question": search.question,
        "text": search.text,
        "conditions": conditions(settings, experiment),
        "rows": [
            _row(variant, item, numbers[variant][item.id], studies[variant], experiment)
            for variant in search.variants
            for item in printed
        ],
        "scores": [
            _score_row(variant, scores[variant], numbers[variant]) for variant in search.variants
        ],
        "seeds": seeds,
        "compared_on": len(shared),
        "printed": len(printed),
        "best": best,
        "how_sure": " ".join(
            filter(
                None,
                (
                    _so_far(begun, shared, printed, search),
                    _which_seeds(every, seeds),
                    sure,
                    _spread(spreads, len(seeds)),
                ),
            )
        ),
    }


def conditions(settings: Mapping[str, Any], experiment: Experiment) -> str:
    """What differs from the article in all variants alike, so that none can fit in full."""
    embedded = data_of(settings).get("embedded") is True
    text = (
        f"All of them on pictures of {settings.get('image_size')} pixels a side, stopped after "
        f"{settings.get('patience')} epochs without a lower validation loss"
    )
    there = experiment.set_up
    text += f"; the source has {there.image_size} and {there.patience}." if there else "."
    if embedded:
        text += " The pictures are drawn, not the article’s, so the fit says little here."
    return text


def printed_numbers(search: ModelSearch, experiment: Experiment) -> list[Published]:
    """The printed numbers that a search is held against, in the order of declaration."""
    sizes = {cell.batch_size for cell in search.cells}
    return [
        item
        for item in experiment.published
        if item.arm == search.arm
        and item.quantity in search.quantities
        and item.batch_size in sizes
        and item.limits is not None
        and not item.several_devices
    ]


def log_distance(ours: float, low: float, high: float) -> float:
    """``log(ours / printed)``, printed being the nearer end of [low, high]; 0 within it.

    All positive; negative where ours is smaller.
    """
    return math.log(ours / min(max(ours, low), high))


def seed_scores(printed: list[Published], numbers: Numbers) -> dict[int, float]:
    """The score of each seed that has all the ``printed`` numbers; {} without any number."""
    if not printed:
        return {}
    seeds = set.intersection(*(set(numbers[item.id]) for item in printed))
    return {
        seed: float(np.mean([abs(_distance(item, numbers[item.id][seed])) for item in printed]))
        for seed in sorted(seeds)
    }


def _distance(item: Published, ours: float) -> float:
    low, high = item.limits or (math.nan, math.nan)
    return log_distance(ours, low, high) if ours > 0 else math.nan


def _has_other_models(settings: Mapping[str, Any], frames: Mapping[str, pd.DataFrame]) -> bool:
    runs = frames.get("runs")
    return (
        runs is not None and "model" in runs and bool((runs["model"] != model_of(settings)).any())
    )


def _row(
    variant: str,
    item: Published,
    values: dict[int, float],
    study: Measured,
    experiment: Experiment,
) -> dict[str, Any]:
    quantity, ours = quantity_named(item.quantity), mean_of(item.quantity, values.values())
    ratios = [_distance(item, value) for value in values.values()]
    low, high = ours.interval or (None, None)
    return {
        "variant": variant,
        "quantity": item.quantity,
        "title": quantity.title,
        "unit": quantity.unit,
        "batch_size": item.batch_size,
        "published": item.shown,
        "ours": finite(ours.effect),
        "ours_low": low,
        "ours_high": high,
        "n": ours.n,
        "log_ratio": finite(float(np.mean(ratios))) if ratios else None,
        "note": cell_note(experiment.cell_of(item), study) or ("" if ours.n else "not run"),
    }


def _score_row(variant: str, scores: dict[int, float], numbers: Numbers) -> dict[str, Any]:
    estimate = mean_interval(list(scores.values())).within(0, math.inf)
    low, high = estimate.interval or (None, None)
    return {
        "variant": variant,
        "score": finite(estimate.effect),
        "score_low": low,
        "score_high": high,
        "n": estimate.n,
        "values": list(scores.values()),
        "seeds": list(scores),
        "numbers": sum(bool(values) for values in numbers.values()),
    }


def _so_far(
    begun: list[str], shared: list[Published], printed: list[Published], search: ModelSearch
) -> str:
    """What is still missing, "" when nothing is."""
    texts = []
    if missing := [variant for variant in search.variants if variant not in begun]:
        texts.append(f"No completed runs yet of {listed(missing)}.")
    if begun and len(shared) < len(printed):
        texts.append(
            f"Compared on the {len(shared)} of {len(printed)} printed numbers that all of them "
            "have so far."
        )
    return " ".join(texts)


def _judge(scores: dict[str, dict[int, float]]) -> tuple[str | None, str]:
    """The variant with the lowest score, and how sure that is."""
    means = {variant: float(np.mean(list(values.values()))) for variant, values in scores.items()}
    if len(means) < 2:
        return None, "Fewer than two models have numbers to compare."
    best, second = sorted(means, key=lambda variant: means[variant])[:2]
    gap = means[second] - means[best]
    text = (
        f"“{best}” fits best: its numbers are off by a factor of {number(math.exp(means[best]))} "
        f"in the mean, those of “{second}”, the next, by {number(math.exp(means[second]))}; "
        f"their scores differ by {number(gap)}."
    )
    shared = sorted(set(scores[best]) & set(scores[second]))
    if not shared:
        return None, "The two that fit best share no seed and cannot be compared."
    difference = mean_interval([scores[second][seed] - scores[best][seed] for seed in shared])
    return best, f"{text} {_how_sure(difference)}"


def _how_sure(difference: Estimate) -> str:
    if difference.interval is not None:
        low, high = difference.interval
        seeds = f"over {counted(difference.n, 'seed')}"
        clear = "so it is clear" if low > 0 else "so it may be chance"
        return (
            f"Paired {seeds} the difference has a 95 % interval of {number(low)} to "
            f"{number(high)}, {clear} between these two."
        )
    return "They share one seed, which has no interval, so chance is not ruled out."


def _spread(scores: dict[str, dict[int, float]], shared: int) -> str:
    """How far seeds spread, where those shared do not tell; "" where they do."""
    if shared != 1 or len(scores) < 2:
        return ""
    spreads = {
        variant: float(np.ptp(list(values.values())))
        for variant, values in scores.items()
        if len(values) > 1
    }
    if not spreads:
        return "How far seeds spread is not known from these runs."
    listing = listed(
        f"{number(spread)} over the {len(scores[variant])} seeds of {variant}"
        for variant, spread in spreads.items()
    )
    return f"For comparison, scores spread by {listing}."


def _shared_seeds(scores: list[dict[int, float]]) -> list[int]:
    """The seeds of which all variants have all the numbers that are compared."""
    return sorted(set.intersection(*map(set, scores))) if scores else []


def _which_seeds(variants: dict[str, Numbers], seeds: list[int]) -> str:
    """Which seeds are compared, "" where these are all that there are."""
    every = {
        seed for numbers in variants.values() for values in numbers.values() for seed in values
    }
    if not seeds or set(seeds) == every:
        return ""
    return f"Only what all of them have is compared: seed {listed(map(str, seeds))}."


def _of_seeds(numbers: Numbers, seeds: list[int]) -> Numbers:
    if not seeds:
        return numbers
    return {
        item: {seed: value for seed, value in values.items() if seed in seeds}
        for item, values in numbers.items()
    }
