"""Texts in place of figures tell what is drawn."""

import re

import numpy as np
import pytest

from reports.exhibits.exhibit import batch_name
from reports.study_view import StudyView
from reports.wording import shown
from tests import make_exhibits
from tests.make_exhibits import ARTICLE, exhibit, view
from tests.make_study import make_frames, make_settings

study = make_exhibits.study


def test_alternative_text_tells_the_numbers(study: StudyView) -> None:
    svg = exhibit("A7", study).panels[0].svg
    mean = study.arm_rows("runs", ARTICLE.arms[0], (32,))["distance_from_init"].mean()
    assert f"{mean:.2f} at 32" in svg


def test_batch_sizes_part_thousands() -> None:
    assert [batch_name(size) for size in (32, np.int64(1024), 16384.0)] == [
        "batch 32",
        "batch 1,024",
        "batch 16,384",
    ]


@pytest.mark.parametrize("name", ["A3", "A19"])
def test_alternative_texts_tell_the_means_that_are_drawn(study: StudyView, name: str) -> None:
    made = exhibit(name, study)
    assert made.data is not None
    status = study.runs.drop_duplicates("id").set_index("id")["status"]
    quantity = ARTICLE.figure(name).quantity
    values = ("loss", "val_loss") if quantity == "loss" else (quantity,)
    for panel, value in zip(made.panels, values, strict=True):
        rows = study.arm_rows("epochs", ARTICLE.figure(name).arms[0])
        rows = rows.assign(status=rows["id"].map(status))
        for size, group in rows[rows["status"] == "completed"].groupby("batch_size"):
            first = group.loc[group["epoch"] == 1, value].mean()
            # those of the seeds, which may go on after the mean has ended
            lowest, epochs = zip(
                *(
                    (min(each[value]), each["epoch"].iloc[each[value].argmin()])
                    for _, each in group.groupby("seed")
                ),
                strict=True,
            )
            ends = f"{min(epochs)} to {max(epochs)}"
            where = f"epochs {ends}" if min(epochs) < max(epochs) else f"epoch {epochs[0]}"
            assert (
                f"atch {size}: {shown(first)} in epoch 1, lowest of each seed "
                f"{shown(np.mean(lowest))} in {where}" in panel.svg
            )
            if value == "val_loss":
                runs = study.arm_rows("runs", ARTICLE.figure(name).arms[0], (size,))
                done = runs[runs["status"] == "completed"]
                assert shown(np.mean(lowest)) == shown(done["min_val_loss"].mean())


def test_alternative_texts_of_curves_hold_for_seeds_that_end_at_different_epochs() -> None:
    frames = make_frames(2, landscape_points=3)
    epochs = frames["epochs"]
    first = (epochs["batch_size"] == 256) & (epochs["learning_rate"] == 0.01)
    short = first & (epochs["seed"] == 0)
    frames["epochs"] = epochs[~short | (epochs["epoch"] <= 3)].copy()
    ids = frames["epochs"].loc[short & (epochs["epoch"] <= 3), "id"].unique()
    values = [0.9, 0.8, 0.7]
    frames["epochs"].loc[frames["epochs"]["id"].isin(ids), "val_loss"] = values
    longer = frames["epochs"]["id"].isin(epochs.loc[first & (epochs["seed"] == 1), "id"])
    frames["epochs"].loc[longer, "val_loss"] = np.linspace(0.9, 0.1, int(longer.sum()))
    svg = str(exhibit("A3", view(frames, make_settings(2))).panels[1].svg)
    assert f"lowest of each seed 0.400 in epochs 3 to {int(longer.sum())}" in svg
    assert "Means over seeds, as far as all of them go: batch 32" in svg


def test_alternative_texts_of_one_seed_speak_of_no_mean() -> None:
    one = view(make_frames(1, landscape_points=3), make_settings(1))
    svg = str(exhibit("A3", one).panels[1].svg)
    assert "mean" not in svg.lower()
    assert re.search(r"Batch 32: [\d.]+ in epoch 1, lowest [\d.]+ in epoch \d+; batch 64", svg)
