"""The chapter over several studies: told apart by their data, drawn, put into sentences."""

from pathlib import Path

import pytest

from reports.chapter import read_chapter
from reports.chapter_page import build_chapter
from reports.chapter_words import takeaways
from study.experiments import EXPERIMENTS
from tests import make_chapter
from tests.make_chapter import QUICK, REAL, make_study, only_one_seed
from tests.page_checks import check_html

studies = make_chapter.studies


def test_studies_on_different_data_are_told_apart(studies: Path) -> None:
    chapter = read_chapter([studies / name for name in ("hoffer", "smith", "goyal")])
    first, second = chapter.groups
    assert [study.experiment.name for study in first.studies] == ["goyal", "hoffer"]
    assert [study.experiment.name for study in second.studies] == ["smith"]
    wanted = {name for name, found in EXPERIMENTS.items() if found.remedies}
    assert {found.name for found in first.missing} == wanted - {"goyal", "hoffer"}
    assert {found.name for found in second.missing} == wanted - {"smith"}


def test_real_pictures_stand_before_drawn_ones() -> None:
    first, second = read_chapter([QUICK, REAL]).groups
    assert first.studies[0].place == REAL
    assert second.studies[0].view.embedded


def test_the_page_has_table_figure_and_what_to_take(studies: Path, tmp_path: Path) -> None:
    places = [studies / name for name in ("hoffer", "goyal", "smith")]
    chapter = read_chapter(places)
    html = build_chapter(chapter, tmp_path / "out", "python -m study remedies x")
    check_html(html)
    assert html == build_chapter(
        read_chapter(places), tmp_path / "out", "python -m study remedies x"
    )
    assert html.count("<svg") == 1  # in smith all conditions end alike: no gap to share out
    assert "share of the gap closed" in html
    assert 'href="../' not in html
    assert html.count("not run") >= 2
    assert "closes most of the gap" in html
    assert "python -m study remedies x" in html
    (studies / "goyal" / "report").mkdir()
    (studies / "goyal" / "report" / "index.html").write_text("page")
    linked = build_chapter(read_chapter(places), studies / "out", "x")
    assert '<a href="../goyal/report/index.html">' in linked


def test_sentences_follow_from_the_outcomes(studies: Path) -> None:
    texts = takeaways(read_chapter([studies / "hoffer"]).groups[0])
    assert texts[0].startswith(
        "Most of the gap between small and large batch is closed by square-root scaling, ghost "
        "batches (hoffer, 80\N{NO-BREAK SPACE}%"
    )
    assert texts[1].startswith("A part of the gap is closed by square-root scaling (hoffer, 40")
    assert texts[-2:] == [
        "Those that work take 0.13 (square-root scaling) to 1.0 (square-root scaling, ghost "
        "batches, equal updates) times the updates of their small batch.",
        "They take 1.0 (square-root scaling) to 7.5 (square-root scaling, ghost batches, equal "
        "updates) times its time.",
    ]
    none = takeaways(read_chapter([studies / "goyal"]).groups[0])
    assert "linear scaling, gradual warm-up" in none[0]
    smith = takeaways(read_chapter([studies / "smith"]).groups[0])
    assert smith[0].startswith("The large batch without a remedy is not clearly less accurate")
    assert "No remedy is shown" not in " ".join(smith), "there is no gap to close"


def test_without_a_gap_remedies_are_held_to_the_small_batch(tmp_path: Path) -> None:
    ends = {"small": 0.7, "large": 0.7, "augmented": 0.76, "robust": 0.6, "dynamic": 0.7}
    make_study(tmp_path / "keskar", "keskar", ends, spread=1e-5)
    texts = takeaways(read_chapter([tmp_path / "keskar"]).groups[0])
    (more,) = (text for text in texts if "more accurate than the small batch" in text)
    (less,) = (text for text in texts if "less accurate than the small batch" in text)
    assert more.startswith("Clearly more accurate than the small batch itself, of these: augmented")
    assert "augmented pictures (keskar, 0.0" in more and "robust" not in more
    assert "of these: robust training (keskar, −0.10" in less
    assert "dynamic" not in more + less
    assert "No remedy is shown" not in " ".join(texts)


def test_remedies_that_leave_a_gap_open_are_not_advised(tmp_path: Path) -> None:
    ends = {"small": 0.9, "rate": 0.8, "ghost": 0.8, "regime": 0.8}
    make_study(tmp_path / "hoffer", "hoffer", {**ends, "large": 0.8})
    texts = takeaways(read_chapter([tmp_path / "hoffer"]).groups[0])
    assert texts[-1].startswith("No remedy is shown to work on these pictures")


@pytest.mark.parametrize(
    ("large", "words"),
    [
        (0.9, "The large batch without a remedy is not clearly less accurate"),
        (0.7, "The seeds that are there show neither a gap"),
    ],
)
def test_one_seed_is_no_advice_for_the_small_batch(
    tmp_path: Path, large: float, words: str
) -> None:
    # it has no interval, whichever batch is the more accurate in it
    ends = {"small": 0.8, "large": large, "rate": 0.75, "ghost": 0.75, "regime": 0.75}
    folder = make_study(tmp_path / "hoffer", "hoffer", ends)
    only_one_seed(folder)
    chapter = read_chapter([folder])
    texts = takeaways(chapter.groups[0])
    assert texts[-1].startswith(words)
    assert "choose the small batch" not in " ".join(texts)
    assert "1 of 3 seeds compared" in build_chapter(chapter, tmp_path, "x")


def test_a_share_of_the_gap_to_runs_at_chance_says_so_in_its_sentence(tmp_path: Path) -> None:
    ends = {"small": 0.9, "unscaled": 0.7, "none": 0.89, "constant": 0.79, "gradual": 0.89}
    ends |= {"root": 0.88}
    stuck = [("unscaled", 0), ("unscaled", 2), ("gradual", 1)]
    make_study(tmp_path / "goyal", "goyal", ends, stuck=stuck)
    make_study(tmp_path / "hoffer", "hoffer", {"small": 0.9, "rate": 0.84, "ghost": 0.88})
    most, part, *others = takeaways(
        read_chapter([tmp_path / "goyal", tmp_path / "hoffer"]).groups[0]
    )
    assert most.endswith("; without them, 2 of 3 runs (goyal) hardly left chance.")
    assert "linear scaling, constant warm-up (goyal, 45" in part
    # hoffer's large batch learned
    assert part.endswith("n = 3 seeds); without them, 2 of 3 runs (goyal) hardly left chance.")
    assert "chance" not in " ".join(others)
    alone = takeaways(read_chapter([tmp_path / "hoffer"]).groups[0])
    assert "chance" not in " ".join(alone)


def test_times_that_can_be_off_are_marked(tmp_path: Path) -> None:
    ends = {"small": 0.9, "rate": 0.84, "ghost": 0.88, "regime": 0.9}
    places = [make_study(tmp_path / "slow", "hoffer", ends, slow=[("large", 1), ("ghost", 0)])]
    chapter = read_chapter(places)
    html = build_chapter(chapter, tmp_path, "x")
    assert "× small (0.22 to 12)\N{NO-BREAK SPACE}†</small>" in html
    assert "(up to 4.0 times here)" in html
    fastest, slowest = "2.5 s (“8 ×”, seed 0)", "10 s (“8 ×”, seed 1)"
    assert f"<li>† hoffer: an epoch of batch 256 took {fastest} to {slowest}.</li>" in html
    assert "equal updates\N{NO-BREAK SPACE}†) times its time; what † marks can be off" in html
    alike = make_study(tmp_path / "alike", "hoffer", ends)
    assert "†" not in build_chapter(read_chapter([alike]), tmp_path, "x")
