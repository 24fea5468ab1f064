"""The laws of made-up runs."""

import hashlib
from dataclasses import dataclass

import numpy as np

PATIENCE = 10
TRAIN_EXAMPLES = 1861
VALIDATION_EXAMPLES = 465


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
