"""What is said of the papers on the real pictures is what their results hold."""

import re

import pytest

from study.experiments.keskar_conditions import SIZES
from study.words import listed
from tests.readme_text import FINDINGS, PUBLISHED, papers_told, summary_of


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
    flat = " ".join(FINDINGS.split())
    ((told,),) = [re.findall(r"some of these verdicts would not stand: (.*?et al\.) ## The", flat)]
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
        " ".join(FINDINGS.split()),
    )
    chapter = (PUBLISHED / "index.html").read_text(encoding="utf-8")
    words = " ".join(chapter.split())  # its spaces between number and sign do not break
    assert f"linear scaling (goyal, {share}, {low} to {high}, n = 3 seeds)" in words
    assert re.search(rf"without them,[^.]* {without} \(goyal\)[^.]* hardly left chance\.", words)
