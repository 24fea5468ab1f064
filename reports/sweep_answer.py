"""Which batch size a sweep speaks for: the critical one, and how long each took to the target."""

import math
from collections.abc import Mapping
from typing import Any

from reports.exhibits.sweep import sweep_of
from reports.study_view import StudyView
from reports.wording import as_number, interval, mappings, shown, whole
from study.words import counted, listed

_NEAR = 2.0


def sweep_answer(view: StudyView) -> list[str]:
    """Sentences for a person choosing a batch size; none without a sweep or what it needs."""
    found = [text for text in (_critical_words(view), _soonest_words(view)) if text]
    edge = _edge_words(view)
    return [*found, edge] if found and edge else found


def _critical_words(view: StudyView) -> str:
    found = sweep_of(view).get("critical_batch")
    if not isinstance(found, Mapping) or not as_number(found.get("n")) > 0:
        return ""
    ends = found.get("interval")
    spread = f"95 % interval {interval(*ends)}, " if isinstance(ends, list) else ""
    return (
        f"The critical batch size is {shown(found.get('effect'))} ({spread}"
        f"{counted(int(as_number(found.get('n'))), 'seed')}): by the fitted law a run there takes "
        "twice the fewest updates and twice the fewest pictures that any batch size needs. Well "
        "below it a doubling halves the updates, well above it the updates stay."
    )


def _soonest_words(view: StudyView) -> str:
    """How long batch sizes took to the target, of those at which every seed reached it."""
    rows = _times(view)
    if len(rows) < 2:
        return ""
    times = {int(as_number(row["batch_size"])): as_number(row["seconds"]) for row in rows}
    best = min(times, key=lambda size: times[size])
    longest = max(times, key=lambda size: times[size])
    alike = [int(as_number(row["batch_size"])) for row in rows if _alike(row)]
    near = [
        size for size in times if size not in (best, *alike) and times[size] <= _NEAR * times[best]
    ]
    text = (
        f"Soonest at a validation loss of {shown(sweep_of(view).get('target'))} was batch "
        f"{whole(best)}, after {shown(times[best])} s"
    )
    seeds = int(as_number(rows[0]["n"]))
    if alike:
        text += f"; {_sizes(alike)} cannot be told from it with {counted(seeds, 'seed')}"
    if near:
        text += f"; {_sizes(near)} took at most twice as long"
    if longest not in (best, *near, *alike):
        text += f"{';' if alike else ','} batch {whole(longest)} "
        text += f"{shown(times[longest] / times[best], 2)} times"
    told = "means over the seeds" if seeds > 1 else "of one seed, which tells none apart"
    return (
        f"{text}. These are {told}, each batch size at its best rate, on "
        f"{view.machine}: another machine, or another net, has other times."
    )


def _alike(row: Mapping[str, Any]) -> bool:
    """Whether the ratio to the soonest may be 1, by its interval."""
    ends = row.get("interval")
    return (
        isinstance(ends, list) and len(ends) == 2 and as_number(ends[0]) <= 1 <= as_number(ends[1])
    )


def _edge_words(view: StudyView) -> str:
    rows = mappings(sweep_of(view).get("sizes"))
    edges = [whole(row.get("batch_size")) for row in rows if row.get("edge") is True]
    if not edges:
        return ""
    return (
        f"For batch {listed(edges)} the best rate is at the edge of those tried: a rate beyond it "
        "may need fewer updates and change these numbers."
    )


def _times(view: StudyView) -> list[Mapping[str, Any]]:
    """Batch sizes at which every seed reached the target, with their seconds."""
    return [
        row
        for row in mappings(sweep_of(view).get("times"))
        if all(1 <= as_number(row.get(name)) < math.inf for name in ("batch_size", "n"))
        and 0 < as_number(row.get("seconds")) < math.inf
    ]


def _sizes(sizes: list[int]) -> str:
    return f"batch {listed([whole(size) for size in sizes])}"
