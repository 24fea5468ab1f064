"""What a study did in another way than its source, and why; from its settings alone."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from study.experiments.declare import Experiment, SetUp
from study.summarise.data_facts import data_of
from study.summarise.departures import departures
from study.summarise.deviations_of_data import Deviation, of_data, order_of_pictures
from study.summarise.deviations_of_measuring import of_measuring
from study.summarise.measured import Measured
from study.words import counted, listed


def deviations(
    settings: Mapping[str, Any], study: Measured, experiment: Experiment
) -> list[dict[str, str]]:
    """Rows of ``what``, ``source`` (there), ``here`` and ``why``, plain texts.

    Args:
        settings: what study.json holds; a setting that it lacks is passed over.
        study: the same with its frames.
        experiment: the declaration that the study follows.
    """
    keys = ("what", "source", "here", "why")
    if experiment.set_up is None:
        departed = departures(settings, study, experiment)
        departed += _never_grown(settings, study, experiment)
        departed += _one_order(settings)
        # a number of this study may happen to be the source's
        found = [row for row in departed if row[1] != row[2]]
    else:
        found = [
            *of_data(settings, experiment.set_up),
            *order_of_pictures(settings, experiment.set_up),
            *_of_training(settings, study, experiment),
            *_left_out(settings, study, experiment),
            *of_measuring(settings, study, experiment.set_up),
            *_of_devices(study, experiment.set_up),
        ]
    return [dict(zip(keys, row, strict=True)) for row in found]


def _one_order(settings: Mapping[str, Any]) -> Iterator[Deviation]:
    """Papers draw a new order for every epoch; a study does so where it is asked to."""
    if settings.get("reshuffle") is False:
        yield (
            "order of the pictures",
            "a new one in every epoch",
            "the same in every epoch, so that batches of one size hold the same pictures each time",
            "one order in all chapters, the study’s own; --reshuffle draws new ones",
        )


def _never_grown(
    settings: Mapping[str, Any], study: Measured, experiment: Experiment
) -> Iterator[Deviation]:
    """Conditions whose batch is to grow, but begins at the limit of this study's few pictures."""
    examples = int(data_of(settings).get("train_examples") or 0)
    if not examples:
        return
    for condition in experiment.conditions_of(str(settings.get("preset"))):
        first = min(study.batch_sizes) * condition.batch_multiple
        if condition.grow and condition.largest_batch(first, examples) == first:
            limit = int(examples * condition.largest_share)
            yield (
                f"“{condition.title}”",
                "its batch grows",
                f"its batch begins with {first:,} pictures and never grows, the limit being "
                f"{limit:,}; every change lowers the rate instead",
                "the data are fewer, and its first batch is a multiple of the smallest",
            )


def _of_training(
    settings: Mapping[str, Any], study: Measured, experiment: Experiment
) -> Iterator[Deviation]:
    there = experiment.set_up
    if there is None:
        return
    model = settings.get("model")
    if model and model != there.model:
        why = "its search for the model compares them"
        if not settings.get("search_seeds"):
            why = "which of them fits the printed numbers is searched for elsewhere (real-32px)"
        yield (
            "model",
            f"“{there.model}” by its text",
            f"“{model}”",
            f"the variant that this study is about; {why}",
        )
    if study.base_rate != experiment.base_rate:
        yield (
            "base learning rate",
            f"{experiment.base_rate:g}",
            f"{study.base_rate:g}",
            "it suits these pictures; the other rates are the same multiples of it",
        )
    if tuple(study.batch_sizes) != experiment.batch_sizes:
        sizes = [", ".join(map(str, s)) for s in (experiment.batch_sizes, study.batch_sizes)]
        yield "batch sizes", sizes[0], sizes[1], "as asked for"
    patience, limit = settings.get("patience"), settings.get("max_epochs")
    if patience and patience != there.patience:
        yield (
            "stop rule",
            f"{there.patience} epochs without a lower validation loss",
            f"{patience} epochs",
            "it ends runs sooner; a later, lower minimum may be missed",
        )
    if limit:
        cut = sum(row.get("stopped_by") == "max_epochs" for row in study.runs)
        stopped = "no run" if not cut else counted(cut, "run")
        yield (
            "limit of epochs",
            "none is named",
            f"{limit:,}; it stopped {stopped}",
            "it bounds the time of a study",
        )
    seeds = len(settings.get("seeds") or study.seeds)
    if seeds != there.seeds:
        here = counted(seeds, "seed")
        fewer = len(settings.get("heat_map_seeds") or ())
        if fewer and fewer != seeds:
            here += f", {fewer} in the cells that only the heat map needs"
        yield "runs of each cell", counted(there.seeds, "seed"), here, "one run has no interval"


def _left_out(
    settings: Mapping[str, Any], study: Measured, experiment: Experiment
) -> Iterator[Deviation]:
    """Cells of the heat map that were not asked for."""
    place = (study.base_rate, study.batch_sizes)
    others = len(experiment.grid_only_cells(*place))
    if others and "heat_map_seeds" in settings and not settings["heat_map_seeds"]:
        grid = len(study.batch_sizes) * len(experiment.grid_multiples)
        yield (
            "heat map",
            f"{grid} cells",
            f"{grid - others}; the {others} that no other figure needs are empty",
            "their runs would serve this figure alone; the option --heat-map-seeds trains them",
        )


def _of_devices(study: Measured, there: SetUp) -> Iterator[Deviation]:
    rows = [row for row in study.runs if row["devices"]]
    kinds = Counter((int(row["replicas"]), str(row["devices"])) for row in rows)
    here = [f"{count} {kind}" for count, kind in sorted(kinds)]
    if here and listed(here) != there.devices.replace("GPUs", "GPU").replace(", and", " and"):
        yield (
            "devices",
            there.devices,
            listed(here),
            "what was at hand; times are those of this machine, and claims on several devices "
            "are judged on real ones only",
        )
