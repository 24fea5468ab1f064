"""The rows that a made-up run adds to every frame."""

import numpy as np

from study.store.schema import FRAMES
from tests.made_up_measurements import (
    gradient_norms,
    interpolation,
    landscape,
    sharpness,
    sharpness_along,
)
from tests.made_up_run import PATIENCE, TRAIN_EXAMPLES, MadeUpRun

LAYERS = ("conv_1", "conv_2", "conv_3", "conv_4", "conv_5", "dense_1", "dense_2", "output")


def add_run(
    rows: dict[str, list[dict[str, object]]],
    run: MadeUpRun,
    state: str,
    devices: str,
    landscape_points: int,
) -> None:
    finished = state in ("completed", "censored")
    epochs = run.epochs_to_min + PATIENCE if state == "completed" else run.epochs_to_min
    epochs = {"diverged": 2, "failed": 1, "pending": 0}.get(state, epochs)
    rows["epochs"] += [_epoch(run, number) for number in range(1, epochs + 1)]
    rows["runs"].append(_run_row(run, state, epochs, devices))
    if not finished:
        return
    share = np.array([0.1, 0.12, 0.16, 0.2, 0.25, 0.8, 0.35, 0.2])
    share = share / np.linalg.norm(share)
    for order, (layer, part) in enumerate(zip(LAYERS, share, strict=True)):
        distance = run.distance * part * run.factor(100 + order) ** 0.3
        rows["layer_distances"].append(
            {**run.keys, "layer": layer, "order": order, "distance": float(distance)}
        )
    rows["update_norms"] += _update_norms(run, epochs)
    rows["sharpness"] += sharpness(run)
    rows["sharpness_along"] += sharpness_along(run, epochs)
    rows["gradient_norms"] += gradient_norms(run)
    if run.multiple == 1 and run.batch_size in (32, 256):
        rows["landscape"] += landscape(run, landscape_points)
    if run.batch_size == 256 and run.multiple == 1:
        rows["interpolation"] += interpolation(run)


def _run_row(run: MadeUpRun, state: str, epochs: int, devices: str) -> dict[str, object]:
    completed = state in ("completed", "censored")
    status = "completed" if completed else state
    reason = {
        "diverged": "loss not finite in epoch 3",
        "failed": "process ended with exit code 1",
    }.get(state, "")
    row: dict[str, object] = dict.fromkeys(FRAMES["runs"], np.nan)
    row.update(
        run.keys,
        experiment="article",
        model=run.model,
        image_size=32,
        devices=devices if run.replicas > 1 else ("GPU" if devices == "GPU" else "CPU"),
        status=status,
        reason=reason,
        stopped_by={"completed": "patience", "censored": "max_epochs"}.get(state, ""),
        epochs=epochs,
    )
    if not completed:
        return row
    best = run.epochs_to_min
    validation = 0.2 * run.train_seconds
    row.update(
        min_val_loss=run.min_val_loss,
        epochs_to_min=best,
        updates_to_min=best * run.steps,
        examples_to_min=best * TRAIN_EXAMPLES,
        train_loss_at_min=run.min_val_loss * 0.7,
        val_accuracy_at_min=1.04 - 0.55 * run.min_val_loss,
        seconds_per_epoch=run.train_seconds + validation,
        train_seconds_per_epoch=run.train_seconds,
        validation_seconds_per_epoch=validation,
        first_epoch_seconds=run.train_seconds * 3,
        seconds_to_min=(run.train_seconds + validation) * best + 2 * run.train_seconds,
        pictures_per_second=TRAIN_EXAMPLES / run.train_seconds,
        distance_from_init=run.distance,
        median_update_norm=run.update_norm,
        sharpness=run.sharpness,
    )
    return row


def _epoch(run: MadeUpRun, number: int) -> dict[str, object]:
    best = run.epochs_to_min
    progress = number / best
    loss = 0.69 * np.exp(-1.05 * progress)
    floor = run.min_val_loss
    val_loss = floor + (0.69 - floor) * (1 - min(progress, 1.0)) ** 2 + 0.03 * max(progress - 1, 0)
    # the paths part with time: batch 32 keeps its step length, larger batches lose a little
    travelled = 0.27 * (run.multiple / run.k) ** 0.9 * (1 + number / 10) ** (-0.1 * np.log2(run.k))
    return {
        **run.keys,
        "epoch": number,
        "updates": number * run.steps,
        "examples": number * TRAIN_EXAMPLES,
        "loss": float(loss),
        "accuracy": float(1 - 0.6 * loss),
        "val_loss": float(val_loss),
        "val_accuracy": float(1.04 - 0.55 * val_loss),
        "epoch_distance": float(travelled * run.factor(1000 + number) ** 0.5),
        "distance_from_init": float(run.distance * progress**0.5),
        "update_norm_median": run.update_norm,
        "train_seconds": run.train_seconds * (3 if number == 1 else 1),
        "validation_seconds": 0.2 * run.train_seconds,
    }


def _update_norms(run: MadeUpRun, epochs: int) -> list[dict[str, object]]:
    edges = 10.0 ** (np.arange(-160, 61) / 20)
    centre = np.log10(run.update_norm)
    bulk = np.exp(-0.5 * ((np.log10(edges[:-1]) + 0.025 - centre) / 0.3) ** 2)
    counts = np.round(bulk / bulk.sum() * run.steps * epochs).astype(int)
    return [
        {**run.keys, "bin_left": float(left), "bin_right": float(right), "count": int(count)}
        for left, right, count in zip(edges[:-1], edges[1:], counts, strict=True)
        if count
    ]
