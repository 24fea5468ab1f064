"""Numbers that reports/FINDINGS.md tells of the article's studies are those of the results."""

import re
from typing import Any

import numpy as np
import pandas as pd

from reports.readme import blocks_of
from study.words import listed
from tests.readme_text import FINDINGS, PUBLISHED, README, summary_of


def test_verdicts_of_the_small_size_are_those_of_the_results() -> None:
    words = FINDINGS[FINDINGS.index("In the small size, on drawn pictures") :]
    words = words[: words.index("At a level that all 18 claims")]
    lines = " ".join(words.split()).replace("The others are", "; the others are").split(";")
    found = {claim["id"]: claim["verdict"] for claim in summary_of("quick")["claims"]}
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
    text = " ".join(FINDINGS.split())
    (p,) = (c["p"] for c in summary_of("real-32px")["claims"] if c["id"] == "C1")
    assert found["lost"] == ["C1"] and not found["kept"]
    assert f"a level shared over all {found['tested']} claims tested (p = {p:.3g})" in text
    assert "at least one of 17 in up to 35 % of them" in " ".join(README.split())
    assert "Of 17 such claims" in found["text"] and "in 35 % of studies" in found["text"]
    for name in ("quick", "devices-32px"):
        others = {claim["id"]: claim["verdict"] for claim in summary_of(name)["claims"]}
        assert others["C1"] == "reproduced", name


def test_numbers_on_real_pictures_agree_with_the_tables() -> None:
    start = FINDINGS.index("Its numbers, the article's in brackets")
    text = FINDINGS[start : FINDINGS.index("C1 is reproduced as in the small size")]
    number = r"(?<![\w.])\d+\.\d+|(?<![\w.])\d{3,}"
    printed = " ".join(re.findall(r"\(([^)]*)\)", text))
    ours = re.sub(r"\([^)]*\)", "", text)
    rows = [row.split(" | ") for row in blocks_of(README)["real-32px"].splitlines()]
    rows = [row for row in rows if len(row) == 6]
    batch_sizes, in_article, here = (" ".join(row[place] for row in rows) for place in (2, 3, 4))
    runs = summary_of("real-32px")["runs"]
    here += f" {batch_sizes}" + "".join(f" {run['min_val_loss']:.3f}" for run in runs)
    here += "".join(f" {run['epochs_to_min']:.0f}" for run in runs)
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
    joined = " ".join(text.split())
    ((level, ended),) = re.findall(r"in (\d+) of the (\d+) runs with dropout the", joined)
    assert f"In {level} of the {ended} runs that patience ended" in claims["C21"]["reason"]


def test_numbers_at_128_pixels_agree_with_the_results() -> None:
    start = FINDINGS.index("On the article's own 128 pixels")
    text = " ".join(
        FINDINGS[start : FINDINGS.index("## Sharpness, rate and validation loss")].split()
    )
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
    assert verdicts.count("not run") == 5 and "five of them need more runs" in text
    late = [run for run in summary["runs"] if run["epochs_to_min"] > 150 - 15]
    assert (
        len(late) == 3 and "Three of the four had their lowest loss in the last 15 epochs" in text
    )


def high_rate_of_batch_32(runs: dict[tuple[int, float, int], dict[str, Any]]) -> str:
    """What is said of eight times the rate at 64, 32 and 128 pixels."""

    def part_of(name: str) -> str:
        (claim,) = (claim for claim in summary_of(name)["claims"] if claim["id"] == "C21")
        (part,) = (p for p in claim["parts"] if p["name"].startswith("batch 32: 1 against 8"))
        return f"{part['effect']:.3g}{{}}{part['interval'][0]:.3g} to {part['interval'][1]:.3g}"

    rates = (0.08, 0.01)
    means = [np.mean([runs[32, rate, s]["min_val_loss"] for s in range(3)]) for rate in rates]
    single = {
        run["learning_rate"]: run
        for run in summary_of("real-128px")["runs"]
        if run["batch_size"] == 32
    }
    fast, slow = (
        f"{single[rate]['min_val_loss']:.3f} after {single[rate]['epochs_to_min']:.0f}"
        for rate in rates
    )
    here, small = part_of("real-64px"), part_of("real-32px").replace("-", "−")
    return (
        f"by {here.format(' in the mean (')}), {means[0]:.3f} in place of {means[1]:.3f}. "
        f"At 32 pixels that is open ({small.format(', ')}); "
        f"at 128, in one seed, {fast} epochs stands against {slow}."
    )


def test_numbers_at_64_pixels_are_those_of_the_runs() -> None:
    start = FINDINGS.index("## The article at 64 pixels")
    text = " ".join(FINDINGS[start : FINDINGS.index("## The lengths of single updates")].split())
    summary = summary_of("real-64px")
    runs = {
        (run["batch_size"], run["learning_rate"], run["seed"]): run
        for run in summary["runs"]
        if run["status"] == "completed"
    }

    def told(found: list[dict[str, Any]], name: str, form: str) -> str:
        return listed(form.format(run[name]) for run in found)

    sizes = (32, 64, 128, 256)
    first, second, third = ([runs[size, 0.01, seed] for size in sizes] for seed in range(3))
    for where, found in (
        ("with batch 32 to 256, the lowest validation loss is {} in the first seed, after", first),
        ("in the second {}, after", second),
        ("in the third {}, after", third),
    ):
        losses, epochs = (
            told(found, "min_val_loss", "{:.3f}"),
            told(found, "epochs_to_min", "{:,.0f}"),
        )
        assert f"{where.format(losses)} {epochs}" in text
    assert first[0] is max(first, key=lambda run: run["min_val_loss"])
    assert first[0] is min(first, key=lambda run: run["epochs"])
    ranges = []
    for seed, slow in enumerate((first, second, third)):
        pairs = [(runs.get((run["batch_size"], 0.08, seed)), run) for run in slow]
        fast = [(run["min_val_loss"], base["min_val_loss"]) for run, base in pairs if run]
        assert all(loss < base for loss, base in fast)
        losses = [loss for loss, _ in fast]
        ranges.append(f"{min(losses):.3f} to {max(losses):.3f}")
    assert f"({listed(ranges).replace(' and', ', and')})" in text
    assert high_rate_of_batch_32(runs) in text
    assert (len(runs), len(summary["runs"])) == (30, 30) and "all 30 runs are done" in text
    measured = pd.read_parquet(PUBLISHED / "real-64px" / "results" / "sharpness.parquet")
    found = measured.groupby("seed")["id"].agg(set)
    assert [len(found[seed]) for seed in range(3)] == [10, 10, 10]
    assert "all 30 runs are done and their minimisers measured" in text
    # batch 32 and 64 at eight times the rate were trained once
    once = {runs[32, 0.08, 2]["id"], runs[64, 0.08, 2]["id"]}
    twice = [run for run in summary["runs"] if run["seed"] == 2 and run["id"] not in once]
    epochs = sum(run["epochs"] for run in twice)
    assert len(twice) == 8 and "eight of ten runs were trained on two machines" in text
    assert f"agree in all {epochs:,.0f} epochs, to the last bit" in text
    (scaled,) = (claim for claim in summary["claims"] if claim["id"] == "C18")
    fixed, smallest = scaled["parts"][:2]
    for part, words in (
        (smallest, "that of batch 32 ({})"),
        (fixed, "their own at the base rate ({}"),
    ):
        interval = f"{part['interval'][0]:.3g} to {part['interval'][1]:.3g}"
        assert f"{part['effect']:.3g} times {words.format(interval)}" in text
    low, high = smallest["source"]
    assert f"{low:.1f} to {high:.1f} times that of batch 32, lie outside" in text
    assert smallest["source_lies"] == "outside" and scaled["verdict"] == "inconclusive"
    verdicts = {claim["id"]: claim["verdict"] for claim in summary["claims"]}
    assert {verdicts[claim] for claim in ("C13", "C14", "C15")} == {"inconclusive"}
    reproduced = [name for name, verdict in verdicts.items() if verdict == "reproduced"]
    assert reproduced == summary["together"]["lost"] == ["C1", "C11", "C12"]
    assert all(name in text for name in reproduced)
    tested = summary["together"]["tested"]
    assert f"none would stand at a level that all {tested} claims tested share" in text
    assert set(verdicts.values()) == {"reproduced", "inconclusive", "not run"}
