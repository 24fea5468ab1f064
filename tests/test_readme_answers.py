"""What came out, in short: the README's answer and its verdicts are those of the results."""

import json
import re

import pandas as pd
from scipy import stats

from study.experiments import get_experiment
from tests.readme_text import PUBLISHED, README, summary_of

ARTICLE = {"real-32px", "real-64px", "real-128px", "devices-32px", "quick"}


def test_the_short_answer_is_that_of_the_page_over_all_studies() -> None:
    start = README.index("Which batch size, then?")
    text = " ".join(README[start : README.index("What was reproduced and")].split())
    page = (PUBLISHED / "index.html").read_text(encoding="utf-8")
    answer = " ".join(re.sub(r"<[^>]+>", "", page[page.index("<main") :]).split())
    answer = answer[: answer.index("Remedy by remedy")]
    critical = re.findall(r"critical batch size is ([\d.]+) \(95 % interval ([\d. to]+), ", answer)
    ((size, interval),) = critical
    assert f"critical batch size is {size} ({interval})" in text
    found = re.findall(
        r"validation loss of (0\.\d+) was batch (\d+), after [\d.]+ s; batch ([\d, and]+) cannot "
        r"be told from it with 3 seeds; batch ([\d and]+) took at most twice as long; batch "
        r"([\d,]+) (\d+) times",
        answer,
    )
    ((loss, first, alike, near, last, times),) = found
    assert (
        f"batch {first} is soonest at a validation loss of {float(loss):g} (chance is 0.693), and "
        f"{alike} cannot be told from it; {near} take at most twice as long, {last} takes {times} "
        "times." in text
    )
    ((share, spread),) = re.findall(
        r"by linear scaling \(goyal, (\d+ %), ([\d %to]+), n = 3", answer
    )
    assert f"and a rate in proportion closes {share} ({spread}) of that gap" in text
    assert "2 of 3 runs (goyal) and 2 of 3 runs (smith) hardly left chance" in answer


def test_the_gaps_of_the_short_answer_are_those_of_two_studies() -> None:
    text = " ".join(README.split())
    large = runs_of("goyal-real-32px", condition="unscaled")
    assert set(large["batch_size"]) == {256} and set(large["epochs"]) == {60}
    assert set(large["learning_rate"]) == {0.002} and set(large["model"]) == {"plain"}
    assert "(`goyal-real-32px`: rate 0.002 with momentum 0.9, 60 epochs, where 2 of 3 such" in text
    goyal = summary_of("goyal-real-32px")
    assert [c["verdict"] for c in goyal["claims"] if c["id"] == "C3"] == ["reproduced"]
    other = runs_of("hoffer-real-32px", condition="large")
    assert set(other["learning_rate"]) == {0.004} and set(other["batch_size"]) == {256}
    declared = {
        (name, condition.name): (condition.momentum, condition.batch_normalisation)
        for name in ("goyal", "hoffer")
        for condition in get_experiment(name).conditions
    }
    assert declared["goyal", "unscaled"] == (0.9, False)
    assert declared["hoffer", "large"] == (0.9, True)
    claims = {c["id"]: c["verdict"] for c in summary_of("hoffer-real-32px")["claims"]}
    assert claims["C1"] == "inconclusive"
    assert "(`hoffer-real-32px`: rate 0.004, batch normalisation) no gap is clear." in text


def runs_of(name: str, condition: str) -> pd.DataFrame:
    results = PUBLISHED / name / "results"
    conditions = pd.read_parquet(results / "conditions.parquet")[["id", "condition"]]
    runs = pd.read_parquet(results / "runs.parquet").merge(conditions, on="id")
    found = runs[runs["condition"] == condition]
    assert len(found) == 3
    return found


def test_the_table_of_verdicts_is_that_of_the_results() -> None:
    rows = re.findall(
        r"^\| \[([\w-]+)\]\(\S+\) \| (.+?) \| (\d) \| (.+?) \| (.+?) \|$", README, re.MULTILINE
    )
    papers = {path.name for path in PUBLISHED.glob("*-real-32px")}
    assert {row[0] for row in rows} == ARTICLE | papers
    for name, pictures, seeds, *told in rows:
        summary = summary_of(name)
        lost = summary["together"]["lost"]
        for verdict, words in zip(("reproduced", "not reproduced"), told, strict=True):
            found = [c["id"] for c in summary["claims"] if c["verdict"] == verdict]
            assert words == (listed_with_marks(found, lost) or "–"), (name, verdict)
        assert {run["seed"] for run in summary["runs"]} == set(range(int(seeds))), name
        drawn, real = "drawn" in pictures, name != "quick"
        assert drawn != real
        size = re.findall(r"at (\d+)", pictures)[0]
        assert (
            int(size)
            == json.loads((PUBLISHED / name / "study.json").read_text())["settings"]["image_size"]
        )


def listed_with_marks(claims: list[str], lost: list[str]) -> str:
    return ", ".join(claim + "\\*" * (claim in lost) for claim in claims)


def test_what_is_unlike_the_article_is_what_was_found() -> None:
    text = " ".join(README.split())
    found = []
    for name in ("real-32px", "real-64px"):
        (claim,) = (claim for claim in summary_of(name)["claims"] if claim["id"] == "C18")
        (part,) = (p for p in claim["parts"] if p["name"] == "scaled against batch 32")
        ends = " to ".join(f"{end:.3g}" for end in part["interval"])
        found.append(f"{part['effect']:.3g} times, {ends}")
        low, high = part["source"]
        assert f"are not {low:.1f} to {high:.1f} times as sharp as that of batch 32" in text
    assert f"(at 32 pixels {found[0]}; at 64 {found[1]})" in text


def test_the_comparisons_that_were_not_run_count_too() -> None:
    (claim,) = (claim for claim in summary_of("real-64px")["claims"] if claim["id"] == "C21")
    assert [part["n"] for part in claim["parts"]].count(1) == 6
    assert [part["n"] for part in claim["parts"]].count(3) == 6
    (part,) = (part for part in claim["parts"] if part["verdict"] == "not reproduced")
    low, high = part["interval"]
    error = (high - low) / 2 / stats.t.ppf(0.975, 2)
    half = error * stats.t.ppf(1 - 0.05 / 6 / 2, 2)
    words = f"({part['effect']:.3g}, {part['effect'] - half:.2g} to {part['effect'] + half:.3g})"
    assert (
        "For the six with three seeds alone C21 would be not reproduced there: batch 32 does "
        f"better at eight times the rate {words}" in " ".join(README.split())
    )
    assert part["effect"] > half and claim["verdict"] == "inconclusive"


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
