"""The article's batch sizes and learning rates."""

from study.experiments.declare import Arm

BASE_RATE = 0.01
BATCH_SIZES = (32, 64, 128, 256)
SMALL, LARGE = BATCH_SIZES[0], BATCH_SIZES[-1]
MULTIPLES = (1, 2, 4, 8)

FIXED = Arm("fixed", "one rate for all")
LINEAR = Arm("linear", "rate in proportion to the batch size", power=1)
HIGH = Arm("high", "eight times the rate for all", factor=8)
