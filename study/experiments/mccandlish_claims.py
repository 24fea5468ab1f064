"""What McCandlish's experiment compares, and its claims: the sweep, rates and margins.

Written down before any run was looked at, with the rule by which rates are chosen
(``study.summarise.sweep``); a review changed the limits and ranges of C3 and C4, and what a noise
scale of C2 is averaged over, later (README, "How verdicts come about").
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
# Per doubling of the batch size B, by the law S = S_min (1 + B_c / B) of the updates and
# E = B S of the examples. Where larger batches save all they can, S halves and E stays; where they
# save nothing, S stays and E doubles; at the critical batch size B_c itself (B_c / sqrt 2 to
# sqrt 2 B_c) the factors are 1/sqrt 2 and sqrt 2. So these part the two, and no power of B, which
# has one factor everywhere, is below and above them at once.
# An end of the sweep is two doublings: over B to 4 B the factor of S is below 1/sqrt 2 if and only
# if B_c > 2 B.
TURN = 0.5**0.5
# Over one doubling that ends at B_c, E grows by 4/3, and by less over more: safely below sqrt 2.
LEVEL = 2**0.5


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
        f"The ratio of that over a whole run (its parts tr(Σ) and |G|² averaged apart over the "
        "epochs, then divided), geometric mean over the batch sizes, to the critical batch size of "
        f"the same seed lies within a factor of {FACTOR:g}: two doublings, which is how much the "
        "noise scale varies along a run. Shown beside it: that near the target, and that from "
        "consecutive steps, which hides the gradient at large rates.",
        (
            _against_critical("of the whole run", "rest_noise", True),
            _against_critical("near the target", "rest_noise_near", False),
            _against_critical("from consecutive steps", "steps_noise", False),
        ),
        figures=("N5",),
    ),
    Claim(
        "C3",
        "Updates to the target fall with the batch size, and level off beyond the critical one.",
        "updates to the target at the best rate of each batch size",
        f"Per doubling of the batch size they change by a factor below {TURN:.3g} over the "
        f"smallest sizes (up to 4 times the smallest), and above {TURN:.3g} over the largest (from "
        "a quarter of the largest on). By the paper’s law that factor is 1/2 far below the "
        "critical batch size, 1/√2 at it, and 1 far beyond; no fit enters, so that updates which "
        "never fall, or never level off, speak against the claim. The error of the fit is shown "
        "beside it.",
        (
            Part(
                "per doubling of the smallest sizes",
                SweepSlope("updates_to_target", SWEEP, "smallest"),
                below(TURN),
                "times",
            ),
            Part(
                "per doubling of the largest sizes",
                SweepSlope("updates_to_target", SWEEP, "largest"),
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
        f"Per doubling of the batch size they change by less than a factor of {LEVEL:.3g} up to "
        "the critical batch size of the fit (over the smallest sizes, up to 4 times the smallest, "
        "wherever the fit puts it). By the paper’s law it is at most 4/3 up to it. Beyond it, "
        "where they are to double, the factor is shown beside it.",
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
