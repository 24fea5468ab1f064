"""The sides that need what is not everywhere: PyTorch, and TFDS's builder with an archive."""

import importlib
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from study.bench.peers.article_model import article_model
from study.bench.peers.pytorch import LAYOUTS, TorchTraining, layout_note, layout_seconds
from study.bench.peers.torch_model import torch_model
from study.model import VARIANTS, build_model
from study.train.settings import RunSettings
from tests.kept_laps import Enough, TwoLaps
from tests.make_pictures import make_zip, pet_images, without_jfif

# the smallest at which the order of flattening matters
SIZE = 64


@pytest.fixture
def pictures() -> tuple[np.ndarray, np.ndarray]:
    """uint8 (12, 64, 64, 3) and labels (12,)."""
    random = np.random.default_rng(3)
    return random.integers(0, 256, (12, SIZE, SIZE, 3), np.uint8), np.arange(12) % 2


def with_weights_of(model: keras.Model, torch: Any, target: Any) -> None:
    """Gives the PyTorch network the weights of the Keras one."""
    layers = [layer for layer in model.layers if layer.weights]
    others = [layer for layer in target if list(layer.parameters())]
    side = SIZE // 2**5
    dense = next(layer for layer in layers if isinstance(layer, keras.layers.Dense))
    for layer, other in zip(layers, others, strict=True):
        if isinstance(layer, keras.layers.BatchNormalization):
            names = ("weight", "bias", "running_mean", "running_var")
            for name, array in zip(names, layer.get_weights(), strict=True):
                getattr(other, name).data = torch.from_numpy(array)
            continue
        kernel, bias = layer.get_weights()
        if kernel.ndim == 4:
            kernel = kernel.transpose(3, 2, 0, 1)
        else:
            # Keras flattens row, column, channel; PyTorch channel, row, column
            if layer is dense:
                kernel = kernel.reshape(side, side, -1, kernel.shape[1])
                kernel = kernel.transpose(2, 0, 1, 3).reshape(-1, kernel.shape[-1])
            kernel = kernel.T
        other.weight.data = torch.from_numpy(np.ascontiguousarray(kernel))
        other.bias.data = torch.from_numpy(bias)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_pytorchs_network_is_that_of_keras(layout: str, pictures: Any) -> None:
    torch = pytest.importorskip("torch")
    images, labels = pictures
    model = article_model(settings())
    # far from chance, so that equal losses say something
    model.set_weights([3 * array + 0.01 for array in model.get_weights()])
    side = TorchTraining(torch, SIZE, 0.01, layout)
    with_weights_of(model, torch, side.model)
    data, rows = side.stored(images, labels), torch.arange(12)
    x, y = images / np.float32(255), labels[:, None].astype(np.float32)
    wanted = model.evaluate(x, y, batch_size=12, verbose=0)[0]
    assert abs(wanted - np.log(2)) > 0.01
    assert side.loss(data, rows).item() == pytest.approx(wanted, rel=1e-4)
    # and the same step
    side.step(data, rows)
    model.train_on_batch(x, y)
    after = model.evaluate(x, y, batch_size=12, verbose=0)[0]
    assert side.loss(data, rows).item() == pytest.approx(after, rel=1e-3)
    assert abs(after - wanted) > 1e-3


@pytest.mark.parametrize("name", VARIANTS)
def test_pytorchs_variants_are_those_of_keras(name: str, pictures: Any) -> None:
    torch = pytest.importorskip("torch")
    images, labels = pictures
    model = article_model(settings(model=name))
    # variances stay above 0
    model.set_weights([3 * array + 0.01 for array in model.get_weights()])
    side = TorchTraining(torch, SIZE, 0.01, LAYOUTS[0], name)
    with_weights_of(model, torch, side.model)
    side.model.eval()
    data, rows = side.stored(images, labels), torch.arange(12)
    wanted = model.evaluate(images / np.float32(255), labels[:, None], verbose=0)[0]
    assert abs(wanted - np.log(2)) > 0.01
    assert side.loss(data, rows).item() == pytest.approx(wanted, rel=1e-4)


@pytest.mark.parametrize("name", VARIANTS)
def test_the_articles_way_trains_the_network_that_we_train(name: str, pictures: Any) -> None:
    images, _ = pictures
    ours, article = build_model(SIZE, name, seed=1), article_model(settings(model=name))
    assert rates_of(ours) == rates_of(article)
    # biases and averages are constant at first
    random = np.random.default_rng(4)
    moved = [a + random.uniform(0, 0.1, a.shape) * (a.ndim == 1) for a in ours.get_weights()]
    article.set_weights(moved)
    ours.set_weights(article.get_weights())
    found = article.predict(images / np.float32(255), verbose=0)
    assert np.std(found) > 1e-3, "equal outputs would say nothing"
    assert found == pytest.approx(ours.predict(images, verbose=0), abs=1e-5)


@pytest.mark.parametrize("name", VARIANTS)
def test_pytorchs_layers_come_in_the_order_of_keras(name: str) -> None:
    kinds = [layer[0] for layer in torch_model(NamesOfLayers(), SIZE, name)]
    keras_kinds = {
        "Conv2D": "Conv2d",
        "BatchNormalization": "BatchNorm2d",
        "MaxPooling2D": "MaxPool2d",
        "Dense": "Linear",
    }
    wanted = []
    for layer in article_model(settings(model=name)).layers:
        kind = type(layer).__name__
        wanted.append(keras_kinds.get(kind, kind))
        if getattr(layer, "activation", None) is keras.activations.relu and kind != "ReLU":
            wanted.append("ReLU")
    assert kinds == wanted
    dropped = [layer[1] for layer in torch_model(NamesOfLayers(), SIZE, name) if "Drop" in layer[0]]
    assert dropped == rates_of(build_model(SIZE, name))


class NamesOfLayers:
    """Stands in for PyTorch: a layer is its name with its arguments."""

    nn: Any

    def __init__(self) -> None:
        self.nn = self

    def __getattr__(self, name: str) -> Any:
        return lambda *arguments, **more: arguments if name == "Sequential" else (name, *arguments)


def rates_of(model: keras.Model) -> list[float]:
    return [layer.rate for layer in model.layers if isinstance(layer, keras.layers.Dropout)]


def test_both_layouts_are_timed(pictures: Any) -> None:
    torch = pytest.importorskip("torch")
    seconds = layout_seconds(torch, SIZE, 0.01, *pictures)
    assert set(seconds) == set(LAYOUTS) and min(seconds.values()) > 0


def test_the_faster_layout_is_named_first() -> None:
    words = layout_note({"channels-last": 0.02, "channels-first": 0.01})
    assert words == "channels-first, a step 0.01 s (channels-last 0.02 s)"


@pytest.mark.parametrize("side", ["ours", "tfds"])
def test_sides_prepare_an_archive(
    side: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = pet_images(3)
    files["PetImages/Cat/7.jpg"] = without_jfif(files["PetImages/Cat/0.jpg"])
    archive = make_zip(tmp_path / "pets.zip", files)
    # TFDS counts what it drops, and refuses an archive with another number than the original's
    builder = importlib.import_module("tensorflow_datasets.image_classification.cats_vs_dogs")
    monkeypatch.setattr(builder, "_NUM_CORRUPT_IMAGES", 1)
    options = {"archive": str(archive), "image_size": SIZE, "folder": str(tmp_path)}
    laps = TwoLaps()
    with pytest.raises(Enough):
        getattr(importlib.import_module("study.bench.peers.preparing"), side)(options, laps)
    assert [lap["pictures"] for lap in laps.told[1:]] == [6, 6]


def settings(**changes: Any) -> RunSettings:
    values = {"data": "0" * 16, "image_size": SIZE, "model": "plain", "batch_size": 12}
    more = {"learning_rate": 0.01, "seed": 0, "patience": 1, "max_epochs": 1}
    return RunSettings(**{**values, **more, **changes})
