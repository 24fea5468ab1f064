"""How fast a run trains here: the job of one batch size on one number of devices."""

import tempfile
from pathlib import Path
from typing import Any

from study.bench.device_memory import device_peak_bytes, reset_device_peaks
from study.bench.laps import Laps
from study.bench.memory import peak_bytes, resident_bytes
from study.data.load import open_prepared
from study.train.devices import prepare_devices
from study.train.run import split_examples, train_run
from study.train.settings import run_settings_from_dict


class _TargetReachedError(Exception):
    """Ends a run at the epoch whose validation loss has reached the target."""


def measure_speed(options: dict[str, Any], laps: Laps) -> None:
    """The job: one lap that trains a run as a study does, callbacks and checkpoints included.

    Args:
        options: ``data`` (a prepared directory), ``run`` (settings), ``threads``, ``logical``;
            ``target``, a validation loss that ends the run, or None.
        laps: gets the records of the epochs and the memory in bytes: of this process
            (``base_bytes``, ``peak_bytes``), and the peak of a GPU (``device_peak_bytes``).
    """
    settings = run_settings_from_dict(options["run"])
    devices = prepare_devices(
        settings.replicas, options["threads"], options["logical"], settings.rows_apart
    )
    reset_device_peaks(devices)
    base = resident_bytes()
    train, validation = split_examples(open_prepared(Path(options["data"])))
    target = options.get("target")
    epochs: list[dict[str, Any]] = []

    def tell(event: dict[str, Any]) -> None:
        epochs.append(event)
        loss = event["val_loss"]
        if target is not None and loss is not None and loss <= target:
            raise _TargetReachedError

    laps.ready(devices=devices.kind, base_bytes=base)
    with tempfile.TemporaryDirectory(prefix="study-bench-") as folder:
        try:
            train_run(settings, train, validation, Path(folder) / "run", devices, tell)
        except _TargetReachedError:
            reached = True
        else:
            reached = False
    laps.lap(
        epochs=epochs,
        reached=reached,
        train_examples=train.count,
        base_bytes=base,
        peak_bytes=peak_bytes(),
        device_peak_bytes=device_peak_bytes(devices),
    )
