"""The chapter over several studies: told apart by their data, drawn, refused."""

import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from reports.chapter import read_chapter
from reports.chapter_page import build_chapter
from reports.chapter_words import takeaways
from reports.read import read_study
from study.command_line.main import main
from study.errors import SettingsError
from study.experiments import EXPERIMENTS
from tests.make_conditions import condition_document, condition_frames, condition_study
from tests.make_study import make_study_directory
from tests.page_checks import check_html

ROOT = Path(__file__).parents[1]
QUICK, REAL = (ROOT / "reports" / "published" / name for name in ("quick", "real-32px"))


def make_study(
    folder: Path,
    name: str,
    accuracy: dict[str, float],
    data: str = "a" * 64,
    examples: int | None = None,
    stuck: Sequence[tuple[str, int]] = (),
    slow: Sequence[tuple[str, int]] = (),
    spread: float = 0.0,
) -> Path:
    """A study's folder.

    Args:
        data: fingerprint of its pictures.
        examples: how many, all of one real source; drawn ones if not given.
        stuck: (condition, seed) of runs that never left chance.
        slow: of those whose epochs take 10 s in place of 2.5.
        spread: as in ``condition_frames``.
    """
    study = condition_study(name)
    document: dict[str, Any] = condition_document(study)
    document["settings"] = study.as_dict()
    document["data"] = {**document["data"], "fingerprint": data}
    if examples is not None:
        real = {"embedded": False, "source": "cats.zip", "examples": examples}
        document["data"] |= real
    frames = condition_frames(study, accuracy, spread=spread)
    members = frames["conditions"].set_index(["condition", "seed"])["id"]
    for name, runs, column, value in (
        ("runs", stuck, "min_val_loss", 0.6931),
        ("epochs", slow, "train_seconds", 9.5),
    ):
        frames[name].loc[frames[name]["id"].isin(members[list(runs)]), column] = value
    return make_study_directory(folder, frames=frames, settings=document)


def only_one_seed(folder: Path) -> None:
    """Makes the runs of all seeds but the first unfinished."""
    path = folder / "results" / "runs.parquet"
    runs = pd.read_parquet(path)
    runs.loc[runs["seed"] > 0, "status"] = "pending"
    runs.to_parquet(path)


@pytest.fixture(scope="module")
def studies(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("chapter")
    ends = {"small": 0.9, "rate": 0.84, "ghost": 0.88, "regime": 0.9}
    make_study(folder / "hoffer", "hoffer", ends)
    make_study(folder / "goyal", "goyal", {"small": 0.9, "gradual": 0.89})
    make_study(folder / "smith", "smith", {}, data="b" * 64)
    return folder


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


def test_seeds_that_show_no_gap_are_no_advice_for_the_small_batch(tmp_path: Path) -> None:
    # one seed has no interval, whichever batch is the more accurate in it
    ends = {"small": 0.8, "large": 0.9, "rate": 0.85, "ghost": 0.85, "regime": 0.85}
    folder = make_study(tmp_path / "hoffer", "hoffer", ends)
    only_one_seed(folder)
    chapter = read_chapter([folder])
    texts = takeaways(chapter.groups[0])
    assert texts[-1].startswith("The seeds that are there show neither a gap")
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


def test_a_study_without_remedies_is_left_out_and_refused_alone(
    studies: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    bare = replace(EXPERIMENTS["goyal"], remedies=())
    monkeypatch.setitem(EXPERIMENTS, "goyal", bare)
    chapter = read_chapter([studies / "goyal", studies / "hoffer"])
    assert [study.experiment.name for study in chapter.left_out] == ["goyal"]
    with pytest.raises(SettingsError, match=r"goyal \(goyal\): no remedies .* a study of article"):
        read_chapter([studies / "goyal"])


def test_what_is_left_out_is_named_once_by_its_published_name(tmp_path: Path) -> None:
    published = QUICK.parent
    places = [QUICK, published / "li-quick", published / "li-real-32px"]
    html = build_chapter(read_chapter([*places, places[1]]), tmp_path, "x")
    assert "Not in the tables, as they declare no remedies: li-quick and li-real-32px." in html
    alone = build_chapter(read_chapter(places[:2]), tmp_path, "x")
    assert "Not in the tables, as it declares no remedies: li-quick." in alone


def test_a_folder_that_does_not_name_its_experiment_does_so_beside(tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(QUICK.parent / "li-quick", copy)
    html = build_chapter(read_chapter([QUICK, copy]), tmp_path, "x")
    assert "no remedies: copy (li)." in html


def test_a_second_study_on_the_same_data_can_be_left_out(
    studies: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if not (studies / "copy").exists():
        make_study(studies / "copy", "hoffer", {})
    named, copy = [str(studies / name) for name in ("hoffer", "copy")], str(studies / "copy")
    options = ["--out", str(tmp_path), "--leave-out", copy]
    # the folders may follow the option
    assert main(["remedies", *options, *named]) == 0
    assert "Left out, as asked:" in capsys.readouterr().out
    html = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "Not in the tables, as asked: copy." in html
    assert "from 1 study on 1 data set" in html
    assert main(["remedies", named[0], *options]) == 2
    assert "is none of the studies that are named" in " ".join(capsys.readouterr().err.split())
    assert main(["remedies", copy, *options]) == 2
    assert "no remedies against the gap" in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["nowhere"], "is no study directory: it has no study.json"),
        (["hoffer", "copy"], "are both studies of hoffer on the same data, and nothing is pooled"),
    ],
)
def test_what_does_not_fit_is_one_line_and_exit_code_2(
    studies: Path, names: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    if not (studies / "copy").exists():
        make_study(studies / "copy", "hoffer", {})
    assert main(["remedies", *(str(studies / name) for name in names)]) == 2
    error = capsys.readouterr().err
    assert words in " ".join(error.split())
    assert len(error.strip().splitlines()) == 1


@pytest.mark.parametrize("names", [("devices-32px", "real-32px"), ("real-32px", "devices-32px")])
def test_of_two_studies_the_smaller_one_is_to_be_left_out(
    names: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    places = [QUICK.parent / name for name in names]
    assert main(["remedies", *map(str, places), "--out", str(tmp_path)]) == 2
    error = " ".join(capsys.readouterr().err.split())
    left, kept = (len(read_study(QUICK.parent / name).runs) for name in sorted(names))
    assert left < kept
    assert f"--leave-out {QUICK.parent / 'devices-32px'} (3 seeds, {left} runs;" in error
    assert f"; the other has 3 seeds, {kept} runs)" in error


def _matching(pattern: str) -> list[str]:
    """As a shell does; an option stands for itself."""
    return sorted(map(str, Path().glob(pattern))) or [pattern]


def test_the_example_of_the_help_works_in_this_repository(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SystemExit):
        main(["remedies", "--help"])
    printed = re.sub(r"[│\s]+", " ", capsys.readouterr().out)
    (example,) = re.findall(r"such as (\S+ --leave-out \S+)", printed)
    monkeypatch.chdir(QUICK.parents[2])
    words = [name for word in example.split() for name in _matching(word)]
    assert main(["remedies", *words, "--out", str(tmp_path)]) == 0


def test_published_results_are_read_as_studies_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # named twice it is one study all the same
    assert main(["remedies", str(QUICK), str(QUICK), "--out", str(tmp_path / "new" / "out")]) == 0
    assert (tmp_path / "new" / "out" / "index.html").exists()
    assert "linear scaling" in capsys.readouterr().out
