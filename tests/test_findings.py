"""Numbers that reports/FINDINGS.md tells of the article's studies are those of the results."""

import math
import re
from typing import Any

import numpy as np
import pandas as pd

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


def section(title: str) -> str:
    start = FINDINGS.index(f"## {title}")
    end = FINDINGS.find("\n## ", start)
    return " ".join(FINDINGS[start:end].split())


def ours(name: str, quantity: str, batch_size: int, arm: str = "fixed") -> float:
    (row,) = (
        row
        for row in summary_of(name)["published"]
        if (row["quantity"], row["batch_size"], row["arm"], row["several_devices"])
        == (quantity, batch_size, arm, False)
    )
    return float(row["ours"])


def test_numbers_at_32_pixels_are_those_of_the_results() -> None:
    text, name = section("The article at 32 pixels"), "real-32px"
    losses = [ours(name, "min_val_loss", size) for size in (32, 256)]
    epochs = [ours(name, "epochs_to_min", size) for size in (32, 256)]
    scaled = ours(name, "min_val_loss", 256, "linear")
    assert (
        f"the lowest validation loss is {losses[0]:.3f} with batch 32 and {losses[1]:.3f} with 256 "
        f"(0.344 and 0.395, on larger pictures), after {epochs[0]:.0f} and {epochs[1]:.0f} epochs "
        f"(158 and 958); with the rate in proportion batch 256 gets to {scaled:.3f} (0.352);"
    ) in text
    moved = [ours(name, "epoch_distance", size) for size in (32, 256)]
    updates = [ours(name, "median_update_norm", size) for size in (32, 256)]
    assert (
        f"an epoch moves the weights by {moved[0]:.3g} and {moved[1]:.3g} (0.15 to 0.4, and 0.02 "
        f"to 0.04); - unlike the article's: single updates are {updates[0]:.3g} and "
        f"{updates[1]:.3g} long (0.0033 and 0.0015;"
    ) in text
    claims = {claim["id"]: claim for claim in summary_of(name)["claims"]}
    (flatter,) = (p for p in claims["C18"]["parts"] if p["name"] == "scaled against batch 32")
    assert flatter["source_lies"] == "outside"
    (low, high), (lowest, highest) = flatter["source"], flatter["interval"]
    sharp = [ours(name, "sharpness", size, "linear") for size in (32, 64, 128, 256)]
    assert (
        f"is not {low:.1f} to {high:.1f} times that of batch 32, as the article's numbers have it, "
        f"but {flatter['effect']:.3g} times, with an interval of {lowest:.3g} to {highest:.3g}: "
        f"{min(sharp[1:]):.3g} to {max(sharp[1:]):.3g} against {sharp[0]:#.3g} (4 to 7 against "
        "1.14)."
    ) in text
    runs = {run["seed"]: run for run in runs_at(name, 256, 0.01)}
    minima = listed([f"{runs[seed]['epochs_to_min']:.0f}" for seed in range(3)])
    lows = listed([f"{runs[seed]['min_val_loss']:.3f}" for seed in range(3)])
    assert f"for batch 256 at the base rate after {minima} epochs, at {lows}, the last of" in text
    results = pd.read_parquet(PUBLISHED / name / "results" / "epochs.parquet").set_index("id")
    last = results.loc[runs[2]["id"]]
    assert last.loc[last["epoch"] == runs[2]["epochs_to_min"], "accuracy"].item() < 2 / 3
    ((level, ended),) = re.findall(r"in (\d+) of the (\d+) runs with dropout the", text)
    assert f"In {level} of the {ended} runs that patience ended" in claims["C21"]["reason"]


def runs_at(name: str, batch_size: int, rate: float) -> list[dict[str, Any]]:
    models = pd.read_parquet(PUBLISHED / name / "results" / "runs.parquet").set_index("id")["model"]
    return [
        run
        for run in summary_of(name)["runs"]
        if (run["batch_size"], run["learning_rate"]) == (batch_size, rate)
        and models[run["id"]] == "dropout"
    ]


def test_why_claims_at_32_pixels_are_open() -> None:
    text = section("The article at 32 pixels")
    claims = {claim["id"]: claim for claim in summary_of("real-32px")["claims"]}
    further, growth = claims["C10"]["parts"][:2]
    (shorter,) = claims["C11"]["parts"]
    ends = [f"{end:#.3g}" for part in (further, shorter) for end in part["interval"]]
    assert (
        f"An epoch with batch 32 moves the weights {further['effect']:.3g} times ({ends[0]} to "
        f"{ends[1]}) as far as one with 256; C10 is open"
    ) in text
    assert growth["interval"][0] < 1 < growth["interval"][1]
    assert (
        f"{shorter['effect']:.3g} times a doubling, an interval ({ends[2]} to {ends[3]}) that "
        "just holds 1 (C11)"
    ) in text
    assert shorter["interval"][1] > 1
    spreads = [spread_of_epochs(name) for name in ("real-32px", "real-64px")]
    first, second = ([f"{value:.3g}" for value in spread] for spread in spreads)
    assert all(seeds > sizes for seeds, sizes in spreads)
    assert (
        f"the variance over seeds is {first[0]} within a batch size and {first[1]} between the "
        f"means of batch sizes (at 64 pixels {second[0]} and {second[1]})."
    ) in text
    sentence = "patience happens to end a run differs more between seeds than between batch sizes"
    assert all(sentence in " ".join(words.split()) for words in (README, FINDINGS))


def spread_of_epochs(name: str) -> tuple[float, float]:
    """At the base rate: variance of log epochs to the minimum over seeds, and between sizes."""
    logs = np.array(
        [
            [math.log(run["epochs_to_min"]) for run in runs_at(name, size, 0.01)]
            for size in (32, 64, 128, 256)
        ]
    )
    assert logs.shape == (4, 3)
    return float(logs.var(axis=1, ddof=1).mean()), float(logs.mean(axis=1).var(ddof=1))


def test_numbers_at_128_pixels_are_those_of_the_results() -> None:
    text, name = section("The article at 128 pixels"), "real-128px"
    summary = summary_of(name)
    small, large = (ours(name, "min_val_loss", size) for size in (32, 256))
    epochs = ours(name, "epochs_to_min", 32)
    moved = [f"{ours(name, 'epoch_distance', size):.3g}" for size in (32, 256)]
    updates = [f"{ours(name, 'median_update_norm', size):.3g}" for size in (32, 256)]
    for words in (
        f"its lowest validation loss is {small:.3f} after {epochs:.0f} epochs (0.344 after 158)",
        f"moves the weights by {moved[0]} with batch 32 and by {moved[1]} with 256 (0.15 to 0.4,",
        f"single updates are longer here too, {updates[0]} and {updates[1]} (0.0033 and 0.0015)",
        f"at {large:.3f} (0.395 after 958 epochs), with the rate in proportion at "
        f"{ours(name, 'min_val_loss', 256, 'linear'):.3f} (0.352)",
        "150 epochs, which ended all four runs",
        "Three of the four had their lowest loss in the last 15 epochs",
    ):
        assert words in text
    assert [(run["epochs"], run["stopped_by"]) for run in summary["runs"]] == [
        (150, "max_epochs")
    ] * 4
    assert len([run for run in summary["runs"] if run["epochs_to_min"] > 150 - 15]) == 3
    verdicts = [claim["verdict"] for claim in summary["claims"]]
    assert set(verdicts) == {"inconclusive", "not run"}
    assert verdicts.count("not run") == 5 and "five of them need more runs" in text


def test_sharpness_is_far_above_the_articles() -> None:
    names = ("real-32px", "real-64px", "real-128px")
    small = [ours(name, "sharpness", 32, "linear") for name in names]
    assert small == sorted(small)
    said = listed([f"{value:#.3g}" for value in small])
    text = section("Sharpness, rate and validation loss")
    assert f"with batch 32 we have {said} at 32, 64 and 128 pixels (1.14)" in text
    assert f"({said} for batch 32 at 32, 64 and 128 pixels; it has 1.14)" in " ".join(
        README.split()
    )
    large = [
        [ours(name, "sharpness", size, "linear") for size in (64, 128, 256)] for name in names[:2]
    ]
    ranges = [f"{min(values):#.3g} to {max(values):#.3g}" for values in large]
    last = ours("real-128px", "sharpness", 256, "linear")
    assert f"the larger batches {ranges[0]}, {ranges[1]} and {last:#.3g} (4 to 7)" in text


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
    assert (len(runs), len(summary["runs"])) == (36, 36)
    assert "all 36 runs are done: 30 of the arms, whose minimisers are measured" in text
    measured = pd.read_parquet(PUBLISHED / "real-64px" / "results" / "sharpness.parquet")
    found = measured.groupby("seed")["id"].agg(set)
    assert [len(found[seed]) for seed in range(3)] == [10, 10, 10]
    only = [run for run in summary["runs"] if run["id"] not in set(measured["id"])]
    assert len(only) == 6 and {run["seed"] for run in only} == {0}
    assert "and six of the first seed that only the heat map has." in text
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
