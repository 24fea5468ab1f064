"""What the sections say about the study they show."""

import dataclasses
import json
import re
from typing import Any

import numpy as np
import pandas as pd
import pytest

from reports.exhibits.exhibit import Exhibit, batch_name, first_shared, lost_runs
from reports.exhibits.kinds import KINDS
from reports.read import checked_view
from reports.study_view import StudyView
from reports.wording import shown
from study.experiments import EXPERIMENTS, get_experiment
from study.summarise import summarise
from tests.make_study import make_frames, make_settings

ARTICLE = get_experiment("article")


def view(frames: dict[str, pd.DataFrame], settings: dict[str, Any] | None = None) -> StudyView:
    settings = make_settings() if settings is None else settings
    summary = json.loads(json.dumps(summarise(settings, frames, ARTICLE)))
    return checked_view(settings, summary, frames)


def exhibit(name: str, study: StudyView) -> Exhibit:
    figure = ARTICLE.figure(name)
    return KINDS[figure.kind](study, figure)


@pytest.fixture(scope="module")
def study() -> StudyView:
    frames = make_frames(
        3, diverged=[(32, 8, 1)], censored=[(256, 1, 0)], landscape_points=5, noise=0.05
    )
    return view(frames)


def test_every_declared_kind_is_known() -> None:
    declared = {
        figure.kind
        for experiment in EXPERIMENTS.values()
        for figure in experiment.figures + experiment.companions
    }
    assert declared <= set(KINDS)


def test_captions_name_n_and_what_was_cut_off(study: StudyView) -> None:
    caption = exhibit("A3", study).caption
    assert caption.startswith("n = 3 seeds a batch size.")
    assert "1 run was stopped by the limit of epochs" in caption
    assert "1 run diverged" in exhibit("A19", study).caption
    assert "Times were measured on made-up processor" in exhibit("A4", study).caption


def test_the_first_seed_is_the_lowest_that_most_have() -> None:
    rows = pd.DataFrame(
        {"seed": [0, 1, 1, 2, 2, 3, 3, 3], "size": [32, 32, 32, 32, 256, 32, 256, 256]}
    )
    assert first_shared(rows, ["seed"], "size") == (2,)
    # seed 3 has both sizes in direction 7 alone
    rows["direction"] = [0, 0, 0, 5, 6, 7, 7, 8]
    assert first_shared(rows, ["seed", "direction"], "size") == (3, 7)


def test_data_are_those_of_the_arm(study: StudyView) -> None:
    data = exhibit("A15", study).data
    assert data is not None
    pairs = set(zip(data["batch_size"], data["learning_rate"], strict=True))
    assert pairs == {(32, 0.01), (64, 0.02), (128, 0.04), (256, 0.08)}


def test_alternative_text_tells_the_numbers(study: StudyView) -> None:
    svg = exhibit("A7", study).panels[0].svg
    mean = study.arm_rows("runs", ARTICLE.arms[0], (32,))["distance_from_init"].mean()
    assert f"{mean:.2f} at 32" in svg


def test_small_multiples_share_levels(study: StudyView) -> None:
    shown = exhibit("A14", study)
    assert [panel.title for panel in shown.panels] == ["Batch 32", "Batch 256"]
    assert len(shown.keys) == 4
    assert "The data of 2 further seeds" in shown.caption
    assert "All seeds share one pair of random directions" in shown.caption
    frames = make_frames(3)
    planes = frames["landscape"]
    frames["landscape"] = planes.assign(direction_seed=planes["seed"])
    own = exhibit("A14", view(frames))
    assert "All seeds share" not in own.caption


def test_heat_map_flags_the_edge_of_the_grid(study: StudyView) -> None:
    shown = exhibit("A20", study)
    assert "the best rate lies on the edge of the grid" in shown.remark
    assert "at its best rate" in shown.panels[0].svg
    assert exhibit("A20", view(make_frames(1))).caption.startswith("In each cell, n is the number")


def test_heat_map_says_why_a_lower_mean_is_not_the_best() -> None:
    frames = make_frames(3)
    assert "by the seeds alone" not in exhibit("A20", view(frames)).caption
    assert "unlike n" not in exhibit("A20", view(frames)).caption
    runs = frames["runs"]
    of_64 = runs["batch_size"] == 64
    base = of_64 & (runs["learning_rate"] == 0.01)
    runs.loc[base, "min_val_loss"] = [0.001, 0.001, 9.0]
    frames["runs"] = runs[~of_64 | (runs["seed"] < 2) | base]
    shown = exhibit("A20", view(frames))
    assert "by the seeds alone that all its rates have run" in shown.caption
    assert "batch 64: 3.00 at its best rate, 0.01" in shown.panels[0].svg
    assert "Cells of unlike n are not to be compared by their colour" in shown.caption
    assert "; batch 64: 0.00100, " in shown.caption
    sizes = "; ".join(re.findall(r"batch (\d+): [^;(]*\((\d) seed", shown.caption)[1])
    assert sizes == "64; 2"
    assert "None is outlined" not in shown.caption


def test_heat_map_marks_no_rate_that_one_seed_chose() -> None:
    frames = make_frames(3)
    runs = frames["runs"]
    alone = (runs["batch_size"] == 64) & (runs["learning_rate"] != 0.01) & (runs["seed"] > 0)
    frames["runs"] = runs[~alone]
    shown = exhibit("A20", view(frames))
    assert "None is outlined for batch 64" in shown.caption
    assert "batch 64:" not in shown.panels[0].svg
    assert "batch 128:" in shown.panels[0].svg
    assert re.search(
        r"batch 64, no best rate: (\d\.\d+ at 0\.\d+(, |;)){4}", str(shown.panels[0].svg)
    )


def test_heat_map_without_any_best_rate_tells_its_cells() -> None:
    frames = make_frames(3, diverged=[(64, 1, 0), (64, 1, 1), (64, 1, 2)])
    runs = frames["runs"]
    frames["runs"] = runs[(runs["seed"] == 0) | (runs["learning_rate"] == 0.01)]
    svg = str(exhibit("A20", view(frames)).panels[0].svg)
    label = re.search(r'aria-label="([^"]*)"', svg)[1]  # type: ignore[index]
    assert "at its best rate" not in label
    mean = runs.loc[(runs["batch_size"] == 32) & (runs["learning_rate"] == 0.01), "min_val_loss"]
    assert f"batch 32, no best rate: {shown(mean.mean())} at 0.01, " in label
    assert "diverged at 0.01" in label


def test_heat_map_says_where_rates_have_no_run() -> None:
    frames = make_frames(1)
    words = "no run has completed there"
    assert words not in exhibit("A20", view(frames)).caption
    runs = frames["runs"]
    frames["runs"] = runs[(runs["batch_size"] != 64) | (runs["learning_rate"] != 0.04)]
    assert words in exhibit("A20", view(frames)).caption


def test_heat_map_without_best_rates_speaks_of_no_other_rates() -> None:
    frames = make_frames(3)
    runs = frames["runs"]
    frames["runs"] = runs[(runs["seed"] == 0) | (runs["learning_rate"] == 0.01)]
    gap = (frames["runs"]["batch_size"] == 64) & (frames["runs"]["learning_rate"] == 0.04)
    frames["runs"] = frames["runs"][~gap]
    shown = exhibit("A20", view(frames))
    assert "A dash: no run has completed there." in shown.caption
    assert "nothing at 0.04" in shown.panels[0].svg


def test_batch_sizes_part_thousands() -> None:
    assert [batch_name(size) for size in (32, np.int64(1024), 16384.0)] == [
        "batch 32",
        "batch 1,024",
        "batch 16,384",
    ]


def test_runs_that_were_lost_are_told_once_each() -> None:
    runs = pd.DataFrame({"id": ["a", "a", "b"], "status": ["diverged", "diverged", "failed"]})
    assert lost_runs(runs) == " 1 run diverged and 1 run failed, see the list of runs."
    assert lost_runs(runs.iloc[:0]) == ""


def test_association_is_told_with_its_interval(study: StudyView) -> None:
    remark = exhibit("A13", study).remark
    assert "rank correlation" in remark
    assert "over 3 seeds" in remark
    assert "adaptive sharpness" in remark
    assert exhibit("A17", study).remark == ""


def test_one_device(study: StudyView) -> None:
    assert "--devices N" in exhibit("A5", study).missing
    assert "--logical-devices" in exhibit("A5", study).missing
    assert "--devices N" in exhibit("A16", study).remark
    assert exhibit("A16", study).missing == ""


@pytest.mark.parametrize(("devices", "remark"), [("GPU", False), ("logical CPU", True)])
def test_several_devices(devices: str, remark: bool) -> None:
    frames = make_frames(2, replicas=(1, 4), devices=devices, landscape_points=3)
    shown = exhibit("A5", view(frames, make_settings(2, replicas=(1, 4))))
    assert shown.missing == ""
    assert ("say nothing about speed" in shown.remark) is remark


def test_one_seed_speaks_of_no_mean() -> None:
    one = view(make_frames(1, landscape_points=3), make_settings(1))
    assert "mean" not in exhibit("A3", one).caption
    assert "One seed has no interval" in exhibit("A7", one).caption
    assert "seeds" not in exhibit("A10", one).caption
    assert "mean" not in exhibit("A12", one).caption


def test_missing_measurements_are_explained() -> None:
    frames = make_frames(1, landscape_points=3)
    frames["landscape"] = frames["landscape"].iloc[:0]
    frames["interpolation"] = frames["interpolation"].iloc[:0]
    one = view(frames, make_settings(1))
    for name in ("A12", "A14"):
        assert exhibit(name, one).missing.startswith("Nothing was measured")
    frames["runs"].loc[0, "status"] = "pending"
    assert "15 of 16 runs" in exhibit("A12", view(frames, make_settings(1))).missing


def test_losses_outside_the_frame_are_told() -> None:
    frames = make_frames(1, landscape_points=3)
    frames["epochs"].loc[3, "val_loss"] = 1e6
    # that of one seed is a mean too, and means are not cut off
    caption = exhibit("A3", view(frames, make_settings(1))).caption
    assert "axis of losses is logarithmic, as means reach 1,000,000." in caption
    frames = make_frames(3, landscape_points=3)
    frames["epochs"].loc[3, "val_loss"] = 3.0
    caption = exhibit("A3", view(frames)).caption
    assert "Losses of single seeds above 1.33" in caption and "lie outside the frame" in caption


def test_histogram_survives_bins_without_end() -> None:
    frames = make_frames(1, landscape_points=3)
    frames["update_norms"].loc[0, "bin_right"] = np.inf
    assert exhibit("A10", view(frames, make_settings(1))).panels


def test_curves_come_by_updates_and_examples_too(study: StudyView) -> None:
    found = exhibit("A9", study)
    assert [panel.title for panel in found.more] == [
        "Distance moved in each epoch by updates",
        "Distance moved in each epoch by examples seen",
    ]
    assert found.data is not None
    assert {"epoch", "updates", "examples"} <= set(found.data)
    # 1,861 pictures in batches of 32 and 256
    updates, examples = (str(panel.svg) for panel in found.more)
    assert re.search(r"batch 32: [\d.]+ after 59 updates", updates)
    assert re.search(r"batch 256: [\d.]+ after 8 updates", updates)
    assert len(re.findall(r"[\d.]+ after 1,861 examples", examples)) == 2


def test_every_figure_with_curves_has_them(study: StudyView) -> None:
    found = exhibit("A19", study)
    assert len(found.more) == 2 * len(found.panels)
    assert "updates" in found.more_title
    assert "examples" in found.more_title


def test_sharpness_along_training_has_a_panel_an_arm(study: StudyView) -> None:
    found = exhibit("B1", study)
    assert [panel.title for panel in found.panels] == [
        arm.title[:1].upper() + arm.title[1:] for arm in ARTICLE.arms
    ]
    assert "on 64 pictures" in found.caption
    assert found.data is not None
    assert len(found.data[found.data["arm"] == "fixed"]) == 4 * 3 * 3
    assert "batch 256:" in str(found.panels[0].svg)


def test_runs_without_snapshots_are_said_to_have_none(study: StudyView) -> None:
    bare = {**study.frames, "sharpness_along": study.frames["sharpness_along"].iloc[:0]}
    found = exhibit("B1", dataclasses.replace(study, frames=bare))
    assert found.panels == ()
    assert "kept no weights" in found.missing


def test_runs_of_other_models_enter_no_figure() -> None:
    models = ("dropout", "batch-normalisation")
    alone = view(make_frames(2, landscape_points=5))
    mixed = view(make_frames(2, landscape_points=5, search=models))
    assert len(mixed.runs) == len(alone.runs) + 4
    for name in ("runs", "epochs", "update_norms", "sharpness", "interpolation"):
        for arm in ARTICLE.arms:
            rows = [one.arm_rows(name, arm).reset_index(drop=True) for one in (alone, mixed)]
            pd.testing.assert_frame_equal(*rows)
    first, second = (exhibit("A20", one) for one in (alone, mixed))
    assert first.panels == second.panels


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


def test_legend_of_contours_says_what_the_levels_are(study: StudyView) -> None:
    assert exhibit("A14", study).keys[0].text.startswith("training loss from ")


@pytest.mark.parametrize("name", ["A6", "A12"])
def test_training_is_solid_and_the_other_loss_dashed(study: StudyView, name: str) -> None:
    keys = exhibit(name, study).keys
    assert [key.swatch for key in keys] == ["line", "dashed"]
    assert keys[0].text == "training loss (solid)"
