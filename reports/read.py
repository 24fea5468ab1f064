"""Reads a study directory for the page; nothing in it is trusted."""

import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from reports.bench_page import bench_view
from reports.claims import VERDICTS
from reports.study_view import StudyView
from reports.wording import slug
from study.conduct.settings import checked_document
from study.errors import StoreError
from study.store.arrays import array_problem
from study.store.bench_document import BENCH_DOCUMENT, read_bench
from study.store.previews import read_previews
from study.store.results import read_results
from study.store.run_folder import read_document
from study.store.study_directory import (
    MODEL_FILE,
    SAMPLES_FILE,
    STUDY_DOCUMENT,
    SUMMARY_DOCUMENT,
    check_schema,
)

_MOST_PICTURES = 120
_ORDER = (
    *("batch_size", "learning_rate", "seed", "replicas", "id", "epoch", "order", "layer"),
    *("bin_left", "space", "epsilon", "trial", "small_id", "split", "direction_seed", "alpha"),
    *("beta", "at"),
)
_LARGEST_SIDE = 512
_MEND = "Delete it and call 'python -m study report' on this study again."


def read_study(path: Path) -> StudyView:
    """Everything that the page shows of the study at ``path``.

    Raises:
        StoreError: this is no study, or a file of it was cut off or edited.
    """
    document = path / STUDY_DOCUMENT
    if not document.exists():
        raise StoreError(
            f"{path} is no study directory: it has no {STUDY_DOCUMENT}; expected a folder made by "
            "'python -m study reproduce --out DIR'."
        )
    if not (path / SUMMARY_DOCUMENT).exists():
        raise StoreError(
            f"{path} has no {SUMMARY_DOCUMENT}; call 'python -m study report {path}' to make it."
        )
    values = read_document(document)
    settings = flat_settings(values)
    check_schema(values, document)
    return replace(
        checked_view(
            settings,
            read_document(path / SUMMARY_DOCUMENT),
            read_results(path),
            read_pictures(path / SAMPLES_FILE),
            read_layers(path / MODEL_FILE),
        ),
        bench=bench_view(read_bench(path), path) if (path / BENCH_DOCUMENT).exists() else None,
        previews=read_previews(path),
    )


def checked_view(
    settings: Any,
    summary: Any,
    frames: Mapping[str, pd.DataFrame],
    pictures: Mapping[str, np.ndarray] | None = None,
    layers: Any = (),
) -> StudyView:
    """A view of these values after a look at their shape.

    Raises:
        StoreError: a value is not what the working agreement says.
    """
    if not isinstance(settings, dict):
        raise StoreError(f"{STUDY_DOCUMENT} holds no settings; it was edited. {_MEND}")
    check_summary(summary)
    ordered = {name: in_order(frame) for name, frame in frames.items()}
    return StudyView(settings, summary, ordered, pictures, tuple(layers))


def in_order(frame: pd.DataFrame) -> pd.DataFrame:
    """``frame`` with its rows in one order, so that the page does not depend on theirs."""
    by = [column for column in _ORDER if column in frame]
    return frame.sort_values(by, kind="stable", ignore_index=True)


def flat_settings(document: Any) -> dict[str, Any]:
    """study.json as one level of keys, its settings checked where they stand apart.

    Raises:
        StoreError: the document is no object, or its settings are not those of a study.
    """
    if not isinstance(document, dict):
        raise StoreError(
            f"{STUDY_DOCUMENT} holds a {type(document).__name__}; expected an object. "
            "It was edited: restore it or make the study again."
        )
    return checked_document(document) if "settings" in document else dict(document)


def check_summary(summary: Any) -> None:
    """Looks whether ``summary`` has the parts that the page is made from.

    Raises:
        StoreError: it has not.
    """
    problem = _summary_problem(summary)
    if problem:
        raise StoreError(f"{SUMMARY_DOCUMENT} {problem}; it was cut off or edited. {_MEND}")


def _summary_problem(summary: Any) -> str:
    if not isinstance(summary, dict):
        return f"holds a {type(summary).__name__}, expected an object"
    for key, kind in (("claims", list), ("tables", dict)):
        if not isinstance(summary.get(key), kind):
            return f"has no {key}"
    for claim in summary["claims"]:
        if not isinstance(claim, dict) or not isinstance(claim.get("id"), str):
            return "has a claim without an id"
        if claim.get("verdict") not in VERDICTS:
            return (
                f"gives claim {claim['id'][:20]} the verdict {str(claim.get('verdict'))[:40]!r}, "
                f"expected one of {', '.join(VERDICTS)}"
            )
    identifiers = [slug(claim["id"]) for claim in summary["claims"]]
    if len(set(identifiers)) < len(identifiers):
        return "names a claim twice"
    return ""


def read_pictures(path: Path) -> dict[str, np.ndarray] | None:
    """``images`` (N, S, S, 3) uint8 and ``labels`` (N,) of the sample pictures, None without.

    Raises:
        StoreError: the file is damaged or holds something else.
    """
    if not path.exists():
        return None
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            images, labels = stored["images"], stored["labels"]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise StoreError(
            f"{path} cannot be read ({array_problem(error)}); it was cut off or edited. {_MEND}"
        ) from error
    fits = (
        images.dtype == np.uint8
        and images.ndim == 4
        and images.shape[1] == images.shape[2]
        and images.shape[3] == 3
        and 0 < images.shape[1] <= _LARGEST_SIDE
        and 0 < len(images) <= _MOST_PICTURES
        and labels.shape == (len(images),)
        and np.issubdtype(labels.dtype, np.number)
    )
    if not fits:
        raise StoreError(
            f"{path} holds {images.dtype} pictures of shape {images.shape} with labels of shape "
            f"{labels.shape}; expected uint8 (N, S, S, 3) and (N,). {_MEND}"
        )
    return {"images": images, "labels": labels}


def read_layers(path: Path) -> tuple[dict[str, Any], ...]:
    """The layers of the model, () without a file.

    Raises:
        StoreError: the file is damaged or holds something else.
    """
    if not path.exists():
        return ()
    layers = read_document(path)
    if isinstance(layers, dict):
        layers = layers.get("layers")
    if not isinstance(layers, list) or not all(isinstance(layer, dict) for layer in layers):
        raise StoreError(f"{path} holds no list of layers; it was edited. {_MEND}")
    return tuple(layers)
