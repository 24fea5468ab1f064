"""Which studies the chapter is over: left out, refused, named."""

import re
import shutil
from pathlib import Path

import pytest

from reports.chapter import read_chapter
from reports.chapter_page import build_chapter
from reports.read import read_study
from study.command_line.main import main
from study.errors import SettingsError
from study.experiments import EXPERIMENTS
from tests import make_chapter
from tests.make_chapter import QUICK, make_study

studies = make_chapter.studies


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
