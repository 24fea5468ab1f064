"""Numbers and verdicts that the README says came out are those of the published results."""

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from reports.readme import blocks_of
from study.summarise.statistics import mean_interval, slopes_per_doubling
from study.words import listed
from tests.readme_text import PUBLISHED, README, summary_of


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


def test_the_short_answer_is_that_of_the_page_over_all_studies() -> None:
    start = README.index("Which batch size, then?")
    text = " ".join(README[start : README.index("What follows is the evidence")].split())
    page = (PUBLISHED / "index.html").read_text(encoding="utf-8")
    answer = " ".join(re.sub(r"<[^>]+>", "", page[page.index("<main") :]).split())
    answer = answer[: answer.index("Remedy by remedy")]
    critical = re.findall(r"critical batch size is ([\d.]+) \(95 % interval ([\d. to]+), ", answer)
    ((size, interval),) = critical
    assert f"critical batch size is {size} ({interval})" in text
    soonest = re.findall(
        r"validation loss of (0\.\d+) was batch (\d+), after .*?; batch (8, .*?) took at most "
        r"twice as long, batch ([\d,]+) (\d+) times",
        answer,
    )
    ((loss, first, others, last, times),) = soonest
    assert f"batch {first} is soonest at a validation loss of {float(loss):g}" in text
    assert (others.split(", ")[0], others.split(" ")[-1]) == ("8", "256")
    assert (
        f"from 8 to 256 no other takes more than twice as long, {last} takes {times} times" in text
    )
    ((share, spread),) = re.findall(
        r"by linear scaling \(goyal, (\d+ %), ([\d %to]+), n = 3", answer
    )
    assert f"a rate in proportion closes {share} ({spread}) of that gap" in text
    assert "2 of 3 runs (goyal) and 2 of 3 runs (smith) hardly left chance" in answer


def test_what_many_claims_do_to_one_is_told() -> None:
    found = summary_of("real-32px")["together"]
    text = " ".join(README.split())
    (p,) = (c["p"] for c in summary_of("real-32px")["claims"] if c["id"] == "C1")
    assert found["lost"] == ["C1"] and not found["kept"]
    assert f"a level shared over all {found['tested']} claims tested (p = {p:.3g})" in text
    assert "at least one of 17 in up to 35 % of them" in text
    assert "Of 17 such claims" in found["text"] and "in 35 % of studies" in found["text"]
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
    off = [
        row["ours"] / float(row["published"])
        for row in search["rows"]
        if row["quantity"] == "median_update_norm"
    ]
    here += f" {search['how_sure']} {min(off):.3g} {max(off):.3g}"
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
    joined = " ".join(text.split())
    assert search["seeds"] == [0, 1, 2] and "fits its numbers best, over three seeds" in joined
    assert "so it is clear between these two" in search["how_sure"]
    assert len(off) == 6
    assert f"they are {min(off):.3g} to {max(off):.3g} times the article's" in joined
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
    assert verdicts.count("not run") == 5 and "five of them need more runs" in text
    late = [run for run in summary["runs"] if run["epochs_to_min"] > 150 - 15]
    assert (
        len(late) == 3 and "Three of the four had their lowest loss in the last 15 epochs" in text
    )


def test_the_comparisons_that_were_not_run_count_too() -> None:
    (claim,) = (claim for claim in summary_of("real-64px")["claims"] if claim["id"] == "C21")
    verdicts = [part["verdict"] for part in claim["parts"]]
    assert (len(verdicts), verdicts.count("not run")) == (12, 6)
    (part,) = (part for part in claim["parts"] if part["verdict"] == "not reproduced")
    low, high = part["interval"]
    error = (high - low) / 2 / stats.t.ppf(0.975, 2)
    half = error * stats.t.ppf(1 - 0.05 / 6 / 2, 2)
    words = f"({part['effect']:.3g}, {part['effect'] - half:.2g} to {part['effect'] + half:.3g})"
    assert (
        f"For six alone C21 would be not reproduced there: batch 32 does better at eight times "
        f"the rate {words}" in " ".join(README.split())
    )
    assert part["effect"] > half and claim["verdict"] == "inconclusive"


def high_rate_of_batch_32(runs: dict[tuple[int, float, int], dict[str, Any]]) -> str:
    """What the README says of eight times the rate at 64, 32 and 128 pixels."""

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


def test_sharpness_at_eight_times_the_rate() -> None:
    start = README.index("lie outside here as at 32 pixels")
    text = " ".join(README[start : start + 700].split())

    def a_doubling(name: str, space: str) -> str:
        rows = pd.read_parquet(PUBLISHED / name / "results" / "sharpness.parquet")
        rows = rows[
            (rows["space"] == space) & (rows["epsilon"] == 1e-3) & (rows["learning_rate"] == 0.08)
        ]
        table = rows.pivot_table(index="seed", columns="batch_size", values="sharpness")
        assert table.shape == (3, 4)
        slopes = slopes_per_doubling(table.columns.to_numpy(), np.log(table.to_numpy()))
        assert space != "full" or (slopes > 0).all()
        found = mean_interval(slopes).exponential()
        assert found.interval is not None
        low, high = (f"{end:#.3g}" for end in found.interval)
        return f"{found.effect:.3g} times{{}} ({low} to {high})"

    full, adaptive = (
        [a_doubling(name, space) for name in ("real-64px", "real-32px")]
        for space in ("full", "adaptive")
    )
    at_64 = full[0].format(" a doubling")
    assert f"{at_64} at 64 pixels and {full[1].format('')} at 32." in text
    assert f"does not: {adaptive[0].format('')} and {adaptive[1].format('')}." in text


def test_updates_of_the_first_epochs_are_as_long_as_the_article_has_them() -> None:
    start = README.index("Looked at afterwards, too: the article's lengths")
    text = " ".join(README[start : start + 700].split())
    article = {
        row["batch_size"]: float(row["published"])
        for row in summary_of("real-32px")["model_search"]["rows"]
        if row["quantity"] == "median_update_norm"
    }
    assert f"{article[32]:g} with batch 32 and {article[256]:g} with 256" in text

    def lengths(name: str, epochs: float) -> list[float]:
        results = PUBLISHED / name / "results"
        models = pd.read_parquet(results / "runs.parquet")[["id", "model"]]
        rows = pd.read_parquet(results / "epochs.parquet").merge(models, on="id")
        rows = rows[(rows["model"] == "dropout") & np.isclose(rows["learning_rate"], 0.01)]
        rows = rows[rows["epoch"] <= epochs].groupby(["batch_size", "seed"])["update_norm_median"]
        means = rows.median().groupby("batch_size").mean()
        return [float(means[size]) for size in article]

    names = ("real-32px", "real-64px", "real-128px")
    first = {name: lengths(name, 5) for name in names}
    told = [f"{first[name][0]:.3g} and {first[name][1]:.3g} at {name[5:-2]}" for name in names]
    assert f"{told[0]} pixels, {told[1]} (means over three seeds) and {told[2]} (one seed)" in text

    def factors(found: list[float]) -> list[float]:
        ratios = (ours / there for ours, there in zip(found, article.values(), strict=True))
        return [max(ratio, 1 / ratio) for ratio in ratios]

    early = [factor for name in names for factor in factors(first[name])]
    assert f"off by factors of {min(early):.3g} to {max(early):.3g}." in text
    whole = [
        row["ours"] / article[row["batch_size"]]
        for name in names
        for row in summary_of(name)["published"]
        if row["quantity"] == "median_update_norm" and row["arm"] == "fixed"
    ]
    assert len(whole) == 6
    assert f"they are {min(whole):.3g} to {max(whole):.3g} times the article's" in text
