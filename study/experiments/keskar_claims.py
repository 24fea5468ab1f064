"""What Keskar et al. 2017 claim, with tests; written down before any run was looked at.

A review changed the margin and the range of C2 later (README, "How verdicts come about").
"""

from dataclasses import replace

from study.experiments.condition_parts import MARGIN, NEAR, accuracy_against
from study.experiments.declare import (
    AtMatchedLoss,
    Claim,
    Condition,
    Lesson,
    LineRise,
    Part,
    Range,
    above,
    below,
    ratio,
)
from study.experiments.keskar_conditions import (
    AUGMENTED,
    CONSERVATIVE,
    DYNAMIC,
    LARGE,
    QUARTER,
    REMEDIES,
    ROBUST,
    SMALL,
    TWICE,
    WARM,
)

_TIMES = "times"
# of the large to the small batch's sharpness in the full space at 1e-3: the paper's own ratios are
# 167 and 224 (F1, F2), 24.7 and 8.66 (C1, C3), and a range has to hold what it is taken from
RATIOS = Range(8, 230)
_EARLY, _LATE = WARM[0], WARM[-1]


def _sharper(
    name: str, first: Condition, claimed: Range, quantity: str = "sharpness", decides: bool = True
) -> Part:
    return Part(name, ratio(quantity, first.cell, SMALL.cell), claimed, _TIMES, decides)


def _helps(remedy: Condition) -> Part:
    return accuracy_against(remedy.title, remedy, LARGE, above(0))


CLAIMS = (
    Claim(
        "C1",
        "Large batches end in sharper minimisers than small ones.",
        "epsilon-sharpness after the last epoch",
        "The ratio of a batch of a tenth of the pictures to the small batch is above 1 in the full "
        "space and in a random subspace at 1e-3. The same at 5e-4, a companion that rescaling "
        "layers does not change (adaptive sharpness), and the ratio at one training loss are shown "
        "beside it.",
        (
            _sharper("full space", LARGE, above(1)),
            _sharper("random subspace", LARGE, above(1), "sharpness_subspace"),
            _sharper("full space, 5e-4", LARGE, above(1), "sharpness_full_half", decides=False),
            _sharper(
                "random subspace, 5e-4", LARGE, above(1), "sharpness_subspace_half", decides=False
            ),
            _sharper("adaptive", LARGE, above(1), "sharpness_adaptive", decides=False),
            Part(
                "at one training loss",
                AtMatchedLoss(ratio("sharpness", LARGE.cell, SMALL.cell)),
                above(1),
                _TIMES,
                decides=False,
            ),
        ),
        figures=("K3", "K4", "K6"),
    ),
    Claim(
        "C2",
        "Large batches end in minimisers that are sharper by a factor of about 9 to 220.",
        "epsilon-sharpness after the last epoch",
        "The ratio of the large to the small batch in the full space at 1e-3 is between 8 and 230, "
        "which holds the four nets of the paper’s table that are quoted here: 8.7, 25, 167 and "
        "224.",
        (_sharper("large against small", LARGE, RATIOS),),
        figures=("K3", "K4"),
    ),
    Claim(
        "C3",
        "Small batches end 3 to 10 times as far from the initial weights.",
        "distance from initialisation after the last epoch",
        "The ratio of the small to the large batch is between 3 and 10. Whether it is above 1 is "
        "shown beside it.",
        (
            Part(
                "small against large",
                ratio("final_distance", SMALL.cell, LARGE.cell),
                Range(3, 10),
                _TIMES,
            ),
            Part(
                "farther at all",
                ratio("final_distance", SMALL.cell, LARGE.cell),
                above(1),
                _TIMES,
                decides=False,
            ),
        ),
        figures=("K4", "K7"),
    ),
    Claim(
        "C4",
        "On the line between both, the loss rises more steeply about the large-batch end.",
        "training loss on the line",
        "The mean rise of the training loss within 0.5 of the large-batch end, minus that about "
        "the small-batch end, is above 0. The validation loss is shown beside it.",
        (
            Part("training loss", LineRise("train", SMALL.cell, LARGE.cell), above(0), "loss"),
            Part(
                "validation loss",
                LineRise("validation", SMALL.cell, LARGE.cell),
                above(0),
                "loss",
                decides=False,
            ),
        ),
        figures=("K5",),
    ),
    Claim(
        "C5",
        "A large batch that goes on from a small one generalises better and ends flatter, if the "
        "small one was at work for long enough.",
        "validation accuracy and sharpness after the last epoch",
        "With the small batch for three quarters of the epochs, the difference of the accuracy to "
        "that of the large batch alone is above 0, and the ratio of the sharpness below 1. With a "
        f"tenth of the epochs, too few to help, the difference is within {MARGIN} of 0; this is "
        "shown beside them.",
        (
            accuracy_against("accuracy, three quarters", _LATE, LARGE, above(0)),
            Part(
                "sharpness, three quarters",
                ratio("sharpness", _LATE.cell, LARGE.cell),
                below(1),
                _TIMES,
            ),
            replace(accuracy_against("accuracy, a tenth", _EARLY, LARGE, NEAR), decides=False),
        ),
        figures=("K8",),
    ),
    Claim(
        "C6",
        "Beyond some batch size the accuracy falls.",
        "validation accuracy after the last epoch",
        "The difference of a batch of a quarter of the pictures to the small batch is below 0, "
        f"while that of twice the small batch is above {-MARGIN}.",
        (
            accuracy_against("a quarter of the pictures", QUARTER, SMALL, below(0)),
            accuracy_against("twice the small batch", TWICE, SMALL, above(-MARGIN)),
        ),
        figures=("K9",),
    ),
    Claim(
        "C7",
        "Augmented pictures, conservative training, robust training and dynamic sampling make a "
        "large batch more accurate.",
        "validation accuracy after the last epoch",
        "The difference of each to the large batch alone is above 0.",
        tuple(_helps(remedy) for remedy in REMEDIES),
        headline="weakest",
        figures=("K10",),
    ),
    Claim(
        "C8",
        "With these remedies the minimisers of a large batch stay sharp all the same.",
        "epsilon-sharpness after the last epoch",
        "The ratio of each of the first three to the small batch is above 1. Dynamic sampling, "
        "which begins as the small batch, is shown beside them.",
        (
            *(
                _sharper(remedy.title, remedy, above(1))
                for remedy in (AUGMENTED, CONSERVATIVE, ROBUST)
            ),
            _sharper(DYNAMIC.title, DYNAMIC, above(1), decides=False),
        ),
        headline="weakest",
        figures=("K3", "K4"),
    ),
)

LESSONS = (
    Lesson(
        "C1",
        "A large batch goes along with a sharper minimiser; this is an association, and does not "
        "say that sharpness is what costs accuracy.",
        "The large batch does not end sharper here: do not choose a batch size for flatness.",
    ),
    Lesson(
        "C5",
        "Begin with a small batch for three quarters of the epochs and go on with a large one: it "
        "ends more accurate and flatter than the large batch alone.",
        "Beginning with a small batch does not mend a large one here.",
    ),
    Lesson(
        "C6",
        "There is a batch size up to which nothing is lost: find it by a few short runs, and stay "
        "below.",
        "No loss of accuracy with the batch size is seen up to a quarter of the pictures, or it "
        "begins at once.",
    ),
    Lesson(
        "C7",
        "If the batch has to be large, augment the pictures or let the batch grow.",
        "Not all remedies help a large batch here; look at each before taking it.",
    ),
)
