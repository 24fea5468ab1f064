"""Results fit to be committed: without weights, pictures of a data set, paths or user names."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from study.errors import SettingsError
from study.store.run_folder import FINISHED, ORIGIN, TAKEN_OVER, read_run

PUBLISHED = "published"
"""Key of study.json that marks published results."""
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
# an absolute path, one from the home folder or one that climbs, but no "and/or" and no "s/epoch"
_PATH = re.compile(r"(?<![\w./~])(?:~[\w.-]*|\.\.)?(?:/[^\s'\"/:;,()=]+)+/?")
_DROPPED = ("data_directory",)
_DROPPED_OF_DATA = ("directory", "seconds")
_DROPPED_OF_HARDWARE = ("system",)


def check_name(name: str) -> str:
    """``name`` if it can be that of published results.

    Raises:
        SettingsError: it cannot.
    """
    if not _NAME.fullmatch(name):
        raise SettingsError(
            f"{name!r} cannot name published results; expected small letters, digits and hyphens, "
            "such as cpu-64px."
        )
    return name


def without_paths(text: str) -> str:
    """``text`` with the last part of every path in place of the path."""
    return _PATH.sub(lambda match: Path(match[0]).name or "…", text)


def published_document(
    document: Mapping[str, Any], name: str, commits: list[dict[str, Any]]
) -> dict[str, Any]:
    """study.json of published results: what others need to judge them, no path, no user name.

    Args:
        document: study.json.
        name: of the published results.
        commits: as :func:`run_commits` gives them.
    """
    kept = {key: value for key, value in document.items() if key not in _DROPPED}
    for key, dropped in (("data", _DROPPED_OF_DATA), ("hardware", _DROPPED_OF_HARDWARE)):
        inner = kept.get(key)
        if isinstance(inner, Mapping):
            kept[key] = {name: value for name, value in inner.items() if name not in dropped}
    cleaned: dict[str, Any] = _cleaned(kept)
    return {**cleaned, PUBLISHED: {"name": name, "commits": commits}}


def published_bench(document: Mapping[str, Any]) -> dict[str, Any]:
    """``bench.json`` without paths."""
    cleaned: dict[str, Any] = _cleaned(document)
    return cleaned


def published_frames(frames: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """``frames`` whose reasons name no paths."""
    return {
        name: frame.assign(reason=[without_paths(str(text)) for text in frame["reason"]])
        if "reason" in frame
        else frame
        for name, frame in frames.items()
    }


def run_commits(folders: Iterable[Path]) -> list[dict[str, Any]]:
    """The commits that finished runs were made with: ``commit``, ``dirty``, ``runs``, most first.

    Args:
        folders: ``runs/<id>`` each; those without a finished run are passed over, and those taken
            over, whose commits are those of the results that they came from.
    """
    counts: Counter[tuple[str, bool]] = Counter()
    for folder in folders:
        document = read_run(folder)
        if document is None or TAKEN_OVER in document:
            continue
        if document["status"] in FINISHED:
            origin = document.get(ORIGIN)
            origin = origin if isinstance(origin, Mapping) else {}
            counts[str(origin.get("commit") or ""), bool(origin.get("dirty"))] += 1
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [{"commit": commit, "dirty": dirty, "runs": count} for (commit, dirty), count in ordered]


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return without_paths(value)
    if isinstance(value, Mapping):
        return {key: _cleaned(inner) for key, inner in value.items()}
    return [_cleaned(inner) for inner in value] if isinstance(value, list | tuple) else value
