"""The laws of made-up runs, and the rows that such a run adds to every frame."""

import hashlib
from dataclasses import dataclass

import numpy as np

from study.store.schema import FRAMES

PATIENCE = 10
TRAIN_EXAMPLES = 1861
VALIDATION_EXAMPLES = 465
LAYERS = ("conv_1", "conv_2", "conv_3", "conv_4", "conv_5", "dense_1", "dense_2", "output")


@dataclass(frozen=True)
class MadeUpRun:
    batch_size: int
    multiple: int
    seed: int
    replicas: int
    base_rate: float
    noise: float
    model: str = "plain"

    @property
    def learning_rate(self) -> float:
        return float(f"{self.base_rate * self.multiple:.12g}")

    @property
    def id(self) -> str:
        text = "" if self.model == "plain" else f"{self.model}-"
        text += f"b{self.batch_size}-r{self.learning_rate:g}-s{self.seed}-x{self.replicas}"
        return f"{text}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"

    @property
    def keys(self) -> dict[str, object]:
        return {
            "id": self.id,
            "batch_size": self.batch_size,
            "learning_rate": self.learning_rate,
            "seed": self.seed,
            "replicas": self.replicas,
        }

    def factor(self, quantity: int) -> float:
        """A factor near 1 that only this run has for this quantity; replicas do not change it."""
        key = [self.seed, self.batch_size, self.multiple, quantity]
        return float(np.exp(self.noise * np.random.default_rng(key).standard_normal()))

    @property
    def steps(self) -> int:
        return -(-TRAIN_EXAMPLES // self.batch_size)

    @property
    def k(self) -> float:
        return self.batch_size / 32

    @property
    def min_val_loss(self) -> float:
        if self.model != "plain":
            return 0.5 if self.model == "dropout" else 0.45
        slower = max(np.log2(self.k / self.multiple), 0.0)
        rate = np.log2(self.multiple) * (0.01 if self.batch_size == 32 else -0.0015)
        return float(
            (0.345 + 0.016 * slower + 0.001 * np.log2(self.k) + rate) * self.factor(1) ** 0.1
        )

    @property
    def epochs_to_min(self) -> int:
        ratio = self.k / self.multiple
        return max(2, round(12 * ratio**0.87 * self.factor(2)))

    @property
    def train_seconds(self) -> float:
        exponent = -0.23 if self.replicas == 1 else -0.57
        start = 1.1 if self.replicas == 1 else 1.18
        return float(start * self.k**exponent * self.factor(10 + self.replicas) ** 0.3)

    @property
    def distance(self) -> float:
        at_base = {32: 3.2, 64: 2.5, 128: 2.8, 256: 2.1}.get(self.batch_size, 3.2 * self.k**-0.2)
        return float(at_base * self.multiple**0.1 * self.factor(3) ** 0.5)

    @property
    def sharpness(self) -> float:
        return float(1.1 * self.k**1.15 * self.multiple**-0.4 * self.factor(4))

    @property
    def update_norm(self) -> float:
        return float(3.3e-3 * self.k**-0.38 * self.multiple * self.factor(5))


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
    rows["sharpness"] += _sharpness(run)
    rows["sharpness_along"] += _sharpness_along(run, epochs)
    rows["gradient_norms"] += _gradient_norms(run)
    if run.multiple == 1 and run.batch_size in (32, 256):
        rows["landscape"] += _landscape(run, landscape_points)
    if run.batch_size == 256 and run.multiple == 1:
        rows["interpolation"] += _interpolation(run)


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


def _sharpness(run: MadeUpRun) -> list[dict[str, object]]:
    scale = {"full": 1.0, "subspace": 0.3, "adaptive": 0.8, "authors": 0.5}
    rows: list[dict[str, object]] = []
    for space, factor in scale.items():
        for epsilon in (1e-3, 5e-4):
            for trial in range(3 if space in ("full", "subspace") else 1):
                # the trials spread evenly about the run's own value
                value = run.sharpness * factor * (epsilon / 1e-3) ** 1.5 * (1 + 0.05 * (trial - 1))
                base = run.min_val_loss * 0.7
                rows.append(
                    {
                        **run.keys,
                        "epsilon": epsilon,
                        "space": space,
                        "trial": trial,
                        "sharpness": value,
                        "base_loss": base,
                        "max_loss": base + value / 100 * (1 + base),
                        "evaluations": 12 + trial,
                        "status": "completed",
                        "examples": 512,
                    }
                )
    return rows


def _sharpness_along(run: MadeUpRun, epochs: int) -> list[dict[str, object]]:
    """Sharper the lower the loss, and the larger the batch at one loss."""
    found: list[dict[str, object]] = []
    for place, level in enumerate((0.6, 0.5, 0.4)):
        base = level - 0.02 * run.factor(20 + place)
        found.append(
            {
                **run.keys,
                "level": level,
                "epoch": min(place + 1, epochs),
                "loss": level - 0.01,
                "base_loss": base,
                "sharpness": float(run.sharpness * np.exp(-3 * (base - 0.4))),
                "evaluations": 20,
                "examples": 64,
            }
        )
    return found


def _interpolation(run: MadeUpRun) -> list[dict[str, object]]:
    small = MadeUpRun(32, 1, run.seed, run.replicas, run.base_rate, run.noise)
    flat, steep = 0.35 * small.factor(6), 2.1 * run.factor(6)
    rows: list[dict[str, object]] = []
    for alpha in np.linspace(-1, 2, 25):
        rise = float(np.minimum(flat * alpha**2, steep * (1 - alpha) ** 2))
        for split, base in (("train", 0.24), ("validation", 0.35)):
            loss = base + rise + (0.04 * float(np.clip(alpha, 0, 1)) if base > 0.3 else 0.0)
            rows.append(
                {
                    **run.keys,
                    "small_id": small.id,
                    "small_batch_size": 32,
                    "alpha": float(alpha),
                    "split": split,
                    "loss": loss,
                    "accuracy": max(0.5, 1.04 - 0.55 * loss),
                    "examples": 512,
                }
            )
    return rows


def _landscape(run: MadeUpRun, points: int) -> list[dict[str, object]]:
    rise = 0.5 * run.k**0.5 * run.factor(7)
    base = run.min_val_loss * 0.7
    axis = np.linspace(-1, 1, points)
    return [
        {
            **run.keys,
            "alpha": float(alpha),
            "beta": float(beta),
            "loss": float(base + rise * (alpha**2 + 0.8 * beta**2)),
            "examples": 512,
            "direction_seed": 0,
        }
        for alpha in axis
        for beta in axis
    ]


def _gradient_norms(run: MadeUpRun) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for at, size in (("initial", 0.6), ("minimiser", 1.8)):
        example = size * run.factor(8)
        whole = 0.05 * size
        rows.append(
            {
                **run.keys,
                "at": at,
                "mean_example_norm": example,
                "batch_norm": float(np.hypot(example / np.sqrt(run.batch_size), whole)),
                "norm_of_mean": whole,
                "batches": 16,
            }
        )
    return rows
