"""The rows of what was measured on a made-up run."""

import numpy as np

from tests.made_up_run import MadeUpRun


def sharpness(run: MadeUpRun) -> list[dict[str, object]]:
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


def sharpness_along(run: MadeUpRun, epochs: int) -> list[dict[str, object]]:
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


def interpolation(run: MadeUpRun) -> list[dict[str, object]]:
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


def landscape(run: MadeUpRun, points: int) -> list[dict[str, object]]:
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


def gradient_norms(run: MadeUpRun) -> list[dict[str, object]]:
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
