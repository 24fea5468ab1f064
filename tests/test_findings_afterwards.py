"""What reports/FINDINGS.md says was looked at afterwards: computed anew from the results."""

import math
import re
from typing import Any

import numpy as np
import pandas as pd
import pytest

from study.model import build_model
from study.summarise.statistics import mean_interval, slopes_per_doubling
from tests.readme_text import FINDINGS, PUBLISHED, README, summary_of


def test_sharpness_at_eight_times_the_rate() -> None:
    text = section("Sharpness, rate and validation loss")

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
    assert f"shows no such rise: {adaptive[0].format('')} and {adaptive[1].format('')}." in text


SIZES = ("real-32px", "real-64px", "real-128px")
STEPS = {32: 582, 256: 73}


def section(title: str) -> str:
    start = FINDINGS.index(f"## {title}")
    end = FINDINGS.find("\n## ", start)
    return " ".join(FINDINGS[start:end].split())


def printed_lengths() -> dict[int, float]:
    return {
        row["batch_size"]: float(row["published"])
        for row in summary_of("real-32px")["model_search"]["rows"]
        if row["quantity"] == "median_update_norm"
    }


def base_epochs(name: str, model: str = "dropout") -> pd.DataFrame:
    """Epochs with batch 32 and 256 at the base rate."""
    results = PUBLISHED / name / "results"
    models = pd.read_parquet(results / "runs.parquet")[["id", "model"]]
    rows = pd.read_parquet(results / "epochs.parquet").merge(models, on="id")
    rows = rows[(rows["model"] == model) & np.isclose(rows["learning_rate"], 0.01)]
    return rows[rows["batch_size"].isin(STEPS)]


def own_lengths(name: str) -> list[float]:
    return [
        row["ours"]
        for row in summary_of(name)["published"]
        if row["quantity"] == "median_update_norm" and row["arm"] == "fixed"
    ]


def test_updates_are_longer_than_printed() -> None:
    text, article = section("The lengths of single updates"), printed_lengths()
    assert f"{article[32]:g} with batch 32 and {article[256]:g} with 256" in text
    means = np.array([own_lengths(name) for name in SIZES]) / list(article.values())
    single = []
    for name in SIZES:
        runs = pd.read_parquet(PUBLISHED / name / "results" / "runs.parquet")
        ids = base_epochs(name)["id"].unique()
        runs = runs[runs["id"].isin(ids)]
        single += [*runs["median_update_norm"] / runs["batch_size"].map(article)]
    assert len(single) == 14
    words = f"means over seeds by factors of {means.min():.3g} to {means.max():.3g}, "
    assert f"{words}single runs by {min(single):.3g} to {max(single):.3g}," in text
    for name in SIZES[:2]:
        for row in summary_of(name)["published"]:
            if row["quantity"] == "median_update_norm":
                holds = row["ours_low"] <= article[row["batch_size"]] <= row["ours_high"]
                assert holds == (row["batch_size"] == 256)
    assert "For batch 256 at 32 and at 64 pixels three seeds leave an interval that holds" in text
    assert "single updates are longer than it prints, surely with batch 32" in " ".join(
        README.split()
    )


def test_epochs_beside_independent_steps() -> None:
    text, article = section("The lengths of single updates"), printed_lengths()
    epochs = {32: (0.15, 0.4), 256: (0.02, 0.04)}
    roots = {size: math.sqrt(steps) for size, steps in STEPS.items()}
    assert f"{STEPS[32]}, lead {roots[32]:.1f} times as far as one; with batch 256 it is " in text
    assert f"is {STEPS[256]} and {roots[256]:.2f}." in text
    theirs = [
        [f"{end / article[size] / roots[size]:.3g}" for end in ends]
        for size, ends in epochs.items()
    ]
    told = " times and ".join(" to ".join(ends) for ends in theirs)
    assert f"The article's epochs are {told} times as long as that" in text
    rows = pd.concat([base_epochs(name).assign(size=name) for name in SIZES])
    rows["share"] = (
        rows["epoch_distance"] / rows["update_norm_median"] / rows["batch_size"].map(roots)
    )
    keys = ["size", "batch_size", "seed"]
    whole = rows.groupby(keys)["share"].median().groupby("batch_size").agg(["min", "max"])
    assert (
        f"Ours are {whole.loc[32, 'min']:.3g} to {whole.loc[32, 'max']:.3g} times as long with "
        f"batch 32 and {whole.loc[256, 'min']:.3g} to {whole.loc[256, 'max']:.3g} times with 256"
    ) in text
    first = rows[rows["epoch"] <= 5].groupby(keys)["share"].median()
    assert len(first) == 14
    assert f"first five epochs ours come to {first.min():.3g} to {first.max():.3g}." in text
    squares = pd.concat([beside_their_median(name) for name in SIZES]).groupby("batch_size")
    ends = squares.agg(["min", "max"])
    assert (
        f"it is {ends.loc[32, 'min']:.1f} to {ends.loc[32, 'max']:.1f} times the median with batch "
        f"32, {ends.loc[256, 'min']:.1f} to {ends.loc[256, 'max']:.1f} times with 256"
    ) in text


def beside_their_median(name: str) -> pd.Series:
    """By run, the root of the mean square of updates over their median, from histograms."""
    results = PUBLISHED / name / "results"
    medians = pd.read_parquet(results / "runs.parquet").set_index("id")["median_update_norm"]
    bins = pd.read_parquet(results / "update_norms.parquet")
    bins = bins[bins["id"].isin(base_epochs(name)["id"].unique())]
    middles = (bins["bin_left"] + bins["bin_right"]) / 2
    sums = (
        bins.assign(square=bins["count"] * middles**2)
        .groupby(["id", "batch_size"])[["square", "count"]]
        .sum()
    )
    roots = np.sqrt(sums["square"] / sums["count"])
    return roots / medians.reindex(roots.index, level="id")


def test_what_could_make_the_printed_lengths_smaller() -> None:
    text, article = section("The lengths of single updates"), printed_lengths()
    weights = build_model(128, "dropout").trainable_variables
    assert len(weights) == 16 and "at least four times the mean of the norms of its 16" in text
    bounds = np.array([own_lengths(name) for name in SIZES]).T / math.sqrt(len(weights))
    small, large = ("{:.3g}, {:.3g} and {:.3g}".format(*row) for row in bounds)
    assert f"would be at most {small} with batch 32, and {large} with 256" in text
    first = []
    for name in SIZES:
        rows = base_epochs(name)
        runs = rows[rows["epoch"] <= 5].groupby(["batch_size", "seed"])["update_norm_median"]
        means = runs.median().groupby("batch_size").mean()
        first.append([f"{means[size] / length:.3g}" for size, length in article.items()])
    lowest = base_epochs("real-128px").groupby("batch_size")["update_norm_median"].min()
    at_32, at_64, at_128 = (" and ".join(pair) for pair in first)
    assert f"they are {at_32} times the article's at 32 pixels, {at_64} times at 64, " in text
    assert f"{at_128} times at 128" in text
    assert f"has a median below {lowest[32]:.3g} and {lowest[256]:.3g}." in text


def score(model: str, without: str = "") -> list[float]:
    """By seed the mean of |log(ours / printed)|, 0 within a printed range, without a quantity."""
    runs = pd.read_parquet(PUBLISHED / "real-32px" / "results" / "runs.parquet")
    epochs = base_epochs("real-32px", model)
    distances = epochs.groupby("id")["epoch_distance"].median()
    runs = runs[runs["id"].isin(distances.index)].set_index("id").assign(epoch_distance=distances)
    rows = [
        row
        for row in summary_of("real-32px")["model_search"]["rows"]
        if row["variant"] == model and row["quantity"] != without
    ]
    found = []
    for seed in range(3):
        apart = []
        for row in rows:
            run = runs[(runs["seed"] == seed) & (runs["batch_size"] == row["batch_size"])]
            ends = [float(number) for number in re.findall(r"\d+\.?\d*", row["published"])]
            ours = float(run[row["quantity"]].iloc[0])
            apart.append(abs(math.log(ours / min(max(ours, min(ends)), max(ends)))))
        found.append(float(np.mean(apart)))
    return found


def test_how_sure_the_version_of_the_net_is() -> None:
    text, search = section("Which version of the net"), summary_of("real-32px")["model_search"]
    for row in search["scores"]:
        assert score(row["variant"]) == pytest.approx(row["values"], rel=1e-6)
    assert (
        f"The one with {search['best']} fits the article's numbers best, over three seeds" in text
    )
    factors = [float(number) for number in re.findall(r"by (?:a factor of )?(\d\.\d\d)", text)[:2]]
    best, second = sorted(math.exp(row["score"]) for row in search["scores"])[:2]
    assert factors == [round(best, 2), round(second, 2)]
    for without, words in (
        ("", "Their scores differ by {:.3g}, with an interval of {:#.3g} to {:.3g}."),
        ("median_update_norm", "the difference is {:.3g} ({:#.3g} to {:.3g})."),
    ):
        apart = np.subtract(score("plain", without), score("dropout", without))
        found = mean_interval(apart)
        assert found.interval is not None
        assert words.format(found.effect, *found.interval).replace("-", "−") in text
    off = [
        row["ours"] / float(row["published"])
        for row in search["rows"]
        if row["quantity"] == "median_update_norm"
    ]
    assert len(off) == 6 and f"by factors of {min(off):.3g} to {max(off):.3g}," in text


def test_flatness_and_validation_loss() -> None:
    text = section("Sharpness, rate and validation loss")
    within = {}
    for name in SIZES[:2]:
        for row in summary_of(name)["associations"]:
            assert (row["n"], row["by_seed"]["n"]) == (30, 3)
            within[name, row["space"], row["epsilon"]] = row["by_seed"]
    assert len(within) == 16

    def told(found: dict[str, Any]) -> tuple[str, str]:
        low, high = (f"{end:#.3g}".replace("-", "−") for end in found["interval"])
        return f"{found['effect']:.3g}", f"{low} to {high}"

    large, small = (told(within[name, "full", 1e-3]) for name in ("real-64px", "real-32px"))
    assert f"is {large[0]} at 64 pixels ({large[1]}, three seeds)" in text
    assert f"and {small[0]} ({small[1]}) at 32." in text
    clear = {key for key, found in within.items() if found["interval"][0] > 0}
    assert clear == {("real-64px", "subspace", epsilon) for epsilon in (1e-3, 5e-4)}
    assert not [key for key, found in within.items() if found["interval"][1] < 0]
    effect, ends = told(within["real-64px", "subspace", 1e-3])
    assert "Of 16 looks, eight ways to measure sharpness at each size, two exclude 0" in text
    assert f"in one random subspace at 64 pixels (at 1e-3 {effect}, {ends})" in text
