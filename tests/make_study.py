"""Made-up studies: frames, settings and directories shaped like real ones, without any training.

The numbers follow smooth laws with a little noise, chosen so that the article's findings hold.
Nothing here is a result. The same arguments always give the same values.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from study.experiments import get_experiment
from study.experiments.presets import get_preset
from study.store.atomic import write_csv, write_json, write_parquet
from study.store.schema import FRAMES, typed_frame
from study.summarise.summary import summarise
from tests.made_up_rows import add_run
from tests.made_up_run import PATIENCE, TRAIN_EXAMPLES, VALIDATION_EXAMPLES, MadeUpRun

BATCH_SIZES = (32, 64, 128, 256)
MULTIPLES = (1, 2, 4, 8)

Cell = tuple[int, int, int]
"""Batch size, multiple of the base rate, seed."""


def make_frames(
    seeds: int | Sequence[int] = 3,
    *,
    replicas: Sequence[int] = (1,),
    devices: str = "CPU",
    diverged: Iterable[Cell] = (),
    failed: Iterable[Cell] = (),
    missing: Iterable[Cell] = (),
    censored: Iterable[Cell] = (),
    batch_sizes: Sequence[int] = BATCH_SIZES,
    multiples: Sequence[int] = MULTIPLES,
    base_rate: float = 0.01,
    noise: float = 0.03,
    landscape_points: int = 21,
    search: Sequence[str] = (),
    search_missing: Iterable[tuple[str, int]] = (),
) -> dict[str, pd.DataFrame]:
    """Frames of a made-up study, every frame of the working agreement present.

    Args:
        seeds: how many seeds, or which.
        replicas: counts of devices; all runs of one count have all cells, the further counts
            have the fixed and the linear arm.
        devices: what the runs with several replicas ran on: "GPU" or "logical CPU".
        diverged, failed, missing, censored: cells (batch size, multiple of the base rate, seed)
            whose runs diverged in epoch 3, failed, are pending, or were stopped by the limit of
            epochs, whatever their number of devices.
        noise: standard deviation of the logarithm of what differs between seeds.
        landscape_points: points a side of each landscape.
        search: further models, each with one seed at batch sizes 32 and 256 and the base rate.
        search_missing: (model, batch size) of those that are pending.
    """
    names = list(range(seeds)) if isinstance(seeds, int) else list(seeds)
    odd = {
        **dict.fromkeys(diverged, "diverged"),
        **dict.fromkeys(failed, "failed"),
        **dict.fromkeys(missing, "pending"),
        **dict.fromkeys(censored, "censored"),
    }
    rows: dict[str, list[dict[str, object]]] = {name: [] for name in FRAMES}
    for count in replicas:
        for batch_size in batch_sizes:
            for multiple in multiples:
                if count != 1 and multiple not in (1, batch_size // 32):
                    continue
                for seed in names:
                    run = MadeUpRun(batch_size, multiple, seed, count, base_rate, noise)
                    state = odd.get((batch_size, multiple, seed), "completed")
                    add_run(rows, run, state, devices, landscape_points)
    for model in search:
        for batch_size in (32, 256):
            run = MadeUpRun(batch_size, 1, names[0], 1, base_rate, noise, model)
            state = "pending" if (model, batch_size) in search_missing else "completed"
            add_run(rows, run, state, devices, landscape_points)
    return {name: _frame(name, values) for name, values in rows.items()}


def empty_frames() -> dict[str, pd.DataFrame]:
    """The frames of a study that has not measured anything: columns, no rows."""
    return {name: _frame(name, []) for name in FRAMES}


def make_settings(
    seeds: int | Sequence[int] = 3,
    *,
    replicas: Sequence[int] = (1,),
    batch_sizes: Sequence[int] = BATCH_SIZES,
    multiples: Sequence[int] = MULTIPLES,
    base_rate: float = 0.01,
    embedded: bool = True,
) -> dict[str, Any]:
    """What study.json holds for the study of :func:`make_frames` with the same arguments."""
    names = list(range(seeds)) if isinstance(seeds, int) else list(seeds)
    measures = asdict(get_preset("quick").measures)
    resolved = {
        "experiment": "article",
        "preset": "quick",
        "fingerprint": "0123456789abcdef",
        "image_size": 32,
        "model": "plain",
        "base_rate": base_rate,
        "batch_sizes": list(batch_sizes),
        "seeds": names,
        "heat_map_seeds": names,
        "patience": PATIENCE,
        "max_epochs": 400,
        "replicas": list(replicas),
        "measures": measures,
    }
    return {
        "schema": 1,
        "settings": resolved,
        "preset": "quick",
        "experiment": "article",
        "data": {
            "source": "synthetic" if embedded else "cats_and_dogs_128px.zip",
            "fingerprint": "0123456789abcdef",
            "class_names": ["cat", "dog"],
            "embedded": embedded,
            "examples": TRAIN_EXAMPLES + VALIDATION_EXAMPLES,
            "train_examples": TRAIN_EXAMPLES,
            "validation_examples": VALIDATION_EXAMPLES,
            "dropped": []
            if embedded
            else [
                {"reason": "no JFIF marker", "class_name": "cat", "count": 3},
                {"reason": "empty file", "class_name": "dog", "count": 1},
            ],
        },
        "base_rate": base_rate,
        "batch_sizes": list(batch_sizes),
        "rate_multiples": list(multiples),
        "seeds": names,
        "image_size": 32,
        "model": "plain",
        "patience": PATIENCE,
        "max_epochs": 400,
        "replicas": list(replicas),
        "versions": {"python": "3.11.2", "tensorflow": "2.21.0", "keras": "3.15.1"},
        "hardware": {
            "cpu": "made-up processor at 2.5 GHz",
            "cores": 2,
            "memory_bytes": 4 * 2**30,
            "gpus": [],
        },
        "commit": "0" * 40,
        "dirty": False,
        "command": "python -m study reproduce",
        "threads_per_run": 1,
        "jobs": 2,
        "wall_seconds": 481.5,
        "measured": measures,
    }


def make_study_directory(
    path: Path,
    *,
    frames: dict[str, pd.DataFrame] | None = None,
    settings: dict[str, Any] | None = None,
) -> Path:
    """Writes study.json, results/ and summary.json of a made-up study to ``path``.

    Args:
        path: a folder, made when it is missing.
        frames: of :func:`make_frames`; its default without.
        settings: of :func:`make_settings`; its default without.

    Returns:
        ``path``.
    """
    frames = make_frames() if frames is None else frames
    settings = make_settings() if settings is None else settings
    experiment = get_experiment(str(settings["experiment"]))
    (path / "results").mkdir(parents=True, exist_ok=True)
    write_json(path / "study.json", settings)
    for name, frame in frames.items():
        write_parquet(path / "results" / f"{name}.parquet", frame)
        write_csv(path / "results" / f"{name}.csv", frame)
    write_json(path / "summary.json", summarise(settings, frames, experiment))
    return path


def _frame(name: str, values: list[dict[str, object]]) -> pd.DataFrame:
    return typed_frame(name, pd.DataFrame(values))
