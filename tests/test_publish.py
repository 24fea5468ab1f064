"""Published results: made from a study, made again from themselves, shown in the README."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from reports.chapter import read_chapter
from reports.chapter_page import CHAPTER_PAGE, build_chapter
from reports.read import read_study
from reports.readme import blocks_of, published_readme, results_block, with_block
from study.command_line.finish import finish_study
from study.command_line.main import main
from study.command_line.publish import publish
from study.errors import StoreError
from study.store.study_directory import StudyDirectory
from tests.make_study import make_frames, make_settings, make_study_directory

ROOT = Path(__file__).parents[1]
PUBLISHED = sorted(path for path in (ROOT / "reports" / "published").glob("*") if path.is_dir())
_PICTURES = (".png", ".jpg", ".jpeg", ".zip", ".h5", ".npy")
# not the identifier of a number, such as final_val_accuracy/root/one
_PATHS = re.compile(r"(?<!\w)/(root|home|work|tmp|Users|mnt)/")


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """A study on real pictures that is under way, published."""
    folder = tmp_path_factory.mktemp("published")
    settings = make_settings(2, embedded=False)
    settings["settings"]["measures"].pop("along_levels")
    settings["command"] = "python -m study reproduce --data /home/jane/cats.zip"
    settings["data_directory"] = "/home/jane/.cache/x"
    frames = make_frames(2, missing=[(256, 1, 1), (128, 1, 1)], landscape_points=5)
    made = make_study_directory(folder / "study", frames=frames, settings=settings)
    # a real study has none; a mistake must not publish them
    np.savez(made / "samples.npz", images=np.zeros((1, 32, 32, 3), np.uint8), labels=np.zeros(1))
    readme = folder / "README.md"
    readme.write_text("# Title\n\n<!-- results: other -->\nold\n<!-- end of results -->\n\nrest\n")
    before = {path: path.read_bytes() for path in made.rglob("*") if path.is_file()}
    assert publish(made, "real-64", folder / "into", readme, show=True) == 0
    assert {path: path.read_bytes() for path in made.rglob("*") if path.is_file()} == before
    return folder


def test_all_that_is_needed_is_there_and_nothing_else(study):
    files = {
        str(path.relative_to(study / "into" / "real-64"))
        for path in (study / "into" / "real-64").rglob("*")
        if path.is_file() and not path.name.startswith(".")
    }
    frames = {f"results/{name}.{end}" for name in make_frames(1) for end in ("parquet", "csv")}
    assert files == frames | {"README.md", "study.json", "summary.json", "report/index.html"}


def test_status_says_that_they_are_published_and_what_they_hold(study, capsys):
    assert main(["status", str(study / "into" / "real-64")]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "Published results 'real-64' of the experiment article, preset quick." in printed
    assert "2 pending. Worked for" in printed
    assert "21 claims: " in printed
    assert "no runs and no weights" in printed
    assert "Left to do" not in printed


def test_neither_paths_nor_names_nor_pictures_are_published(study):
    for path in (study / "into").rglob("*"):
        if path.suffix in (".json", ".csv", ".md", ".html"):
            assert "jane" not in path.read_text(encoding="utf-8"), path
    page = (study / "into" / "real-64" / "report" / "index.html").read_text(encoding="utf-8")
    assert "are not included in this page" in page
    assert "data:image" not in page


def test_an_unfinished_study_is_shown_as_such(study):
    words = "This study is not finished: 30 runs of 32 are done"
    for name in ("README.md", "into/real-64/README.md", "into/real-64/report/index.html"):
        assert words in (study / name).read_text(encoding="utf-8"), name


def test_the_readme_of_the_results_says_how_they_were_made(study):
    text = (study / "into" / "real-64" / "README.md").read_text(encoding="utf-8")
    assert "made-up processor at 2.5 GHz, 2 cores" in text
    assert "tensorflow 2.21.0" in text
    assert "| Seeds | 0, 1 |" in text
    assert "| stop rule | 100 epochs without a lower validation loss | 10 epochs |" in text


def test_the_project_readme_shows_numbers_and_claims(study):
    text = (study / "README.md").read_text(encoding="utf-8")
    assert text.startswith("# Title\n\n<!-- results: real-64 -->")
    old = "<!-- results: other -->\nold\n<!-- end of results -->"
    assert text.endswith(f"<!-- end of results -->\n\n{old}\n\nrest\n")
    view = read_study(study / "into" / "real-64")
    assert blocks_of(text) == {"real-64": results_block(view), "other": old}
    assert with_block(text, "other", "new").endswith("<!-- end of results -->\n\nnew\n\nrest\n")
    assert text.count("\n| C") == 21
    summary = json.loads((study / "into" / "real-64" / "summary.json").read_text())
    rows = [line for line in text.splitlines() if line.startswith("| lowest validation loss")]
    assert len(rows) == 4
    ours = summary["published"][0]
    assert f"| 0.343 / 0.344 / 0.345 | {ours['ours']:.3f} (" in rows[0]
    assert rows[0].endswith("| 2 |")


def test_published_results_are_made_again_in_place(study):
    folder = study / "into" / "real-64"
    page = (folder / "report" / "index.html").read_bytes()
    (folder / "report" / "index.html").unlink()
    assert publish(folder, "real-64", study / "into", study / "README.md") == 0
    assert (folder / "report" / "index.html").read_bytes() == page


def test_other_things_are_not_overwritten(study, tmp_path):
    (tmp_path / "into" / "taken").mkdir(parents=True)
    (tmp_path / "into" / "taken" / "mine.txt").write_text("mine")
    with pytest.raises(StoreError, match="holds other things"):
        publish(study / "study", "taken", tmp_path / "into", tmp_path / "README.md")
    with pytest.raises(StoreError, match="publish it elsewhere"):
        publish(study / "study", "study", study, tmp_path / "README.md")


@pytest.mark.parametrize("name", ["bench.json", "model.json"])
def test_a_damaged_source_leaves_what_is_published_as_it_was(study, tmp_path, name):
    shutil.copytree(study / "study", tmp_path / "study")
    shutil.copytree(study / "into", tmp_path / "into")
    (tmp_path / "study" / name).write_text('{"schema": 1,')
    before = {path: path.read_bytes() for path in (tmp_path / "into").rglob("*") if path.is_file()}
    with pytest.raises(StoreError, match=re.escape(name)):
        publish(tmp_path / "study", "real-64", tmp_path / "into", tmp_path / "README.md")
    after = {path: path.read_bytes() for path in (tmp_path / "into").rglob("*") if path.is_file()}
    assert after == before


def test_a_readme_without_markers_is_left_alone():
    with pytest.raises(StoreError, match="no markers"):
        with_block("# Title\n", "name", "block")
    assert blocks_of("# Title\n") == {}


@pytest.mark.parametrize("folder", PUBLISHED, ids=lambda path: path.name)
def test_committed_results_give_their_page_again(folder, tmp_path):
    copy = tmp_path / folder.name
    shutil.copytree(folder, copy, ignore=shutil.ignore_patterns("report", "README.md", ".*"))
    finish_study(StudyDirectory(copy))
    for name in ("report/index.html", "README.md", "summary.json"):
        assert (copy / name).read_bytes() == (folder / name).read_bytes(), (
            f"{name} is not what the committed results give; call 'make published'"
        )


@pytest.mark.parametrize("kernels", ["Nehalem", "Haswell"])
@pytest.mark.parametrize("name", ["hoffer-quick", "devices-32px"])
def test_another_processor_gives_the_same_summary_and_page(name, kernels, tmp_path):
    """OpenBLAS adds in another order with each kind of processor; this names one."""
    (folder,) = (path for path in PUBLISHED if path.name == name)
    copy = tmp_path / name
    shutil.copytree(folder, copy, ignore=shutil.ignore_patterns("report", "README.md", ".*"))
    subprocess.run(
        [sys.executable, "-m", "study", "report", str(copy)],
        env={**os.environ, "OPENBLAS_CORETYPE": kernels},
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    for document in ("summary.json", "report/index.html"):
        assert (copy / document).read_bytes() == (folder / document).read_bytes(), document


@pytest.mark.parametrize("folder", PUBLISHED, ids=lambda path: path.name)
def test_committed_results_hold_no_weights_pictures_or_paths(folder):
    embedded = json.loads((folder / "study.json").read_text())["data"]["embedded"]
    for path in folder.rglob("*"):
        assert path.suffix not in _PICTURES, path
        assert embedded or path.suffix != ".npz", path
        if path.suffix in (".json", ".csv", ".md", ".html"):
            assert not _PATHS.search(path.read_text(encoding="utf-8")), path


def test_the_committed_chapter_is_what_all_published_results_give():
    folder = ROOT / "reports" / "published"
    places = " ".join(f"reports/published/{path.name}/" for path in PUBLISHED)
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    (aside,) = re.findall(r"study remedies \S+ --leave-out (\S+) --out", makefile)
    command = f"python -m study remedies {places} --leave-out {aside} --out reports/published"
    page = build_chapter(read_chapter(PUBLISHED, [ROOT / aside]), folder, command)
    assert page == (folder / CHAPTER_PAGE).read_text(encoding="utf-8"), "call 'make published'"
    links = set(re.findall(r'href="([^"#:]+/index.html)"', page))
    assert links
    assert all((folder / link).is_file() for link in links)


def test_the_readme_shows_committed_results():
    shown = blocks_of((ROOT / "README.md").read_text(encoding="utf-8"))
    assert shown
    for name, block in shown.items():
        folder = ROOT / "reports" / "published" / name
        assert folder in PUBLISHED
        assert block == results_block(read_study(folder)), "call 'make published'"
        assert published_readme(read_study(folder)) == (folder / "README.md").read_text("utf-8")


@pytest.mark.parametrize("folder", PUBLISHED, ids=lambda folder: folder.name)
def test_every_frame_is_the_same_as_parquet_and_as_csv(folder):
    paths = sorted((folder / "results").glob("*.parquet"))
    assert paths
    for path in paths:
        frame = pd.read_parquet(path)
        # numbers read back exactly; an empty text and none look alike in a CSV file
        text = pd.read_csv(path.with_suffix(".csv"))
        assert list(text.columns) == list(frame.columns), path
        for name, column in frame.items():
            if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
                np.testing.assert_array_equal(text[name].to_numpy(float), column.to_numpy(float))
            else:
                words = [part.map(str).where(part.notna(), "") for part in (text[name], column)]
                assert words[0].tolist() == words[1].tolist()


def test_the_readme_names_all_published_results():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [path.name for path in PUBLISHED if f"`{path.name}`" not in text] == []
