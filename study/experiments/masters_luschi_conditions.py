"""The conditions of Masters and Luschi 2018: batch sizes by base rates, SGD batch by BN batch."""

from dataclasses import replace

from study.experiments.condition_grid import base_rate_grid, by_batch_size, normalisation_grid
from study.experiments.conditions import Condition

BASE = 2
BATCHES = (2, 8, 32, 128)
# the base rate is chosen for batch 2; large batches need lower ones
_RATES = (1.0, 0.0625, 0.25, 4.0)
_NORMALISED_RATES = (1.0, 0.0625, 0.25)
# at which all batch sizes are set side by side
_SHARED = "0_25"
# a picture is forgotten alike at every batch, see study/train/normalised.py
_AVERAGED = 512

PLAIN = base_rate_grid(
    Condition("plain", "batch {size}", changes=(0.5, 0.75), factor=10),
    BATCHES,
    _RATES,
    BASE,
)
_NORMALISED = Condition(
    "norm",
    "batch {size} with BN",
    changes=(0.5, 0.75),
    factor=10,
    batch_normalisation=True,
    average_examples=_AVERAGED,
)
NORMALISED = base_rate_grid(_NORMALISED, BATCHES, _NORMALISED_RATES, BASE)
APART = normalisation_grid(replace(_NORMALISED, rate_multiple=0.25), BATCHES, BATCHES, BASE)

BY_NAME = {condition.name: condition for condition in (*PLAIN, *NORMALISED, *APART)}
PLAIN_GROUPS = by_batch_size(PLAIN, BASE)
NORMALISED_GROUPS = by_batch_size(NORMALISED, BASE, "batch {size} with BN")
PLAIN_NAMES = tuple(condition.name for condition in PLAIN)
NORMALISED_NAMES = tuple(condition.name for condition in NORMALISED)
PLAIN_AT_ONE = tuple(f"plain-{size}-{_SHARED}" for size in BATCHES)
WHOLE_AT_ONE = tuple(f"norm-{size}-{_SHARED}" for size in BATCHES)
GRID_NAMES = (*WHOLE_AT_ONE, *(condition.name for condition in APART))


def at_one_rate(batch: int, normalised: int) -> Condition:
    """The condition of an SGD batch and a BN batch, all of them at one base rate."""
    whole = batch == normalised
    name = f"norm-{batch}-{_SHARED}" if whole else f"norm-{batch}-bn-{normalised}"
    return BY_NAME[name]
