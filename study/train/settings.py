"""Everything that determines the result of one run, and the name made from it."""

import hashlib
import json
import math
from dataclasses import asdict, dataclass
from typing import Any

from study.errors import SettingsError
from study.model import check_image_size, get_variant

# Raised whenever the same settings would give other numbers than before.
TRAINING_VERSION = 1


@dataclass(frozen=True)
class RunSettings:
    """One training run, declared.

    Attributes:
        data: fingerprint of the data set, picture size and split included.
        image_size: side of the square pictures, in pixels.
        model: a name of ``study.model.VARIANTS``.
        batch_size: examples an update, over all replicas together.
        learning_rate: of plain SGD, constant.
        seed: of the initial weights, the order of the examples and the dropout masks.
        patience: epochs without a lower validation loss after which the run stops.
        max_epochs: epochs after which it stops in any case.
        reshuffle: a new order in every epoch; the article keeps one order (False).
        replicas: devices of a MirroredStrategy; 1 trains without one.
    """

    data: str
    image_size: int
    model: str
    batch_size: int
    learning_rate: float
    seed: int
    patience: int
    max_epochs: int
    reshuffle: bool = False
    replicas: int = 1

    @property
    def id(self) -> str:
        """A readable slug and a hash of all settings; equal settings share a run."""
        text = json.dumps([TRAINING_VERSION, asdict(self)], sort_keys=True)
        digest = hashlib.sha256(text.encode()).hexdigest()[:12]
        rate = f"{self.learning_rate:g}"
        return (
            f"{self.model}-{self.image_size}px-b{self.batch_size}-lr{rate}"
            f"-s{self.seed}-x{self.replicas}-{digest}"
        )

    def as_dict(self) -> dict[str, Any]:
        """Plain values, as stored in ``run.json``."""
        return asdict(self)


def check_run_settings(settings: RunSettings, train_examples: int) -> None:
    """Refuses what cannot be trained, before anything is written.

    Raises:
        SettingsError: with what came, what was expected and how to mend it.
    """
    check_image_size(settings.image_size)
    get_variant(settings.model)
    batch_size, replicas = settings.batch_size, settings.replicas
    if batch_size < 1:
        raise SettingsError(f"batch size {batch_size}; expected 1 or more.")
    if batch_size > train_examples:
        raise SettingsError(
            f"batch size {batch_size} is larger than the training set of {train_examples} "
            "pictures; choose a smaller batch size or give more pictures."
        )
    if replicas < 1:
        raise SettingsError(f"{replicas} devices; expected 1 or more.")
    if batch_size % replicas:
        raise SettingsError(
            f"batch size {batch_size} does not divide over {replicas} devices; "
            "choose a batch size that is a multiple of the number of devices."
        )
    if not 0 < settings.learning_rate < math.inf:
        raise SettingsError(
            f"learning rate {settings.learning_rate}; expected a finite number above 0."
        )
    if settings.patience < 1 or settings.max_epochs < 1:
        raise SettingsError(
            f"patience {settings.patience} and at most {settings.max_epochs} epochs; "
            "expected 1 or more of each."
        )
