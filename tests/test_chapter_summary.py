"""The chapter's one table over all data sets, and where an experiment was run instead."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from reports.chapter import Chapter, read_chapter
from reports.chapter_elsewhere import Elsewhere, elsewhere
from reports.chapter_page import build_chapter
from reports.chapter_summary import SummaryPart, summary_parts
from study.command_line.main import main
from study.experiments import EXPERIMENTS, get_experiment
from tests.make_chapter import make_study
from tests.page_checks import check_html

ENDS = {"small": 0.9, "unscaled": 0.7, "large": 0.7, "rate": 0.85, "gradual": 0.89}


@pytest.fixture(scope="module")
def chapter(tmp_path_factory: pytest.TempPathFactory) -> Chapter:
    """Goyal and Hoffer on all real pictures, Keskar on some, Goyal and Smith on drawn ones."""
    folder = tmp_path_factory.mktemp("summary")
    stuck, slow = [("unscaled", 0)], [("unscaled", 1)]
    places = [
        make_study(folder / "drawn-smith", "smith", {}, "d" * 64),
        make_study(folder / "drawn-goyal", "goyal", ENDS, "d" * 64),
        make_study(folder / "some", "keskar", ENDS, "b" * 64, 6000),
        make_study(folder / "all", "goyal", ENDS, "a" * 64, 23262, stuck, slow),
        make_study(folder / "all-hoffer", "hoffer", ENDS, "a" * 64, 23262),
    ]
    return read_chapter(places)


def part(chapter: Chapter, kind: str) -> SummaryPart:
    (found,) = [part for part in summary_parts(chapter) if part.kind == kind]
    return found


def test_one_table_has_every_remedy_of_every_data_set(chapter: Chapter) -> None:
    assert [part.kind for part in summary_parts(chapter)] == ["real", "drawn"]
    wanted = {
        (row["title"], study.experiment.name, group.anchor)
        for group in chapter.groups
        for study in group.studies
        for row in study.rows
    }
    rows = [row for part in summary_parts(chapter) for row in part.rows]
    assert {(row.remedy, row.study, row.anchor) for row in rows} == wanted
    assert len(rows) == len(wanted)
    real = {row.study: row for row in part(chapter, "real").rows}
    assert set(real) == {"goyal", "hoffer", "keskar"}
    assert (real["goyal"].pictures.text, real["keskar"].pictures.text) == (
        "23,262\N{NO-BREAK SPACE}real",
        "6,000\N{NO-BREAK SPACE}real",
    )
    assert real["keskar"].pictures.small[0] == "of 23,262"
    assert len(real["goyal"].pictures.small) == 1
    assert {
        row.pictures.text.split("\N{NO-BREAK SPACE}")[1] for row in part(chapter, "drawn").rows
    } == {"drawn"}


def test_what_several_studies_try_stands_together(tmp_path: Path) -> None:
    published = Path(__file__).parents[1] / "reports" / "published"
    names = ("real-32px", "goyal-real-32px", "hoffer-real-32px")
    (found,) = summary_parts(read_chapter([published / name for name in names]))
    studies = [row.study for row in found.rows if row.remedy == "linear scaling"]
    assert studies == ["article", "goyal"]
    titles = [row.remedy for row in found.rows]
    assert titles == sorted(titles, key=titles.index)


def test_a_row_tells_gap_share_and_costs_beside_the_small_batch(chapter: Chapter) -> None:
    row = next(
        row
        for row in part(chapter, "real").rows
        if row.study == "goyal" and row.remedy == "linear scaling, gradual warm-up"
    )
    assert (row.batches.text, row.batches.small) == ("32 → 256", ())
    assert row.gap.text == "0.200"
    assert row.gap.small[-1] == "1 of 3 at chance"
    assert row.share.text == "95\N{NO-BREAK SPACE}%"
    assert row.outcome == "closes most of the gap"
    assert row.updates.text == "0.13\N{NO-BREAK SPACE}×"
    assert row.seconds.text == "1.0\N{NO-BREAK SPACE}×\N{NO-BREAK SPACE}†"
    drawn = next(found for found in part(chapter, "drawn").rows if found.remedy == row.remedy)
    assert drawn.seconds.text == "1.0\N{NO-BREAK SPACE}×"
    assert not any("chance" in line for line in drawn.gap.small)
    grown = next(found for found in part(chapter, "drawn").rows if found.remedy == "growing batch")
    assert (grown.batches.text, grown.batches.small) == ("8 → 64", ("from 8 on",))


def test_experiments_on_no_real_pictures_are_named_with_where_they_are(chapter: Chapter) -> None:
    absent = {found.name: found.elsewhere for found in part(chapter, "real").absent}
    declared = {name for name, found in EXPERIMENTS.items() if found.remedies}
    assert set(absent) == declared - {"goyal", "hoffer", "keskar"}
    drawn = chapter.groups[-1]
    (smith,) = absent["smith"]
    assert smith.anchor == drawn.anchor == "data-3"
    assert re.fullmatch(r"run on [\d,]+ drawn pictures, below", smith.text)
    assert absent["article"] == ()


def test_what_was_not_run_on_some_pictures_says_where_it_was(chapter: Chapter) -> None:
    every, some, drawn = chapter.groups
    assert elsewhere(chapter, every, get_experiment("keskar")) == (
        Elsewhere("run on 6,000 of them, below", "data-2"),
    )
    first, second = elsewhere(chapter, some, get_experiment("goyal"))
    assert first == Elsewhere("run on 23,262 of the same source, above", "data-1")
    assert second.anchor == "data-3"
    assert second.text.endswith("drawn pictures, below")
    texts = [place.text for place in elsewhere(chapter, drawn, get_experiment("hoffer"))]
    assert texts == ["run on 23,262 real pictures, above"]
    assert elsewhere(chapter, every, get_experiment("article")) == ()


def test_other_sizes_of_the_same_pictures_are_told(chapter: Chapter) -> None:
    every = chapter.groups[0]
    hoffer = every.studies[1]
    view = replace(hoffer.view, settings={**hoffer.view.settings, "image_size": 64})
    larger = replace(every, place=2, studies=(replace(hoffer, view=view),))
    both = Chapter((replace(every, studies=every.studies[:1]), larger), ())
    (found,) = elsewhere(both, both.groups[0], get_experiment("hoffer"))
    assert found.text == "run on them at 64\N{NO-BREAK SPACE}px, below"


def test_the_page_begins_with_the_table_and_links_to_the_details(
    chapter: Chapter, tmp_path: Path
) -> None:
    html = build_chapter(chapter, tmp_path, "x")
    check_html(html)
    summary = html[html.index('id="summary"') : html.index('id="data-1"')]
    assert summary.count("<table") == 1
    assert "On real pictures" in summary
    assert "On drawn pictures" in summary
    assert '<a href="#data-2">keskar</a>' in summary
    assert "“at chance” below it counts" in summary
    details = html[html.index('id="data-1"') : html.index('id="data-2"')]
    assert '<a href="#data-2">run on 6,000 of them, below</a>' in details
    assert html.index('id="summary"') < html.index("What to take from it")
    alone = build_chapter(Chapter(chapter.groups[1:2], ()), tmp_path, "x")
    assert "at chance" not in alone
    assert "†" not in alone


def test_the_command_says_where_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = make_study(tmp_path / "all", "goyal", ENDS, "a" * 64, 23262)
    second = make_study(tmp_path / "some", "keskar", ENDS, "b" * 64, 6000)
    assert main(["remedies", str(first), str(second), "--out", str(tmp_path)]) == 0
    assert "run on 6,000 of" in " ".join(capsys.readouterr().out.split())
