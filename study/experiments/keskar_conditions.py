"""The ways to train that Keskar et al. 2017 compare, as conditions."""

from dataclasses import replace

from study.experiments.declare import Condition

# Adam's usual 0.001 where the base rate is 0.05, and the same for every batch size
SMALL = Condition(
    "small",
    "small batch",
    rate_multiple=0.02,
    optimizer="adam",
    # Adam's steps now and then throw a net off its minimum; where it ends is to be measured
    settling=0.1,
    factor=10,
)
LARGE = replace(SMALL, name="large", title="large batch", batch_share=0.1)


def _warm(percent: int) -> Condition:
    return replace(
        LARGE,
        name=f"warm-{percent}",
        title=f"small for {percent} % of the epochs, then large",
        switch_at=percent / 100,
    )


WARM = tuple(_warm(percent) for percent in (10, 25, 50, 75))
TWICE = replace(SMALL, name="times-2", title="2 × the small batch", batch_multiple=2)
FOURFOLD = replace(SMALL, name="times-4", title="4 × the small batch", batch_multiple=4)
# its updates are few: as many as a tenth of the pictures makes, or it comes to no minimum
QUARTER = replace(
    SMALL,
    name="quarter",
    title="25 % of the pictures",
    batch_share=0.25,
    epochs_multiple=2.5,
)
AUGMENTED = replace(
    LARGE, name="augmented", title="large, augmented pictures", remedy="augmentation"
)
CONSERVATIVE = replace(
    LARGE,
    name="conservative",
    title="large, conservative training",
    remedy="conservative training",
)
ROBUST = replace(LARGE, name="robust", title="large, robust training", remedy="robust training")
DYNAMIC = replace(LARGE, name="dynamic", title="dynamic sampling", growth_share=0.5)

SIZES = (SMALL, TWICE, FOURFOLD, LARGE, QUARTER)
# by the paper (its appendix E); dynamic sampling it proposes and leaves untested
TESTED = (AUGMENTED, CONSERVATIVE, ROBUST)
REMEDIES = (*TESTED, DYNAMIC)
CONDITIONS = (SMALL, LARGE, *WARM, TWICE, FOURFOLD, QUARTER, *REMEDIES)


def names(conditions: tuple[Condition, ...]) -> tuple[str, ...]:
    """Their names, in order."""
    return tuple(condition.name for condition in conditions)
