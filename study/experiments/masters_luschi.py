"""Masters and Luschi 2018: small batches at fixed base rates, and batches of normalisation apart.

The claims, their margins and the grid were written down before any run was looked at.
"""

from dataclasses import replace

from study.experiments.condition_parts import (
    ACCURACY,
    OUTCOMES,
    accuracy_against,
    other_pictures,
    real_size,
)
from study.experiments.declare import (
    BestAgainstBest,
    ByCondition,
    ByGroup,
    Claim,
    Departure,
    Experiment,
    Figure,
    Group,
    Lesson,
    Part,
    Remedy,
    Size,
    StableCells,
    above,
)
from study.experiments.masters_luschi_conditions import (
    APART,
    BASE,
    GRID_NAMES,
    NORMALISED,
    NORMALISED_GROUPS,
    NORMALISED_NAMES,
    PLAIN,
    PLAIN_AT_ONE,
    PLAIN_GROUPS,
    PLAIN_NAMES,
    at_one_rate,
)


def _best(name: str, first: Group, second: Group, decides: bool = True) -> Part:
    effect = BestAgainstBest("final_val_accuracy", first, second)
    return Part(name, effect, above(0), ACCURACY, decides)


def _stable(size: int, decides: bool = True) -> Part:
    small, large = PLAIN_GROUPS[size], PLAIN_GROUPS[128]
    beside = tuple(condition.cell for condition in PLAIN)
    effect = StableCells("final_val_accuracy", small, large, beside)
    return Part(f"batch {size} against 128", effect, above(0), "base rates", decides)


def _ghosts(batch: int, small: int, large: int, decides: bool = True) -> Part:
    first, second = (at_one_rate(batch, size) for size in (small, large))
    name = f"SGD batch {batch}: BN batch {small} against {large}"
    return replace(accuracy_against(name, first, second, above(0)), decides=decides)


_SMALL = PLAIN_GROUPS[2] + PLAIN_GROUPS[8]
_TUNED = (
    "Each batch size stands at its best base rate; in each seed that is chosen by the other seeds. "
)

CLAIMS = (
    Claim(
        "C1",
        "The best results come with batches of 32 or less.",
        "validation accuracy at the end",
        _TUNED + "The difference of the best batch of 2, 8 or 32 to batch 128 is above 0.",
        (_best("up to 32 against 128", _SMALL + PLAIN_GROUPS[32], PLAIN_GROUPS[128]),),
        figures=("M1", "M2", "M3"),
    ),
    Claim(
        "C2",
        "They often come with batches as small as 2 to 8.",
        "validation accuracy at the end",
        _TUNED + "The difference of the best of 2 and 8 to the best of 32 and 128 is above 0.",
        (_best("2 or 8 against 32 or 128", _SMALL, PLAIN_GROUPS[32] + PLAIN_GROUPS[128]),),
        figures=("M1", "M2", "M3"),
    ),
    Claim(
        "C3",
        "Small batches train stably over a wider range of base rates.",
        "base rates at which training is stable",
        "Of the base rates, each four times the one before, batches of 2 and of 8 train stably at "
        "more than batch 128 does: the differences are above 0. A run is stable if it does not "
        "diverge and ends at most 0.1 of accuracy below the best run of its seed without batch "
        "normalisation.",
        (_stable(2), _stable(8), _stable(32, decides=False)),
        figures=("M2", "M3"),
    ),
    Claim(
        "C4",
        "With batch normalisation the best batch is around 8.",
        "validation accuracy at the end",
        _TUNED + "The differences of batch 8 to batches of 2 and of 128 are above 0. That to 32 is "
        "shown beside them.",
        (
            _best("8 against 2", NORMALISED_GROUPS[8], NORMALISED_GROUPS[2]),
            _best("8 against 128", NORMALISED_GROUPS[8], NORMALISED_GROUPS[128]),
            _best("8 against 32", NORMALISED_GROUPS[8], NORMALISED_GROUPS[32], decides=False),
        ),
        figures=("M4", "M5"),
    ),
    Claim(
        "C5",
        "Whatever the SGD batch, a small batch of normalisation is best.",
        "validation accuracy at the end",
        "At a quarter of the base rate, the differences of a BN batch of 8 to larger ones are "
        "above 0, for SGD batches of 32 and 128. Those to a BN batch of 2 are shown beside them.",
        (
            _ghosts(32, 8, 32),
            _ghosts(128, 8, 32),
            _ghosts(128, 8, 128),
            _ghosts(8, 8, 2, decides=False),
            _ghosts(32, 8, 2, decides=False),
            _ghosts(128, 8, 2, decides=False),
        ),
        headline="weakest",
        figures=("M6",),
    ),
)

_ALL = (*PLAIN_NAMES, *NORMALISED_NAMES, *(condition.name for condition in APART))
_FAMILIES = (tuple(PLAIN_GROUPS.values()), tuple(NORMALISED_GROUPS.values()))

FIGURES = (
    Figure(
        "M1",
        "condition_sizes",
        "Accuracy by batch size at fixed base rates",
        "Validation accuracy after the last epoch; one line for each base rate, that is for each "
        "rate an example. All runs have as many epochs.",
        "Small batches are best; the larger the base rate, the sooner accuracy falls with the "
        "batch size.",
        quantity="final_val_accuracy",
        conditions=PLAIN_NAMES,
    ),
    Figure(
        "M2",
        "condition_map",
        "Where training is stable",
        "Validation accuracy after the last epoch by batch size and base rate.",
        "Small batches train over a wider range of base rates.",
        quantity="final_val_accuracy",
        conditions=PLAIN_NAMES,
    ),
    Figure(
        "M3",
        "condition_groups",
        "Stable base rates and the best of each batch size",
        "How many of the base rates train stably, and the accuracy at the best one, in each seed "
        "chosen by the other seeds.",
        quantity="final_val_accuracy",
        conditions=(*PLAIN_NAMES, *NORMALISED_NAMES),
        table=ByGroup("final_val_accuracy", _FAMILIES),
    ),
    Figure(
        "M4",
        "condition_sizes",
        "The same with batch normalisation",
        "As M1, with statistics over the whole batch.",
        "With batch normalisation the best batch is around 8: statistics of fewer pictures are "
        "too noisy.",
        quantity="final_val_accuracy",
        conditions=NORMALISED_NAMES,
    ),
    Figure(
        "M5",
        "condition_map",
        "Batch size and base rate with batch normalisation",
        "As M2, with statistics over the whole batch.",
        quantity="final_val_accuracy",
        conditions=NORMALISED_NAMES,
    ),
    Figure(
        "M6",
        "condition_map",
        "SGD batch and BN batch apart",
        "Validation accuracy after the last epoch, at a quarter of the base rate. A batch of "
        "SGD is cut into ghosts of as many pictures as the BN batch; in the last cell of a row it "
        "is one ghost.",
        "A BN batch of about 8 is best whatever the SGD batch.",
        quantity="final_val_accuracy",
        conditions=GRID_NAMES,
    ),
    Figure(
        "M7",
        "condition_curves",
        "Training at one base rate",
        "Training loss and validation accuracy at a quarter of the base rate, by batch size. By "
        "updates the large batches are far shorter.",
        quantity="loss val_accuracy",
        conditions=PLAIN_AT_ONE,
    ),
    Figure(
        "M8",
        "condition_table",
        "What each condition comes to",
        "Losses and accuracies with the updates and seconds that they took.",
        conditions=_ALL,
        table=ByCondition(OUTCOMES, _ALL),
    ),
)

LESSONS = (
    Lesson(
        "C1",
        "Look for the best batch at 32 or less, each batch size at its own rate.",
        "A batch of 128 is no worse here than smaller ones, each at its own rate.",
    ),
    Lesson(
        "C2",
        "Try batches as small as 2 to 8 where accuracy counts more than time.",
        "Batches below 32 gain no accuracy here, and take longer.",
    ),
    Lesson(
        "C3",
        "If there is no time to tune the rate, take a small batch: more rates train stably.",
        "A small batch does not forgive more rates here.",
    ),
    Lesson(
        "C4",
        "With batch normalisation do not go below batches of about 8, nor far above.",
        "With batch normalisation a batch of 8 is not the best here.",
    ),
    Lesson(
        "C5",
        "With a large SGD batch, take the statistics of batch normalisation over small parts.",
        "Small parts for the statistics of batch normalisation do not help here.",
    ),
)

EXPERIMENT = Experiment(
    name="masters-luschi",
    title="Revisiting small batches",
    source="Masters and Luschi, “Revisiting Small Batch Training for Deep Neural Networks”, 2018",
    called="paper",
    about=(
        "Batch sizes are often compared at one learning rate. The paper compares them at one base "
        "rate, the rate an example: learning rate over batch size. Here batches of 2 to 128 train "
        "for as many epochs at base rates from a sixteenth of one to four times it, with and "
        "without batch normalisation (BN); and the batch of SGD is set apart from that of BN. "
        "Moving averages of BN forget by the picture, alike at every batch: by the batch, as "
        "usual, those of large batches would lag behind by epochs."
    ),
    conditions=(*PLAIN, *NORMALISED, *APART),
    base_rate=0.02,
    sizes=(
        Size("smoke", epochs=4, base_rate=0.04, base_batch_size=BASE),
        # the rate with the most accurate batch 2 without BN of 0.005, 0.01, 0.02 and 0.04, in one
        # run each (of 16 epochs) with a seed that no study has
        Size("quick", epochs=10, base_rate=0.04, base_batch_size=BASE),
        # likewise, of 0.005, 0.01 and 0.02: 0.750, 0.748 and 0.743
        real_size(epochs=16, base_rate=0.005, base_batch_size=BASE, seeds=2),
    ),
    figures=FIGURES,
    claims=CLAIMS,
    lessons=LESSONS,
    remedies=(
        Remedy(
            # the large batch has the linearly scaled rate as well, so that the share is BN's alone
            "BN over 8 pictures, rate scaled linearly with and without it",
            at_one_rate(8, 8).cell,
            at_one_rate(128, 8).cell,
            at_one_rate(128, 128).cell,
        ),
    ),
    departures=(
        other_pictures("CIFAR-10, CIFAR-100 and ImageNet"),
        Departure("net", "several", "the article’s net (“{model}”)", "one net for all chapters"),
        Departure("batch sizes", "2 to 256", "2, 8, 32 and 128", "time"),
        Departure(
            "epochs",
            "as many for all batch sizes",
            "{epochs}, the rate divided by 10 after a half and three quarters of them",
            "time",
        ),
        Departure("runs of each condition", "several", "{seeds}", "time"),
    ),
)
