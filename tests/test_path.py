"""The trajectory of a stored run: its weights are kept, measured, deleted."""

import numpy as np
import pandas as pd
import pytest

from study.errors import StoreError
from study.measure.path import measure_trajectory
from study.store.measurements import TRAJECTORY
from study.store.schema import FRAMES, KEYS
from study.train.batch_growth import step_decay
from study.train.network import compiled_model
from study.train.recipe import Recipe
from study.train.run import train_run
from study.train.schedule import Phase, Schedule
from study.train.snapshots import PATH, path_epochs, read_snapshots, snapshot_weights
from study.train.stored_weights import load_initial
from tests.make_run import tiny_pictures
from tests.oracles import evaluate_at
from tests.test_along import nothing
from tests.test_recipe import with_recipe
from tests.test_run import ONE, StoppedError, examples, stop_after

__all__ = ["examples"]
SETTINGS = with_recipe(Recipe(step_decay(70, 16, 0.05, 5), momentum=0.5, snapshots=3))


def flat(weights: list[np.ndarray]) -> np.ndarray:
    return np.concatenate([np.asarray(array, np.float64).ravel() for array in weights])


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, examples):
    folder = tmp_path_factory.mktemp("path") / "run"
    with pytest.raises(StoppedError):
        train_run(SETTINGS, *examples, folder, ONE, stop_after(3))
    before = {path.name: path.read_bytes() for path in (folder / PATH).iterdir()}
    train_run(SETTINGS, *examples, folder, ONE)
    return folder, before


def test_every_nth_epoch_is_kept_with_the_last() -> None:
    assert path_epochs(32, 30) == tuple(range(2, 33, 2))
    assert path_epochs(60, 30) == tuple(range(2, 61, 2))
    assert path_epochs(61, 30) == (1, *range(4, 62, 3))
    assert path_epochs(5, 30) == (1, 2, 3, 4, 5)
    assert path_epochs(5, 0) == ()


def test_a_run_that_diverges_keeps_no_path(examples, tmp_path) -> None:
    course = Schedule(70, (Phase(0, 1, 16, 0.05), Phase(1, 2, 16, 1e20)))
    document = train_run(with_recipe(Recipe(course, snapshots=3)), *examples, tmp_path, ONE)
    # the weights after the first epoch were kept
    assert document["reason"] == "loss not finite in epoch 2"
    assert not (tmp_path / PATH).exists()


def test_weights_are_kept_and_measured_on_their_plane(run) -> None:
    folder, before = run
    found = read_snapshots(folder, PATH)
    assert [snapshot.epoch for snapshot in found] == [1, 3, 5]
    for snapshot in found[:2]:
        assert snapshot.path.read_bytes() == before[snapshot.path.name]
    # weights at levels of the loss are kept apart from those of the path
    assert [snapshot.levels for snapshot in read_snapshots(folder)] == [(0.68,)]
    losses = pd.read_parquet(folder / "epochs.parquet")["loss"]
    assert [snapshot.loss for snapshot in found] == [losses[0], losses[2], losses[4]]

    model = compiled_model(SETTINGS, ONE)
    kept = [load_initial(folder, model), *map(snapshot_weights, found)]
    images, labels = (array[:20] for array in tiny_pictures())
    data = images, labels[:, None].astype(np.float32)
    measure_trajectory(model, folder, data, 3, nothing)
    path, components, plane = (
        pd.read_parquet(folder / "measurements" / f"{name}.parquet") for name in TRAJECTORY
    )
    for name, frame in zip(TRAJECTORY, (path, components, plane), strict=True):
        assert {*KEYS, *frame.columns} == set(FRAMES[name])
    rows = np.stack([flat(weights) for weights in kept])
    assert list(path["epoch"]) == [0, 1, 3, 5]
    np.testing.assert_allclose(path["step"][1:], np.linalg.norm(np.diff(rows, axis=0), axis=1))
    singular = np.linalg.svd(rows - rows.mean(0), compute_uv=False)[:3]
    np.testing.assert_allclose(components["share"], singular**2 / (singular**2).sum())
    assert components["random_walk"].sum() == pytest.approx(1)
    # a path of four points: what two components leave is the third's
    away = np.linalg.norm(rows - rows[-1], axis=1)
    assert (np.hypot(path["alpha"], path["beta"]) <= away + 1e-9).all()
    assert len(plane) == 9
    assert plane["alpha"].max() > path["alpha"].max()
    # where the last weights lie the loss is theirs
    _, _, right = np.linalg.svd(rows - rows.mean(0), full_matrices=False)
    middle = plane.iloc[4]
    signs = np.sign((rows[0] - rows[-1]) @ right[:2].T)
    at = rows[-1] + (signs * [middle["alpha"], middle["beta"]]) @ right[:2]
    parts = np.split(at, np.cumsum([array.size for array in kept[0]])[:-1])
    weights = [part.reshape(array.shape) for part, array in zip(parts, kept[0], strict=True)]
    assert middle["loss"] == pytest.approx(evaluate_at(model, weights, *data)[0], rel=1e-4)

    assert not (folder / PATH).exists(), "measured, and deleted"
    measure_trajectory(model, folder, data, 3, nothing)
    (folder / "measurements" / "trajectory_plane.parquet").unlink()
    with pytest.raises(StoreError, match="are gone; delete this folder"):
        measure_trajectory(model, folder, data, 3, nothing)
