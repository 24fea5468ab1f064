"""The head of the chapter: which batch size, and where the pages are."""

import math
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from reports.chapter import read_chapter
from reports.chapter_guide import answers, pages
from reports.chapter_page import build_chapter
from reports.read import read_study
from reports.sweep_answer import sweep_answer
from tests.make_chapter import QUICK, REAL, make_study
from tests.make_conditions import condition_document
from tests.make_study import make_study_directory
from tests.make_sweep import CRITICAL, STUDY, frames_of
from tests.page_checks import check_html


def make_sweep(
    folder: Path,
    embedded: bool = True,
    slow: int = 0,
    missed: int = 0,
    ending: str = "completed",
) -> Path:
    """A sweep by a law, an update taking a second, ten times that at batch ``slow``.

    In the first seed no run with batch ``missed`` reaches the target, and in the last seed runs
    with the largest batch have the status ``ending``.
    """
    frames = frames_of()
    epochs = frames["epochs"]
    steps = epochs.groupby("id")["updates"].diff().fillna(epochs["updates"])
    epochs["train_seconds"] = steps.groupby(epochs["id"]).transform("mean")
    epochs.loc[epochs["epoch_batch_size"] == slow, "train_seconds"] *= 10
    epochs["validation_seconds"] = 0.0
    epochs.loc[(epochs["epoch_batch_size"] == missed) & (epochs["seed"] == 0), "val_loss"] = 0.69
    runs = frames["runs"]
    last = (runs["batch_size"] == max(STUDY.batch_sizes)) & (runs["seed"] == max(STUDY.seeds))
    runs.loc[last, "status"] = ending
    document = condition_document(STUDY)
    document["settings"] = STUDY.as_dict()
    document["data"] = {**document["data"], "embedded": embedded, "source": "cats.zip"}
    return make_study_directory(folder, frames=frames, settings=document)


def test_a_sweep_tells_the_critical_batch_size_and_the_soonest(tmp_path: Path) -> None:
    view = read_study(make_sweep(tmp_path / "sweep"))
    critical, soonest = sweep_answer(view)
    assert critical.startswith(f"The critical batch size is {CRITICAL:.0f}")
    assert "3 seeds): by the fitted law" in critical
    # an update takes as long at every size here, and the largest batch needs the fewest
    largest, smallest = max(STUDY.batch_sizes), min(STUDY.batch_sizes)
    assert f"was batch {largest:,}, after" in soonest
    assert re.search(rf", batch {smallest} [0-9.,]+ times\. These are means", soonest)
    other = read_study(make_sweep(tmp_path / "slow", slow=largest))
    second = sorted(STUDY.batch_sizes)[-2]
    assert f"was batch {second:,}, after" in sweep_answer(other)[1]


def test_batch_sizes_that_few_seeds_cannot_tell_apart_are_named(tmp_path: Path) -> None:
    view = read_study(make_sweep(tmp_path / "sweep"))
    times = view.summary["sweep"]["times"]
    assert [row["batch_size"] for row in times] == sorted(STUDY.batch_sizes)
    for row in times:
        row |= {"effect": row["seconds"] / times[-1]["seconds"], "interval": [1.1, 9.0]}
    assert "cannot be told" not in sweep_answer(view)[1]
    times[1]["interval"], times[2]["interval"] = [0.9, 3.0], [1.0, 2.0]
    alike = f"batch {times[1]['batch_size']} and {times[2]['batch_size']:,}"
    assert f" s; {alike} cannot be told from it with 3 seeds; batch" in sweep_answer(view)[1]
    for key, value in (("n", None), ("n", math.inf), ("batch_size", "x"), ("seconds", 0)):
        times.append({**times[1], key: value})
        assert f" s; {alike} cannot be told" in sweep_answer(view)[1]
    times[1]["interval"] = "9"
    assert f" s; batch {times[2]['batch_size']:,} cannot be told" in sweep_answer(view)[1]


def test_times_of_a_sweep_by_hand(tmp_path: Path) -> None:
    """An update takes a second, so that ratios of seconds are those of updates, rounded up."""
    view = read_study(make_sweep(tmp_path / "sweep"))
    seconds = view.frames["epochs"].groupby(["id", "seed"])["train_seconds"].sum().reset_index()
    conditions = view.frames["conditions"][["id", "condition"]]
    cells = seconds.merge(conditions, on="id").set_index(["condition", "seed"])["train_seconds"]
    sizes = {row["batch_size"]: row["condition"] for row in view.summary["sweep"]["sizes"]}
    soonest = cells[sizes[max(STUDY.batch_sizes)]]
    for row in view.summary["sweep"]["times"]:
        own = cells[sizes[row["batch_size"]]]
        logs = np.log(own / soonest)
        assert row["seconds"] == pytest.approx(own.mean(), rel=1e-6)
        assert row["effect"] == pytest.approx(np.exp(logs.mean()), rel=1e-6)
        half = stats.t.ppf(0.975, 2) * logs.std(ddof=1) / math.sqrt(3)
        ends = [np.exp(logs.mean() - half), np.exp(logs.mean() + half)]
        if logs.std() > 0:
            assert row["interval"] == pytest.approx(ends, rel=1e-6)
        else:
            assert row["interval"] is None


def test_batch_sizes_with_a_run_that_missed_the_target_are_not_timed(tmp_path: Path) -> None:
    largest = max(STUDY.batch_sizes)
    view = read_study(make_sweep(tmp_path / "sweep"))
    assert f"was batch {largest:,}," in sweep_answer(view)[1]
    view = read_study(make_sweep(tmp_path / "missed", missed=largest))
    assert f"batch {largest:,}" not in sweep_answer(view)[1]


@pytest.mark.parametrize("status", ["diverged", "failed", "pending"])
def test_batch_sizes_with_a_run_that_did_not_finish_are_not_timed(
    tmp_path: Path, status: str
) -> None:
    view = read_study(make_sweep(tmp_path / "sweep", ending=status))
    sizes = [row["batch_size"] for row in view.summary["sweep"]["times"]]
    assert sizes == sorted(STUDY.batch_sizes)[:-1]


def test_studies_without_a_sweep_answer_nothing() -> None:
    assert sweep_answer(read_study(QUICK)) == []


def test_answers_are_of_real_pictures_where_there_are_any(tmp_path: Path) -> None:
    drawn, real = (
        make_sweep(tmp_path / name, embedded)
        for name, embedded in (("drawn", True), ("real", False))
    )
    ends = {"small": 0.9, "rate": 0.84, "ghost": 0.88, "regime": 0.9}
    hoffer = make_study(tmp_path / "hoffer", "hoffer", ends)
    found = answers(read_chapter([drawn, hoffer]))
    assert [len(answer.texts) for answer in found] == [2, 1]
    assert found[1].texts[0].startswith("Most of the gap between small and large batch is closed")
    chapter = read_chapter([drawn, real, hoffer])
    (alone,) = answers(chapter)
    assert alone.of.endswith("from cats.zip (mccandlish)")
    html = build_chapter(chapter, tmp_path / "out", "x")
    check_html(html)
    assert html.index("Which batch size?") < html.index("Remedy by remedy</h2>")
    # nothing is settled by studies that leave all open
    flat = make_study(tmp_path / "flat", "hoffer", {})
    assert "Which batch size?" not in build_chapter(read_chapter([flat]), tmp_path, "x")


def test_every_study_that_was_named_is_linked(tmp_path: Path) -> None:
    published = QUICK.parent
    places = [QUICK, published / "li-quick", REAL]
    found = pages(read_chapter(places, [REAL]), published)
    links = {page.name: page.link for page in found}
    assert links == {
        name: f"{name}/report/index.html" for name in ("li-quick", "quick", "real-32px")
    }
    copy = tmp_path / "copy"
    shutil.copytree(published / "li-quick", copy)
    shutil.rmtree(copy / "report")
    assert [page.link for page in pages(read_chapter([QUICK, copy]), published)][:1] == [""]


def test_published_pages_lead_back_to_all_studies() -> None:
    page = (QUICK / "report" / "index.html").read_text(encoding="utf-8")
    assert '<a href="../../index.html">all studies</a>' in page
    assert (QUICK / "report" / "../../index.html").resolve().exists()
