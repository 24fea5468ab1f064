"""The comparisons that ``bench --peers`` makes, with the goals they are held to."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

from study.bench.grid import run_settings
from study.bench.peers.compare import Comparison, Side
from study.bench.peers.plane import PLANE, POINTS, SAMPLE
from study.bench.request import BenchRequest
from study.data.dataset import Dataset, split

_TRAINING = "study.bench.peers.training"
_WATCHING = "study.bench.peers.watching"
_MEASURING = "study.bench.peers.measuring"
_PYTORCH = "study.bench.peers.pytorch"
_PREPARING = "study.bench.peers.preparing"
_TURNS = 5
_NO_TORCH = "PyTorch is not installed (pip install -r requirements-peers.txt)"
_ONE_THREAD = "runs side by side need two threads or more, and this call has --threads 1"
_NO_ARCHIVE = "needs --data PATH.zip, an archive like the original"


def comparisons(
    request: BenchRequest, dataset: Dataset, folder: Path, archive: Path | None
) -> list[Comparison]:
    """All comparisons, batch size by batch size.

    Args:
        request: batch sizes, pixels, threads.
        dataset: prepared.
        folder: for what the sides write.
        archive: the zip that the data came from, None for other sources.
    """
    found: list[Comparison] = []
    for batch_size in request.batch_sizes:
        settings = run_settings(request, dataset, batch_size=batch_size)
        options = {
            "data": str(dataset.directory),
            "run": settings.as_dict(),
            "threads": request.threads,
            "folder": str(folder),
        }
        where = f"batch {batch_size}, {request.image_size} px"
        if request.model != "plain":
            where += f", {request.model}"
        found += _training(where, options, request.threads)
        found += _measuring(where, options, request.threads, len(split(dataset)[1]))
    return [*found, _preparing(request, folder, archive)]


def _training(where: str, options: dict[str, Any], threads: int) -> list[Comparison]:
    def side(name: str, job: str) -> Side:
        return Side(name, f"{_TRAINING}:{job}", options, threads)

    ours = side("our run", "ours")
    article = side("the article's way", "article")
    alone = Side("our runs side by side", ours.job, {**options, "threads": 1}, 1, threads)
    torch = Side("PyTorch", f"{_PYTORCH}:torch_loop", options, threads)
    no_torch = "" if find_spec("torch") else _NO_TORCH
    one_thread = "" if threads > 1 else _ONE_THREAD

    def watching(watch: str, whole: bool) -> Side:
        words = {"none": "no callbacks", "default": "default callbacks", "copying": "copying"}
        more = {"watch": watch, "whole": whole}
        return Side(words[watch], f"{_WATCHING}:callbacks_in_turn", {**options, **more}, threads)

    return [
        Comparison("article", "one run", where, ours, article, goal=1.2, training=True),
        Comparison(
            "study",
            "a study's runs",
            where,
            alone,
            article,
            goal=1.6,
            problem=one_thread,
            training=True,
        ),
        Comparison(
            "torch",
            "one run, whole epochs",
            where,
            ours,
            torch,
            goal=1.2,
            problem=no_torch,
            training=True,
        ),
        Comparison(
            "callbacks",
            "callbacks' share of time",
            where,
            watching("default", True),
            watching("none", True),
            of="time",
            goal=1.02,
            one_process=True,
            turns=_TURNS,
        ),
        Comparison(
            "callbacks",
            "callbacks' share of time, step by step",
            where,
            watching("default", False),
            watching("none", False),
            of="time",
            goal=1.02,
            one_process=True,
            turns=_TURNS,
        ),
        Comparison(
            "copying",
            "copying weights every batch",
            where,
            watching("copying", False),
            watching("none", False),
            of="time",
            one_process=True,
            turns=_TURNS,
        ),
    ]


def _measuring(
    where: str, options: dict[str, Any], threads: int, validation: int
) -> list[Comparison]:
    def side(name: str, job: str, module: str = _MEASURING) -> Side:
        return Side(name, f"{module}:{job}", options, threads)

    training = side("training", "training_alone", _TRAINING)
    predicting = side("predict", "predicting")
    return [
        Comparison(
            "gradient",
            "full-data gradient",
            where,
            side("gradient", "gradient"),
            training,
            goal=0.9,
        ),
        Comparison(
            "loss",
            f"full-data loss, pictures times {POINTS} points",
            where,
            side(f"loss at {POINTS} points", "loss"),
            predicting,
            goal=0.9,
        ),
        *(
            Comparison(
                "landscape",
                # the goal speaks of the whole plane: a sample of its points is timed
                f"landscape, ratio of points, {SAMPLE**2} of {PLANE**2}{network}",
                f"{where}, {validation:,} validation pictures",
                side("landscape", "landscape_ours"),
                side("set_weights and evaluate", job),
                goal=3.0,
                agree=1e-5,
            )
            for network, job in (
                ("", "landscape_loop"),
                (", beside Keras's own layers", "landscape_of_layers"),
            )
        ),
    ]


def _preparing(request: BenchRequest, folder: Path, archive: Path | None) -> Comparison:
    options = {
        "archive": "" if archive is None else str(archive.resolve()),
        "image_size": request.image_size,
        "folder": str(folder),
    }
    return Comparison(
        "preparing",
        "preparing the archive",
        f"{request.image_size} px",
        Side("our preparation", f"{_PREPARING}:ours", options, request.threads),
        Side("TFDS's builder and decoding", f"{_PREPARING}:tfds", options, request.threads),
        goal=3.0,
        problem="" if archive else _NO_ARCHIVE,
    )
