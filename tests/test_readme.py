"""What the README says is true: its example runs, its commands exist, its tables agree."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from reports.readme import blocks_of
from study.command_line.main import main
from study.experiments.keskar_conditions import SIZES
from study.experiments.presets import PRESETS
from study.words import listed

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PUBLISHED = ROOT / "reports" / "published"


def summary_of(name: str) -> dict[str, Any]:
    summary: dict[str, Any] = json.loads((PUBLISHED / name / "summary.json").read_text("utf-8"))
    return summary


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def test_example_of_the_callbacks_runs() -> None:
    # the next one is run in tests/test_parts.py
    example = blocks("python")[0]
    done = subprocess.run(
        [sys.executable, "-c", example],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert re.match(r"distance from the initial weights: \d+\.\d+", lines[0])
    assert re.search(r"sharpness after epochs 1 and 6: \[\d+\.\d+, \d+\.\d+\]", done.stdout)
    assert re.match(r"noise scale of the last epoch, in examples: (\d+\.\d+|nan)", lines[-1])


def test_first_two_commands_are_make_reproduce_and_make_test() -> None:
    commands = [line for block in blocks("sh") for line in block.splitlines()]
    assert commands[:2] == ["make reproduce", "make test"]
    targets = (ROOT / "Makefile").read_text(encoding="utf-8")
    for name in re.findall(r"make (\w+)", " ".join(commands)):
        assert re.search(rf"^{name}:", targets, flags=re.MULTILINE), name


def commands_named() -> list[str]:
    return sorted(set(re.findall(r"python -m study (\w+)", README)))


@pytest.mark.parametrize("command", commands_named())
def test_every_command_named_exists(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    assert f"study {command}" in capsys.readouterr().out


def test_every_option_named_exists(capsys: pytest.CaptureFixture[str]) -> None:
    printed = ""
    for command in ("reproduce", "list", "data", "bench", "publish", "remedies"):
        with pytest.raises(SystemExit):
            main([command, "--help"])
        printed += capsys.readouterr().out
    for option in sorted(set(re.findall(r"`(--[a-z-]+)", README))):
        assert option in printed, option


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_table_of_presets_agrees_with_them(name: str) -> None:
    (row,) = [line for line in README.splitlines() if line.startswith(f"| `{name}`")]
    preset = PRESETS[name]
    cells = [cell.strip() for cell in row.split("|")[1:-1]]
    assert cells[2] == (f"{preset.pictures:,}" if preset.pictures else "23,262")
    assert cells[3] == str(preset.image_size)
    assert cells[4] == f"`{preset.model}`"


@pytest.mark.parametrize(
    ("name", "start", "end"),
    [
        ("quick", "In the small size, on drawn pictures", "At a level that all 18 claims"),
        ("real-32px", "On all 23,262 real pictures", "Its numbers"),
    ],
)
def test_what_came_out_agrees_with_the_tables(name: str, start: str, end: str) -> None:
    words = README[README.index(start) : README.index(end)]
    lines = " ".join(words.split()).replace("The others are", "; the others are").split(";")
    block = blocks_of(README)[name]
    found = dict(re.findall(r"^\| (C\d+) \| .*? \| ([a-z ]+) \|", block, flags=re.MULTILINE))
    assert len(found) == 21
    named = {}
    for line in lines:
        (verdict,) = re.findall(r"(?:not )?reproduced|not run|inconclusive", line)
        named |= dict.fromkeys(re.findall(r"C\d+", line), verdict)
    assert named == {name: found[name] for name in named}
    # the others are said to be inconclusive
    assert {found[name] for name in set(found) - set(named)} == {"inconclusive"}


def test_what_many_claims_do_to_one_is_told() -> None:
    found = summary_of("real-32px")["together"]
    text = " ".join(README.split())
    (p,) = (c["p"] for c in summary_of("real-32px")["claims"] if c["id"] == "C1")
    assert found["lost"] == ["C1"] and not found["kept"]
    assert f"a level shared over all {found['tested']} claims tested (p = {p:.3g})" in text
    assert "at least one of 16 in up to a third" in text
    assert "Of 16 such claims" in found["text"] and "in 33 % of studies" in found["text"]
    for name in ("quick", "devices-32px"):
        others = {claim["id"]: claim["verdict"] for claim in summary_of(name)["claims"]}
        assert others["C1"] == "reproduced", name


def test_numbers_on_real_pictures_agree_with_the_tables() -> None:
    start = README.index("Its numbers")
    text = README[start : README.index("On the article's own 128 pixels")]
    number = r"(?<![\w.])\d+\.\d+|(?<![\w.])\d{3,}"
    printed = " ".join(re.findall(r"\(([^)]*)\)", text))
    ours = re.sub(r"\([^)]*\)", "", text)
    rows = [row.split(" | ") for row in blocks_of(README)["real-32px"].splitlines()]
    rows = [row for row in rows if len(row) == 6]
    batch_sizes, in_article, here = (" ".join(row[place] for row in rows) for place in (2, 3, 4))
    runs = summary_of("real-32px")["runs"]
    here += f" {batch_sizes}" + "".join(f" {run['min_val_loss']:.3f}" for run in runs)
    here += "".join(f" {run['epochs_to_min']:.0f}" for run in runs)
    search = summary_of("real-32px")["model_search"]
    here += f" {search['how_sure']}"
    claims = {claim["id"]: claim for claim in summary_of("real-32px")["claims"]}
    (flatter,) = (p for p in claims["C18"]["parts"] if p["name"] == "scaled against batch 32")
    low, high = flatter["source"]
    lowest, highest = flatter["interval"]
    assert flatter["source_lies"] == "outside"
    words = (
        f"not {low:.1f} to {high:.1f} times that of batch 32, as the article's numbers have it, "
    )
    interval = f"{lowest:.3g} to {highest:.3g}"
    found = f"{flatter['effect']:.3g} times, with an interval of {interval}"
    assert f"{words}but {found}" in " ".join(text.split())
    here += f" {low:.1f} {high:.1f} {found}"
    assert len(re.findall(number, ours)) > 10
    assert set(re.findall(number, ours)) <= set(re.findall(number, here))
    assert set(re.findall(number, printed)) <= set(re.findall(number, in_article))
    assert f"one with {search['best']} fits" in text
    assert search["seeds"] == [0] and "on the one seed that all have" in " ".join(text.split())
    joined = " ".join(text.split())
    ((level, ended),) = re.findall(r"in (\d+) of the (\d+) runs the validation", joined)
    assert f"In {level} of the {ended} runs that patience ended" in claims["C21"]["reason"]


def test_numbers_at_128_pixels_agree_with_the_results() -> None:
    start = README.index("On the article's own 128 pixels")
    text = " ".join(README[start : README.index("At 64 pixels (`real-64px`")].split())
    number = r"(?<![\w.])\d\.\d+|(?<![\w.])\d{3,}"
    printed = set(re.findall(number, " ".join(re.findall(r"\((\d[^)]*)\)", text))))
    ours = set(re.findall(number, re.sub(r"\([^)]*\)", "", text))) - {"128", "256"}
    summary = summary_of("real-128px")
    rows = [row for row in summary["published"] if row["ours"] is not None]
    assert printed <= set(re.findall(number, " ".join(row["published"] for row in rows)))
    # a loss has three decimals, lengths have three digits
    found = {f"{row['ours']:.3f}" for row in rows} | {f"{row['ours']:.3g}" for row in rows}
    assert ours <= found and {"0.377", "149", "0.640"} <= ours
    assert "150 epochs, which ended all four runs" in text
    assert [(run["epochs"], run["stopped_by"]) for run in summary["runs"]] == [
        (150, "max_epochs")
    ] * 4
    verdicts = [claim["verdict"] for claim in summary["claims"]]
    assert set(verdicts) == {"inconclusive", "not run"}
    assert verdicts.count("not run") == 6 and "six of them need more runs" in text
    late = [run for run in summary["runs"] if run["epochs_to_min"] > 150 - 15]
    assert (
        len(late) == 3 and "Three of the four had their lowest loss in the last 15 epochs" in text
    )


def test_numbers_at_64_pixels_are_those_of_the_runs() -> None:
    start = README.index("At 64 pixels (`real-64px`")
    text = " ".join(README[start : README.index("On the pictures at 32 pixels, over")].split())
    summary = summary_of("real-64px")
    runs = {
        (run["batch_size"], run["learning_rate"], run["seed"]): run
        for run in summary["runs"]
        if run["status"] == "completed"
    }

    def told(found: list[dict[str, Any]], name: str, form: str) -> str:
        return listed(form.format(run[name]) for run in found)

    first = [runs[size, 0.01, 0] for size in (32, 64, 128, 256)]
    assert f"is {told(first, 'min_val_loss', '{:.3f}')} with batch 32" in text
    assert f"after {told(first, 'epochs_to_min', '{:,.0f}')} epochs" in text
    faster = [runs[size, 0.08, 0]["min_val_loss"] for size in (32, 64, 128)]
    assert f"the rate {min(faster):.3f} to {max(faster):.3f} with batch 32 to 128" in text
    assert first[0] is max(first, key=lambda run: run["min_val_loss"])
    assert first[0] is min(first, key=lambda run: run["epochs"])
    second = [runs[size, 0.01, 1] for size in (64, 128, 256)]
    assert f"after {told(second, 'epochs', '{:.0f}')} epochs" in text
    assert f"minima of {told(second, 'min_val_loss', '{:.3f}')}." in text
    assert len([key for key in runs if key[2] == 0]) == 10 and not any(key[2] == 2 for key in runs)
    assert {claim["verdict"] for claim in summary["claims"]} == {"inconclusive", "not run"}


def papers_told() -> dict[str, str]:
    """What is said of each paper on the real pictures, by the name of the published results."""
    start = README.index("On the pictures at 32 pixels, over")
    text = README[start : README.index("In the small size, on drawn pictures")]
    items = [" ".join(item.split("\n\n")[0].split()) for item in text.split("\n- ")[1:]]
    return {re.findall(r"`([a-z-]+-real-32px)`", item)[0]: item for item in items}


def test_every_paper_on_the_real_pictures_is_told() -> None:
    published = {path.name for path in PUBLISHED.glob("*-real-32px")}
    assert set(papers_told()) == published
    assert len(published) > 1


@pytest.mark.parametrize("name", sorted(papers_told()))
def test_verdicts_on_papers_are_those_of_the_real_pictures(name: str) -> None:
    text = papers_told()[name]
    found = {claim["id"]: claim["verdict"] for claim in summary_of(name)["claims"]}
    refuted = set(re.findall(r"(C\d) is not reproduced", text))
    named = set(re.findall(r"C\d", text))
    assert {found[claim] for claim in named - refuted} <= {"reproduced"}
    assert refuted == {claim for claim in found if found[claim] == "not reproduced"}
    reasons = " ".join(claim["reason"] for claim in summary_of(name)["claims"])
    assert all(number in reasons for number in re.findall(r"0\.\d{3,}", text))
    # those that are not named are open
    assert {found[claim] for claim in set(found) - named} <= {"inconclusive"}


def test_verdicts_that_a_shared_level_would_not_keep_are_named() -> None:
    flat = " ".join(README.split())
    ((told,),) = [re.findall(r"some of these verdicts would not stand: (.*?et al\.) In the", flat)]
    named = {
        words.split(" of ")[1].split()[0].lower(): set(re.findall(r"C\d+", words))
        for words in told.split("., ")
    }
    for name in papers_told():
        lost = {
            claim
            for claim in summary_of(name)["together"]["lost"]
            if claim in re.findall(r"C\d+", papers_told()[name])
        }
        assert named.get(name.split("-")[0], set()) == lost, name
    quick = summary_of("quick")["together"]
    shared = f"At a level that all {quick['tested']} claims tested share (Holm), "
    assert f"{shared}{listed(quick['lost'])} would not stand." in flat


def test_updates_of_smiths_conditions_are_those_of_the_table() -> None:
    table = summary_of("smith-real-32px")["tables"]["S4"]
    updates = {row["condition"]: row["updates"] for row in table}
    told = papers_told()["smith-real-32px"]
    assert f"the hybrid {updates['hybrid']:,.0f} in place of {updates['decay']:,.0f}" in told


def test_sharpness_and_accuracy_by_batch_size_are_those_of_keskars_table() -> None:
    told = papers_told()["keskar-real-32px"]
    conditions = {condition.name for condition in SIZES}
    table = summary_of("keskar-real-32px")["tables"]["K4"]
    rows = sorted(
        (row for row in table if row["condition"] in conditions), key=lambda row: row["batch_size"]
    )
    assert [row["sharpness"] for row in rows] == sorted(row["sharpness"] for row in rows)
    ends = f"{rows[0]['sharpness']:.2f} to {rows[-1]['sharpness']:,.0f}"
    assert f"batch 32 to 1,216 the mean sharpness rises from {ends}" in told
    accuracies = [100 * row["final_val_accuracy"] for row in rows]
    assert f"end at {min(accuracies):.0f} to {max(accuracies):.0f} % of" in told


def test_the_critical_batch_size_is_that_of_mccandlishs_sweep() -> None:
    told = papers_told()["mccandlish-real-32px"]
    summary = summary_of("mccandlish-real-32px")
    sweep = summary["sweep"]
    (noise,) = (row for row in sweep["predictions"] if row["quantity"] == "rest_noise")
    for words, row in (
        ("critical batch size is", sweep["critical_batch"]),
        ("predict it, is", noise),
    ):
        low, high = row["interval"]
        assert f"{words} {row['effect']:.3g} ({low:.3g} to {high:.3g})" in told
    assert f"a validation loss of {sweep['target']:g}," in told
    reasons = " ".join(claim["reason"] for claim in summary["claims"])
    for claimed in re.findall(r"(\d\.\d+) times", told):
        assert f"{claimed} times (95 % interval" in reasons


def test_the_share_that_linear_scaling_closes_is_that_of_the_chapter() -> None:
    ((share, low, high, without),) = re.findall(
        r"closes (\d+ %) \((\d+ %) to (\d+ %)\) of the gap that the unchanged rate leaves, at "
        r"which (\d+ of \d+ runs) hardly left chance",
        " ".join(README[: README.index("## Sizes")].split()),
    )
    chapter = (PUBLISHED / "index.html").read_text(encoding="utf-8")
    words = " ".join(chapter.split())  # its spaces between number and sign do not break
    assert f"linear scaling (goyal, {share}, {low} to {high}, n = 3 seeds)" in words
    assert re.search(rf"without them,[^.]* {without} \(goyal\)[^.]* hardly left chance\.", words)


def test_results_stand_behind_everything_that_explains_them() -> None:
    places = [README.index(f"## {name}") for name in ("Start", "What came out", "Sizes")]
    places += [README.index("## How verdicts come about"), README.index("<!-- results:")]
    assert places == sorted(places)


def test_files_named_exist() -> None:
    for path in re.findall(r"\]\(([^)#]+)\)", README):
        if not path.startswith("http"):
            assert (ROOT / path).exists(), path
    for path in re.findall(r"`((?:study|reports|callbacks)/[\w/]+\.py)`", README):
        assert (ROOT / path).exists(), path


def test_one_device_and_two_differ_as_the_readme_says() -> None:
    runs = pd.read_parquet(PUBLISHED / "devices-32px" / "results" / "runs.parquet")
    names = ["replicas", "batch_size", "learning_rate", "seed"]
    cells = runs.set_index(names).sort_index()["min_val_loss"]
    apart = (cells.loc[1] - cells.loc[2]).abs()
    base = apart.loc[256, runs["learning_rate"].min()]
    said = re.findall(
        r"in (\d+) pairs of runs of 12 epochs .* differ by at most ([\d.]+); at batch 256 and the "
        r"base rate by at most ([\d.]+) \((\d+) pairs;",
        " ".join(README.split()),
    )
    ((pairs, most, most_there, pairs_there),) = said
    assert (len(apart), len(base)) == (int(pairs), int(pairs_there))
    for found, limit in ((apart, most), (base, most_there)):
        digits = len(limit.split(".")[1])
        assert float(limit) - 10**-digits < found.max() <= float(limit)
