"""What the sections say about the study they show."""

import dataclasses
import re

import numpy as np
import pandas as pd
import pytest

from reports.exhibits.exhibit import first_shared, lost_runs
from reports.exhibits.kinds import KINDS
from reports.study_view import StudyView
from study.experiments import EXPERIMENTS
from tests import make_exhibits
from tests.make_exhibits import ARTICLE, exhibit, view
from tests.make_study import make_frames, make_settings

study = make_exhibits.study


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


def test_associations_without_an_interval_say_why() -> None:
    study = view(make_frames(3))
    rows = [row for row in study.summary["associations"] if row["epsilon"] == 1e-3]
    for row in rows:
        row |= {"interval": None, "effect": 1.0}
        row["by_seed"] |= {"interval": None, "effect": 1.0}
    remark = exhibit("A13", study).remark
    assert "1.0 for sharpness (in perfect order, so no interval over minimisers; within" in remark
    assert "in the mean, the same in each, so no interval over seeds)" in remark
    for row in rows:
        row["by_seed"]["n"] = 1
    assert "one seed, so no interval over seeds" in exhibit("A13", study).remark
    for row in rows:
        row["n"] = 4
    assert "rank correlation" not in exhibit("A13", study).remark


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
    assert ("which Keras prepares anew" in shown.remark) is not remark


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


def test_legend_of_contours_says_what_the_levels_are(study: StudyView) -> None:
    assert exhibit("A14", study).keys[0].text.startswith("training loss from ")


@pytest.mark.parametrize("name", ["A6", "A12"])
def test_training_is_solid_and_the_other_loss_dashed(study: StudyView, name: str) -> None:
    keys = exhibit(name, study).keys
    assert [key.swatch for key in keys] == ["line", "dashed"]
    assert keys[0].text == "training loss (solid)"
