"""Training in PyTorch, a job whose laps are epochs with validation."""

import statistics
import time
from pathlib import Path
from typing import Any

import numpy as np

from study.bench.laps import Laps
from study.bench.memory import resident_bytes
from study.bench.peers.torch_model import torch_model
from study.bench.peers.training import lap_of
from study.data.dataset import split
from study.data.load import open_prepared

LAYOUTS = ("channels-last", "channels-first")
_ENDLESS = 10**6
_VALIDATION_ROWS = 256
# what is timed of a layout before one is taken
_TRIALS, _STEPS = 5, 3


class TorchTraining:
    """Model, loss and optimiser, with pictures and weights in one memory layout.

    Args:
        torch: the package.
        image_size: pixels a side.
        learning_rate: of plain SGD.
        layout: one of ``LAYOUTS``.
        model: a name of ``study.model.VARIANTS``.
    """

    def __init__(
        self,
        torch: Any,
        image_size: int,
        learning_rate: float,
        layout: str,
        model: str = "plain",
    ) -> None:
        self._torch = torch
        self._last = layout == LAYOUTS[0]
        layouts = (torch.contiguous_format, torch.channels_last)
        self.model = torch_model(torch, image_size, model).to(memory_format=layouts[self._last])
        self._optimiser = torch.optim.SGD(self.model.parameters(), learning_rate)
        self._criterion = torch.nn.BCEWithLogitsLoss()

    def stored(self, images: np.ndarray, labels: np.ndarray) -> tuple[Any, Any]:
        """Tensors of uint8 pictures (rows, size, size, 3) and of labels (rows,) for ``loss``."""
        pictures = self._torch.from_numpy(np.ascontiguousarray(images))
        targets = self._torch.from_numpy(labels.astype(np.float32)[:, None])
        return pictures if self._last else pictures.permute(0, 3, 1, 2).contiguous(), targets

    def loss(self, data: tuple[Any, Any], rows: Any) -> Any:
        """Mean loss over some rows of what ``stored`` gave."""
        pictures, targets = data
        chosen = pictures[rows]
        # stored row by row, the permuted view is channels-last
        chosen = chosen.permute(0, 3, 1, 2) if self._last else chosen
        return self._criterion(self.model(chosen.float().div_(255)), targets[rows])

    def step(self, data: tuple[Any, Any], rows: Any) -> None:
        """One update."""
        self._optimiser.zero_grad(set_to_none=True)
        self.loss(data, rows).backward()
        self._optimiser.step()

    def epoch(self, train: tuple[Any, Any], validation: tuple[Any, Any], batch_size: int) -> None:
        """All training rows in a random order, then the mean loss of the validation rows."""
        self.model.train()
        for rows in self._torch.randperm(len(train[1])).split(batch_size):
            self.step(train, rows)
        self.model.eval()
        with self._torch.no_grad():
            for rows in self._torch.arange(len(validation[1])).split(_VALIDATION_ROWS):
                self.loss(validation, rows)


def torch_loop(options: dict[str, Any], laps: Laps) -> None:
    """A plain loop over uint8 pictures in one tensor, in the memory layout that is faster here.

    Args:
        options: ``data`` (a prepared directory), ``run`` (settings), ``threads``.
        laps: one an epoch; what is told when ready has a ``note`` on the layout taken.
    """
    import torch  # type: ignore[import-not-found]

    torch.set_num_threads(options["threads"])
    base = resident_bytes()
    size, rate, model = (options["run"][key] for key in ("batch_size", "learning_rate", "model"))
    dataset = open_prepared(Path(options["data"]))
    train, validation = split(dataset)
    some = train[:size]
    seconds = layout_seconds(
        torch, dataset.image_size, rate, dataset.images[some], dataset.labels[some], model
    )
    layout = min(seconds, key=lambda name: seconds[name])
    side = TorchTraining(torch, dataset.image_size, rate, layout, model)
    training, validating = (
        side.stored(dataset.images[rows], dataset.labels[rows]) for rows in (train, validation)
    )
    end = lap_of(laps, len(train), base, note=layout_note(seconds))
    for _ in range(_ENDLESS):
        side.epoch(training, validating, size)
        end({})


def layout_seconds(
    torch: Any,
    image_size: int,
    learning_rate: float,
    images: np.ndarray,
    labels: np.ndarray,
    model: str = "plain",
) -> dict[str, float]:
    """Seconds of a training step on one batch by memory layout, each the median of a few.

    The layouts alternate, so that what else the machine does meets both.
    """
    sides = {name: TorchTraining(torch, image_size, learning_rate, name, model) for name in LAYOUTS}
    data = {name: side.stored(images, labels) for name, side in sides.items()}
    rows = torch.arange(len(labels))
    found: dict[str, list[float]] = {name: [] for name in LAYOUTS}
    # the first trial warms up
    for trial in range(_TRIALS + 1):
        for name, side in sides.items():
            start = time.perf_counter()
            for _ in range(_STEPS):
                side.step(data[name], rows)
            if trial:
                found[name].append((time.perf_counter() - start) / _STEPS)
    return {name: statistics.median(values) for name, values in found.items()}


def layout_note(seconds: dict[str, float]) -> str:
    """ "channels-last, a step 0.0100 s (channels-first 0.0120 s)"."""
    first, second = sorted(seconds, key=lambda name: seconds[name])
    return f"{first}, a step {seconds[first]:.3g} s ({second} {seconds[second]:.3g} s)"
