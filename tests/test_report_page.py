"""The page as HTML: well-formed, linked, accessible, self-contained, the same bytes each time."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np
import pandas as pd
import pytest

from reports.page import build_page, write_report
from study.errors import StoreError
from study.experiments import get_experiment
from study.summarise import summarise
from tests.make_study import empty_frames, make_frames, make_settings, make_study_directory
from tests.page_checks import Page, check_html

LAYERS = [
    {"name": "input", "kind": "InputLayer", "output_shape": [32, 32, 3], "parameters": 0},
    {"name": "conv_1", "kind": "Conv2D", "output_shape": [32, 32, 4], "parameters": 112},
    {"name": "output", "kind": "Dense", "output_shape": [1], "parameters": 5},
]


PICTURES = {
    "images": np.arange(24 * 8 * 8 * 3).reshape(24, 8, 8, 3).astype(np.uint8),
    "labels": np.arange(24) % 2,
}


def small_frames(seeds: int, **more: Any) -> dict[str, pd.DataFrame]:
    return make_frames(seeds, landscape_points=5, **more)


def made(
    frames: dict[str, pd.DataFrame] | None = None,
    settings: dict[str, Any] | None = None,
    **more: Any,
) -> str:
    frames = make_frames() if frames is None else frames
    settings = make_settings() if settings is None else settings
    return build_page(settings, summary_of(frames, settings), frames, **more)


def summary_of(frames: dict[str, pd.DataFrame], settings: dict[str, Any]) -> dict[str, Any]:
    summary = summarise(settings, frames, get_experiment("article"))
    return json.loads(json.dumps(summary, allow_nan=False))


@pytest.fixture(scope="module")
def full() -> str:
    frames = make_frames(search=("dropout", "batch-normalisation"))
    return made(frames, pictures=PICTURES, layers=LAYERS)


@pytest.fixture(scope="module")
def full_page(full: str) -> Page:
    return check_html(full)


@pytest.fixture(scope="module")
def one_seed() -> str:
    return made(small_frames(1), make_settings(1))


CELLS = [(size, multiple, seed) for size in (32, 64, 128, 256) for multiple in (1, 2, 4, 8)
         for seed in range(2)]  # fmt: skip


STUDIES = {
    "nothing measured": lambda: made(empty_frames()),
    "four GPUs": lambda: made(
        small_frames(2, replicas=(1, 4), devices="GPU"), make_settings(2, replicas=(1, 4))
    ),
    "two batch sizes": lambda: made(
        small_frames(1, batch_sizes=(32, 256), multiples=(1, 8)),
        make_settings(1, batch_sizes=(32, 256), multiples=(1, 8)),
    ),
    "one batch size": lambda: made(
        small_frames(1, batch_sizes=(64,), multiples=(2,)),
        make_settings(1, batch_sizes=(64,), multiples=(2,)),
    ),
    "all diverged": lambda: made(small_frames(2, diverged=CELLS), make_settings(2)),
    "all failed": lambda: made(small_frames(2, failed=CELLS), make_settings(2)),
    "not begun": lambda: made(small_frames(2, missing=CELLS), make_settings(2)),
    "odd runs": lambda: made(
        small_frames(3, diverged=[(32, 8, 1)], failed=[(128, 8, 2)], censored=[(256, 1, 0)]),
    ),
}


def test_full_page_is_sound(full_page: Page) -> None:
    check_all_there(full_page)


def test_the_search_for_the_model_has_its_section(full: str, one_seed: str) -> None:
    assert 'id="model-search"' in full
    assert "“plain” fits best" in full
    assert full.count('<td class="words">dropout</td>') == 2, "two runs of it in the ledger"
    assert 'id="model-search"' not in one_seed


def test_page_of_one_seed_is_sound(one_seed: str) -> None:
    check_all_there(check_html(one_seed))


@pytest.mark.parametrize("name", STUDIES)
def test_every_state_of_a_study_gives_a_sound_page(name: str) -> None:
    check_all_there(check_html(STUDIES[name]()))


def check_all_there(page: Page) -> None:
    sections = [element.attributes["id"] for element in page.all("section")
                if element.attributes.get("class") == "figure"]  # fmt: skip
    assert sections == [*(f"A{number}" for number in range(1, 21)), "B1", "B2", "B3", "B4"]
    assert len([item for item in page.all("li") if item.attributes.get("class") == "claim"]) == 21


def test_every_section_shows_something_or_says_why(full_page: Page) -> None:
    page = full_page
    for section in page.all("section"):
        if section.attributes.get("class") != "figure":
            continue
        name = section.attributes["id"]
        start = page.elements.index(section)
        later = [other for other in page.elements[start + 1 :] if other.tag == "section"]
        stop = page.elements.index(later[0]) if later else len(page.elements)
        inside = page.elements[start:stop]
        drawn = [element for element in inside if element.attributes.get("role") == "img"]
        tables = [element for element in inside if element.tag == "table"]
        missing = [element for element in inside if element.attributes.get("class") == "missing"]
        assert drawn or tables or missing or any(element.tag == "img" for element in inside), name
        assert bool(missing) == (name == "A5"), name


def test_downloads_hold_the_data(full_page: Page) -> None:
    links = {
        element.attributes["download"]: element.attributes["href"]
        for element in full_page.all("a")
        if "download" in element.attributes
    }
    assert {"A3-data.csv", "A4-table.csv", "A20-data.csv", "runs.csv"} <= set(links)
    text = unquote(links["A4-table.csv"].split(",", 1)[1])
    header, first, *_ = text.splitlines()
    row = dict(zip(header.split(","), first.split(","), strict=False))
    runs = make_frames()["runs"]
    ours = runs[(runs["batch_size"] == 32) & (runs["learning_rate"] == 0.01)]
    assert row["batch_size"] == "32"
    assert float(row["min_val_loss"]) == pytest.approx(ours["min_val_loss"].mean(), rel=1e-6)


def test_published_numbers_stand_beside_ours(full_page: Page) -> None:
    cells = [element.text for element in full_page.all("td")
             if "published" in element.attributes.get("class", "")]  # fmt: skip
    for number in ("0.343 / 0.344 / 0.345", "0.395", "158", "958", "0.352", "1.14", "4 to 7"):
        assert number in cells


def test_embedded_data_are_named_as_such() -> None:
    assert "These are not photographs" in made(empty_frames(), make_settings())
    real = made(empty_frames(), make_settings(embedded=False))
    assert "These are not photographs" not in real
    assert "Pictures of the data set (cats_and_dogs_128px.zip) are not included" in real
    assert "no JFIF marker" in real


def test_page_is_a_pure_function_of_its_input(full: str) -> None:
    frames = make_frames(search=("dropout", "batch-normalisation"))
    shuffled = {name: frame.sample(frac=1, random_state=3) for name, frame in frames.items()}
    assert made(shuffled, pictures=PICTURES, layers=LAYERS) == full


def test_hostile_text_stays_text() -> None:
    attack = "</style><script>alert(1)</script>\x00\u202e'\"<img src=x onerror=y>"
    frames = small_frames(1)
    for name, column in (("runs", "reason"), ("runs", "devices"), ("layer_distances", "layer")):
        frames[name][column] = attack
    settings = make_settings(1)
    settings |= {"command": attack, "commit": attack, "versions": {attack: attack}}
    settings["data"] |= {"source": attack, "class_names": [attack, "dog"]}
    settings["data"]["dropped"] = [{"reason": attack, "class_name": attack, "count": 10**400}]
    summary = summary_of(frames, settings)
    summary["headers"]["A4"]["n"] = {"title": attack, "unit": attack}
    summary["tables"]["A4"][0]["note"] = "\ud800"
    for claim in summary["claims"]:
        claim |= {"text": attack, "reason": attack, "unit": attack, "parts": [5, {"name": attack}]}
    layers = [{"name": attack, "kind": attack, "output_shape": [float("inf"), 3], "parameters": ""}]
    page = check_html(build_page(settings, summary, frames, PICTURES, layers))
    assert not page.all("script")
    assert all(image.attributes["src"].startswith("data:image/") for image in page.all("img"))
    assert "\x00" not in "".join(element.text for element in page.elements)


def test_missing_keys_of_settings_do_not_stop_the_page() -> None:
    frames = small_frames(1)
    settings = {"experiment": "article", "base_rate": 0.01, "seeds": [0]}
    check_html(build_page(settings, summary_of(frames, make_settings(1)), frames))


def test_base_rate_that_is_no_number_is_named() -> None:
    frames, settings = small_frames(1), make_settings(1)
    summary = summary_of(frames, settings)
    with pytest.raises(StoreError, match="base rate"):
        build_page(settings | {"base_rate": "x"}, summary, frames)


def test_write_report(tmp_path: Path, one_seed: str) -> None:
    make_study_directory(tmp_path, frames=small_frames(1), settings=make_settings(1))
    (tmp_path / "report").mkdir()
    (tmp_path / "report" / "index.html").write_text("an older page")
    page = write_report(tmp_path)
    assert page == tmp_path / "report" / "index.html"
    assert page.read_text(encoding="utf-8") == one_seed
    assert [path.name for path in page.parent.iterdir()] == ["index.html"]


def test_report_folder_that_cannot_be_made(tmp_path: Path) -> None:
    make_study_directory(tmp_path, frames=empty_frames())
    (tmp_path / "report").write_text("in the way")
    with pytest.raises(StoreError, match="report"):
        write_report(tmp_path)


def test_page_stays_small_with_long_runs() -> None:
    measured = small_frames(1)
    frames = empty_frames() | {"runs": measured["runs"]}
    epochs = measured["epochs"]
    long = pd.concat(
        [epochs.assign(epoch=epochs["epoch"] + 200 * part) for part in range(40)], ignore_index=True
    )
    assert len(long) > 15_000
    assert len(made(frames | {"epochs": long}, make_settings(1))) < 3_000_000


@pytest.mark.parametrize("batch_size", [32, 64, 128, 256])
def test_a_page_is_made_though_all_runs_of_a_cell_failed(batch_size: int, tmp_path: Path) -> None:
    failed = [(batch_size, 1, seed) for seed in range(2)]
    frames = make_frames(2, failed=failed, landscape_points=5)
    gone = frames["runs"].loc[frames["runs"]["status"] == "failed", "id"]
    for name, frame in frames.items():
        if name != "runs":
            frames[name] = frame[~frame["id"].isin(gone)]
    make_study_directory(tmp_path, frames=frames)
    assert write_report(tmp_path).stat().st_size > 10_000


def test_what_to_take_from_it_comes_first_and_tells_what_is_open(full: str, one_seed: str) -> None:
    told, open_ones = (
        html[html.index("What to take from it") : html.index(">Verdicts</h2>")]
        for html in (full, one_seed)
    )
    assert "At one learning rate a small batch is done sooner" in told
    assert '<a href="#claim-C5">C5</a>, reproduced)' in told
    assert "; it holds for nets and pictures like these." in told
    assert "Not settled here; what the article says, and what was seen:" in open_ones
    assert (
        "below. None of the article’s claims that such a choice needs is settled by this study."
        in open_ones
    )
    assert "times per doubling" in open_ones
    assert "At one learning rate a small batch is done sooner" not in open_ones


def test_rows_of_other_seeds_are_not_to_be_compared() -> None:
    said = "Rows of unlike n are means over other seeds"
    assert said not in made(small_frames(2))
    # one batch size has a seed less
    frames = small_frames(2)
    runs = frames["runs"]
    runs.loc[(runs["batch_size"] == 32) & (runs["seed"] == 1), "status"] = "pending"
    assert said in made(frames)
