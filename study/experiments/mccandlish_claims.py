"""What McCandlish's experiment compares, and its claims: the sweep, rates and margins.

Written down before any run was looked at, with the rule by which rates are chosen
(``study.summarise.sweep``).
"""

from study.experiments.declare import (
    Claim,
    Condition,
    OverSweep,
    Part,
    Sweep,
    SweepError,
    SweepSlope,
    above,
    below,
    within_factor,
)

_MULTIPLES = (1, 2, 4, 8, 16, 32, 64, 128, 256)
# a rate that suits a small batch is too small for a large one: from 16 times on, one step up
_RATES = {multiple: (0.5, 1, 2, 4) if multiple < 16 else (1, 2, 4, 8) for multiple in _MULTIPLES}
_WORDS = {0.5: "half the rate", 1: "the rate", 2: "2 × the rate", 4: "4 × the rate"}
_WORDS[8] = "8 × the rate"
# two doublings, the step of the sweep and of the rates: the noise scale itself varies by as much
# along a run, and the paper speaks of rough agreement
FACTOR = 4.0
# of the updates per doubling: by the law 2/3 or less up to the critical batch, 3/4 or more beyond
TURN = 0.7
# of the examples per doubling; they double where larger batches pay nothing
LEVEL = 1.25


def condition_name(multiple: int, rate: float) -> str:
    """Of a batch size and a rate, both as multiples of the base ones."""
    return f"b{multiple}-r{rate:g}"


def _condition(multiple: int, rate: float) -> Condition:
    return Condition(
        condition_name(multiple, rate),
        f"{multiple} ×, {_WORDS[rate]}",
        batch_multiple=multiple,
        rate_multiple=rate,
        to_target=True,
        gradient_noise=True,
        # a batch far beyond the critical one needs as many updates as that, and so more epochs
        epochs_multiple=1 + multiple / 16,
    )


CONDITIONS = tuple(
    _condition(multiple, rate) for multiple in _MULTIPLES for rate in _RATES[multiple]
)
SWEEP = Sweep(
    tuple(
        tuple(condition_name(multiple, rate) for rate in _RATES[multiple])
        for multiple in _MULTIPLES
    ),
    predictions=("rest_noise", "rest_noise_near", "steps_noise"),
)
ALL = tuple(condition.name for condition in CONDITIONS)


def conditions_of(*multiples: int) -> tuple[str, ...]:
    """Names of all conditions with these batch sizes, as multiples of the base one."""
    return tuple(
        condition.name for condition in CONDITIONS if condition.batch_multiple in multiples
    )


def _against_critical(name: str, quantity: str, decides: bool) -> Part:
    effect = OverSweep(quantity, SWEEP, against_critical=True)
    return Part(name, effect, within_factor(FACTOR), "times", decides)


CLAIMS = (
    Claim(
        "C1",
        "The gradient noise scale grows along training.",
        "gradient noise scale at rest, last third of a run over its first",
        "Parts averaged apart over each third of the epochs; the geometric mean over the batch "
        "sizes is above 1.",
        (Part("last third over first", OverSweep("noise_growth", SWEEP), above(1), "times"),),
        figures=("N1",),
    ),
    Claim(
        "C2",
        "The gradient noise scale predicts the critical batch size, roughly.",
        "gradient noise scale against the critical batch size of the fit",
        f"The ratio of the median over a run, geometric mean over the batch sizes, to the critical "
        f"batch size of the same seed lies within a factor of {FACTOR:g}: two doublings, which is "
        "how much the noise scale varies along a run. Shown beside it: that near the target, and "
        "that from consecutive steps, which hides the gradient at large rates.",
        (
            _against_critical("median of the run", "rest_noise", True),
            _against_critical("near the target", "rest_noise_near", False),
            _against_critical("from consecutive steps", "steps_noise", False),
        ),
        figures=("N5",),
    ),
    Claim(
        "C3",
        "Updates to the target fall with the batch size, and level off beyond the critical one.",
        "updates to the target at the best rate of each batch size",
        f"Per doubling of the batch size they change by a factor below {TURN} up to the critical "
        f"batch size, and above {TURN} beyond it. (By the paper’s law it is 1/2 to 2/3 up to it "
        "and 3/4 to 1 beyond.) The error of the fit is shown beside it.",
        (
            Part(
                "per doubling up to the critical batch",
                SweepSlope("updates_to_target", SWEEP, "below"),
                below(TURN),
                "times",
            ),
            Part(
                "per doubling beyond it",
                SweepSlope("updates_to_target", SWEEP, "beyond"),
                above(TURN),
                "times",
            ),
            Part("error of the fit", SweepError(SWEEP), below(0.2), "of ln updates", decides=False),
        ),
        figures=("N2",),
    ),
    Claim(
        "C4",
        "Examples to the target stay about level up to the critical batch size.",
        "examples to the target at the best rate of each batch size",
        f"Per doubling of the batch size they change by less than a factor of {LEVEL} up to the "
        "critical batch size. Beyond it, where they are to double, the factor is shown beside it.",
        (
            Part(
                "per doubling up to the critical batch",
                SweepSlope("examples_to_target", SWEEP, "below"),
                within_factor(LEVEL),
                "times",
            ),
            Part(
                "per doubling beyond it",
                SweepSlope("examples_to_target", SWEEP, "beyond"),
                above(LEVEL),
                "times",
                decides=False,
            ),
        ),
        figures=("N2",),
    ),
)
