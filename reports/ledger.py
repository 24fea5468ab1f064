"""The list of runs and the environment, as the page shows them."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reports.study_view import StudyView
from reports.wording import as_number, as_text, duration, mappings, shown, slug, whole
from study.errors import LONGEST_REASON
from study.store.taken_over import taken_over_entries
from study.summarise.circumstances import threads_words
from study.summarise.smith_scale import first_noise_scales
from study.words import counted, listed

_FAILED_TASKS = {
    "measure": "measuring its minimiser failed",
    "compare": "comparing its minimiser with another failed",
}
_STOPPED = {
    "max_epochs": "stopped by the limit of epochs",
    "target": "ended at its target",
}
_ORDER = ["batch_size", "learning_rate", "seed", "replicas", "id"]


@dataclass(frozen=True)
class RunRow:
    """One run of the ledger."""

    id: str
    batch: int
    conditions: str
    rate: str
    seed: str
    devices: str
    status: str
    status_class: str
    reason: str
    failures: tuple[str, ...]
    model: str
    epochs: str
    noise: str
    loss: str
    epochs_to_min: str
    seconds_per_epoch: str
    seconds_to_min: str


def run_rows(view: StudyView) -> list[RunRow]:
    """Every run, whatever became of it, by batch size, rate, seed and devices."""
    pictures = as_number(view.data.get("train_examples"))
    noise = first_noise_scales(view.runs, view.frames.get("epochs"), pictures)
    runs = view.runs.sort_values(_ORDER, kind="stable")
    failures: dict[str, list[str]] = {}
    for row in view.failures:
        failures.setdefault(str(row["id"]), []).append(_failure(row))
    conditions = _conditions(view)
    return [
        _row(row, failures.get(str(row["id"]), []), noise, conditions.get(str(row["id"]), ""))
        for row in runs.to_dict("records")
    ]


def _conditions(view: StudyView) -> dict[str, str]:
    """Run -> titles of its conditions; {} where the study compares none."""
    if not view.experiment.conditions:
        return {}
    titles: dict[str, dict[str, None]] = {}
    for row in view.frames["conditions"].to_dict("records"):
        name = str(row["condition"])
        titles.setdefault(str(row["id"]), {})[view.experiment.titles.get(name, name)] = None
    return {run: as_text("; ".join(names), 300) for run, names in titles.items()}


def _failure(row: Mapping[Any, Any]) -> str:
    kind = str(row["measurement"]).split("@")[0]
    task = _FAILED_TASKS.get(kind, "a measurement failed")
    return f"{task}: {as_text(row['reason'], LONGEST_REASON)}"


def _row(
    row: Mapping[Any, Any], failures: list[str], noise: Mapping[str, float], conditions: str
) -> RunRow:
    replicas, kind = int(row["replicas"]), as_text(row["devices"], 40)
    reason = as_text(row["reason"], LONGEST_REASON)
    reason = reason or _STOPPED.get(str(row["stopped_by"]), "")
    return RunRow(
        id=as_text(row["id"], 80),
        batch=int(row["batch_size"]),
        conditions=conditions,
        rate=f"{float(row['learning_rate']):.4g}",
        seed=str(int(row["seed"])),
        devices=f"{replicas} × {kind}" if kind else str(replicas),
        status=as_text(row["status"], 20),
        status_class=slug(row["status"]),
        reason=reason,
        failures=tuple(failures),
        model=as_text(row["model"], 60),
        epochs=whole(row["epochs"]),
        noise=shown(noise.get(str(row["id"]))),
        loss=shown(row["min_val_loss"]),
        epochs_to_min=whole(row["epochs_to_min"]),
        seconds_per_epoch=shown(row["seconds_per_epoch"]),
        seconds_to_min=shown(row["seconds_to_min"]),
    )


def environment(view: StudyView) -> list[tuple[str, str]]:
    """(what, value) of everything that a reader needs to judge or repeat the numbers."""
    settings, data = view.settings, view.data
    commit = as_text(settings.get("commit"), 64) or "not recorded"
    if settings.get("dirty") is True:
        commit += " with uncommitted changes"
    names = data.get("class_names")
    classes = listed([as_text(name, 40) for name in names]) if isinstance(names, list) else "–"
    rows = [
        ("Preset", as_text(settings.get("preset"), 60)),
        ("Model", as_text(settings.get("model"), 60)),
        ("Picture size", _side(settings.get("image_size"))),
        ("Batch sizes", ", ".join(map(str, view.batch_sizes))),
        ("Base learning rate", f"{view.base_rate:.4g}"),
        ("Seeds", ", ".join(map(str, view.seeds))),
        ("Batch normalisation", _normalisation(view)),
        ("Stop rule", _stop_rule(view)),
        ("Order of the pictures", _order(settings)),
        ("Data", _source(view)),
        ("Classes", classes),
        ("Pictures", _pictures(data)),
        ("Data fingerprint", as_text(data.get("fingerprint"), 80)),
        ("Hardware", view.machine),
        ("Times", view.unlike_runs),
        ("Memory", _memory(settings.get("hardware"))),
        ("Runs at a time", _jobs(settings)),
        ("Time in all", duration(settings.get("wall_seconds"))),
        ("Commit", commits_of_runs(settings) or commit),
        ("Taken over", taken_over(settings)),
        *_versions(settings.get("versions")),
    ]
    return [(name, value) for name, value in rows if value]


def taken_over(settings: Mapping[str, Any]) -> str:
    """Which runs came from published results, and the commits that these were made with."""
    return listed(
        [
            f"{counted(row['runs'], 'run')}, and what was measured on them, from the published "
            f"results “{as_text(row['name'], 60)}”{_made_with(row)}"
            for row in taken_over_entries(settings)
            if type(row.get("runs")) is int and row["runs"] > 0
        ]
    )


def _made_with(row: Mapping[str, Any]) -> str:
    """Commits, processor and TensorFlow of results that runs came from, in brackets."""
    commits = listed([_short(commit) for commit in row["commits"]])
    hardware, versions = (row.get(key) for key in ("hardware", "versions"))
    told = [f"commits {commits}"] if commits else []
    if isinstance(hardware, Mapping) and hardware.get("cpu"):
        told.append(f"on {as_text(hardware['cpu'], 60)}")
    if isinstance(versions, Mapping) and versions.get("tensorflow"):
        told.append(f"TensorFlow {as_text(versions['tensorflow'], 20)}")
    return f" ({', '.join(told)})" if told else ""


def commits_of_runs(settings: Mapping[str, Any]) -> str:
    """The commits of a published study's own runs, how many runs each; "" where it names none."""
    published = settings.get("published")
    rows = published.get("commits") if isinstance(published, Mapping) else None
    texts = [
        f"{_short(row.get('commit'))}"
        f"{' with uncommitted changes' if row.get('dirty') is True else ''} "
        f"({whole(row.get('runs'))} {'run' if row.get('runs') == 1 else 'runs'})"
        for row in mappings(rows)
    ]
    return listed(texts)


def _short(commit: Any) -> str:
    return as_text(commit)[:12] or "not recorded"


def deviation_rows(view: StudyView) -> list[tuple[str, str, str, str]]:
    """(what, in the source, here, why) of what the study did in another way than its source."""
    return [
        (
            as_text(row.get("what"), 120),
            as_text(row.get("source"), 200),
            as_text(row.get("here"), 200),
            as_text(row.get("why"), 300),
        )
        for row in mappings(view.summary.get("deviations"))
    ]


def dropped(view: StudyView) -> list[tuple[str, str, str]]:
    """(reason, class, number) of the pictures that were left out."""
    return [
        (as_text(row.get("reason"), 200), as_text(row.get("class_name"), 60), _count(row))
        for row in mappings(view.data.get("dropped"))
    ]


def _count(row: Mapping[str, Any]) -> str:
    return whole(row.get("count"))


def _versions(versions: Any) -> list[tuple[str, str]]:
    if not isinstance(versions, Mapping):
        return []
    return [(as_text(name, 60), as_text(value, 60)) for name, value in sorted(versions.items())]


def _side(size: Any) -> str:
    number = as_number(size)
    return f"{number:.0f} × {number:.0f} pixels" if math.isfinite(number) else ""


def _normalisation(view: StudyView) -> str:
    """What statistics are taken over, and what the number of devices does to that; "" without."""
    conditions = view.experiment.conditions
    ghosts = sorted({c.ghost_size for c in conditions if c.ghost_size})
    texts = []
    if view.settings.get("model") == "batch-normalisation" or any(
        c.batch_normalisation for c in conditions
    ):
        texts.append("over the whole batch, on all devices together")
    if ghosts:
        texts.append(f"over ghosts of {listed(list(map(str, ghosts)))} pictures within a device")
    return f"{'; '.join(texts)}; the same on any number of devices" if texts else ""


def _stop_rule(view: StudyView) -> str:
    settings = view.settings
    target = as_number(settings.get("target"))
    if target > 0:
        return f"a validation loss of {shown(target)}, or the end of the run’s epochs"
    patience, most = (as_number(settings.get(name)) for name in ("patience", "max_epochs"))
    # runs of conditions have their course, whatever patience a preset names
    if view.experiment.conditions or patience >= most:
        return f"no early stop; {whole(most)} epochs{_other_lengths(view)}"
    return (
        f"no lower validation loss for {whole(settings.get('patience'))} epochs, "
        f"at most {whole(settings.get('max_epochs'))} epochs"
    )


def _other_lengths(view: StudyView) -> str:
    """What to add where some conditions have other epochs than the study."""
    others = any(
        condition.epochs_multiple != 1 or condition.equal_updates_to
        for condition in view.experiment.conditions
    )
    return ", or as many as their condition says" if others else ""


def _order(settings: Mapping[str, Any]) -> str:
    return f"{'a new one' if settings.get('reshuffle') is True else 'the same'} in every epoch"


def _source(view: StudyView) -> str:
    if view.embedded:
        return "synthetic: drawn by this project’s own code"
    return as_text(view.data.get("source"), 300)


def _pictures(data: Mapping[str, Any]) -> str:
    return (
        f"{whole(data.get('examples'))}: {whole(data.get('train_examples'))} to train on, "
        f"{whole(data.get('validation_examples'))} to validate on"
    )


def _memory(hardware: Any) -> str:
    size = as_number(hardware.get("memory_bytes")) if isinstance(hardware, Mapping) else math.nan
    return f"{size / 2**30:.1f} GiB" if math.isfinite(size) else ""


def _jobs(settings: Mapping[str, Any]) -> str:
    jobs, threads = as_number(settings.get("jobs")), as_number(settings.get("threads_per_run"))
    if not math.isfinite(jobs):
        return ""
    if not math.isfinite(threads):
        return f"{jobs:.0f}"
    return f"{jobs:.0f}, each with {threads_words(int(threads))}"
