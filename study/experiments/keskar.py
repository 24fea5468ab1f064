"""Keskar et al. 2017: large batches and sharp minima, declared.

The claims are in ``keskar_claims``.
"""

from study.experiments.condition_parts import other_pictures, real_size
from study.experiments.declare import (
    ByCondition,
    Departure,
    Experiment,
    Figure,
    Line,
    LineEnds,
    Published,
    Remedy,
    Size,
)
from study.experiments.keskar_claims import CLAIMS, LESSONS, MINIMISER
from study.experiments.keskar_conditions import (
    AUGMENTED,
    CONDITIONS,
    CONSERVATIVE,
    DYNAMIC,
    LARGE,
    REMEDIES,
    ROBUST,
    SIZES,
    SMALL,
    WARM,
    names,
)

_OUTCOMES = (
    *("sharpness", "sharpness_full_half", "sharpness_subspace", "sharpness_subspace_half"),
    *("sharpness_adaptive", "final_train_loss", "base_loss", "base_accuracy"),
    *("final_val_loss", "final_val_accuracy", "final_distance", "updates", "seconds"),
)
_OF_SEARCH = (
    *("spread_full", "spread_full_half", "spread_subspace", "spread_subspace_half"),
    *("spread_adaptive", "sharpness_evaluations", "sharpness_active_share"),
)
_ALL = names(CONDITIONS)
_PAIR = names((SMALL, LARGE))
_REMEDIES = names((SMALL, LARGE, *REMEDIES))
_WARM = names((LARGE, *WARM, SMALL))
_OF_WARM = ("updates", "base_loss", "final_val_accuracy", "sharpness")

# its table of epsilon 1e-3 in the full space; 5 runs each, batch 256 against a tenth of the data
_NETS = "F1, F2, C1 to C4:"
_SMALL = (1.23, 1.39, 28.6, 8.68, 29.9, 12.8)
_LARGE = (205, 311, 707, 925, 259, 422)
PUBLISHED = (
    Published("sharpness", "", 0, _SMALL, words=_NETS, condition="small"),
    Published("sharpness", "", 0, _LARGE, words=_NETS, condition="large"),
)

FIGURES = (
    Figure(
        "K1",
        "condition_schedule",
        "The batch sizes",
        "Batch size and rate by epoch of a warm start and of dynamic sampling, between those of "
        "the small and the large batch.",
        conditions=names((SMALL, LARGE, WARM[1], DYNAMIC)),
    ),
    Figure(
        "K2",
        "condition_curves",
        "Small and large batch",
        "Training loss and validation accuracy.",
        "Both come to a low training loss, but the large batch generalises worse.",
        quantity="loss val_accuracy",
        conditions=_PAIR,
    ),
    Figure(
        "K3",
        "condition_ends",
        "Sharpness at the end",
        "Epsilon-sharpness in the full space at 1e-3 after the last epoch.",
        "Large batches end in sharp minimisers, and none of its three remedies changes that; "
        "dynamic sampling it proposes, but does not test.",
        quantity="sharpness",
        conditions=_REMEDIES,
    ),
    Figure(
        "K4",
        "condition_table",
        "Sharpness, distance and accuracy of every way to train",
        "The paper’s table of sharpness, with more columns. Its numbers are those of other nets on "
        "other data (F1 on MNIST, F2 on TIMIT, C1 and C2 on CIFAR-10, C3 and C4 on CIFAR-100): "
        "compare the ratio of its two rows with ours, not their size. The training loss of the "
        "last epoch is a mean while it trains; that at the measured weights is of the pictures "
        "that sharpness is measured on.",
        conditions=_ALL,
        table=ByCondition(_OUTCOMES, _ALL, measured_only=True),
    ),
    Figure(
        "K5",
        "condition_line",
        "The line between both",
        "Loss and accuracy on the line through the weights of the small batch and those of the "
        "large one.",
        "The loss rises much more steeply about the large-batch end.",
        conditions=_PAIR,
        table=LineEnds(SMALL.cell, LARGE.cell),
    ),
    Figure(
        "K6",
        "condition_along",
        "Sharpness along the way",
        "Sharpness against the training loss while runs go on, so that batch sizes are compared at "
        "equal losses.",
        "At a high loss both are alike; then the large batch gets sharper, the small one flatter.",
        conditions=_PAIR,
    ),
    Figure(
        "K7",
        "condition_updates",
        "Distance from the start",
        "Distance of the weights from their initial values by updates.",
        "Small batches come 3 to 10 times as far.",
        quantity="distance_from_init",
        conditions=_PAIR,
    ),
    Figure(
        "K8",
        "condition_switch",
        "Warm starts",
        "Validation accuracy and sharpness after the last epoch of a large batch that goes on from "
        "the weights of a small one. All runs have as many epochs, so that the later the large "
        "batch takes over, the more updates there are.",
        "A few epochs do not help; after enough of them the accuracy is better and the sharpness "
        "lower.",
        quantity="final_val_accuracy sharpness",
        conditions=_WARM,
        table=ByCondition(_OF_WARM, _WARM),
    ),
    Figure(
        "K9",
        "condition_batches",
        "The threshold",
        "Validation accuracy and sharpness after the last epoch against the batch size.",
        "Beyond a threshold the accuracy falls and the sharpness grows.",
        quantity="final_val_accuracy sharpness",
        conditions=names(SIZES),
    ),
    Figure(
        "K10",
        "condition_ends",
        "Remedies",
        "Validation accuracy after the last epoch.",
        "Its three remedies help; dynamic sampling it proposes, but does not test.",
        quantity="final_val_accuracy",
        conditions=_REMEDIES,
    ),
    Figure(
        "K11",
        "condition_table",
        "How the sharpness was found",
        "The standard deviation over the trials of one run’s sharpness in per cent of their mean, "
        "0 where all come to one point, which need not be the highest; "
        "how many gradients of all measured pictures the search took; and where it was kept the "
        "share of the weights that it moved as far as the box allows.",
        conditions=_ALL,
        table=ByCondition(_OF_SEARCH, _ALL, measured_only=True),
    ),
)

EXPERIMENT = Experiment(
    name="keskar",
    reviewed_again=True,
    title="Large batches and sharp minima",
    source="Keskar et al., “On Large-Batch Training for Deep Learning”, 2017",
    called="paper",
    about=(
        "Do large batches end in sharp minima, where the loss rises steeply about the weights, and "
        "is that why they generalise worse? A small batch is set beside one of a tenth of the "
        "training pictures: how sharp the loss is where both end, how it runs between them, how "
        "far they came. Then the small batch hands over to the large one, batch sizes grow from "
        "run to run, and remedies are tried: three that the paper tests, and dynamic sampling, "
        "which it proposes. A net without dropout memorises pictures as small as these, and its "
        "validation loss rises again long before the end, while the paper’s runs do not "
        "over-train; accuracies here are those after the last epoch, as in the paper. Sharpness of "
        "this kind changes when layers are rescaled without any change of what the net computes, "
        "so a companion that does not (adaptive sharpness) stands beside it; and what goes "
        "together need not be cause and effect."
    ),
    conditions=CONDITIONS,
    measured=_ALL,
    measured_at="end",
    sharpness=(
        *(("full", 1e-3), ("full", 5e-4), ("subspace", 1e-3), ("subspace", 5e-4)),
        ("adaptive", 1e-3),
    ),
    lines=(Line(SMALL.cell, LARGE.cell),),
    base_rate=0.05,
    sizes=(
        Size("smoke", epochs=6, base_rate=0.05),
        # after so many epochs a batch of a tenth of the pictures has learned 0.992 of them. In one
        # run each, with a seed that no study has, as below; half and twice this rate end within
        # 0.005 of a small batch's accuracy
        Size("quick", epochs=60, base_rate=0.05),
        # of 6,000 pictures it has learned 0.94 after 80 epochs and 0.999 after 119; of all 23,262
        # it learns 0.85 in 160: ten updates an epoch are too few to know them. At twice the rate
        # small batches stay at chance
        real_size(epochs=150, base_rate=0.05, pictures=6000),
    ),
    published=PUBLISHED,
    figures=FIGURES,
    claims=CLAIMS,
    lessons=LESSONS,
    remedies=tuple(
        Remedy(title, SMALL.cell, condition.cell, LARGE.cell)
        for title, condition in (
            ("augmented pictures", AUGMENTED),
            ("conservative training", CONSERVATIVE),
            ("robust training", ROBUST),
            ("dynamic sampling", DYNAMIC),
            ("small batch for half the epochs", WARM[2]),
            ("small batch for three quarters of the epochs", WARM[3]),
        )
    ),
    departures=(
        other_pictures("MNIST, CIFAR-10, CIFAR-100, and the speech of TIMIT"),
        Departure("nets", "six", "the article’s net (“{model}”)", "one net for all chapters"),
        Departure(
            "batch sizes",
            "256 against 10 % of the training set",
            "32 against 10 % of the training set, in whole multiples of 32",
            "the data are fewer, and 256 would be nearer to 10 % of them",
        ),
        Departure(
            "epochs",
            "no limit: until the loss ceases to improve, at 98.35 to 99.99 % of the training "
            "pictures",
            "{epochs}, and for 25 % of the pictures 2.5 times as many, which makes as many updates "
            "as 10 %; then accuracies are compared. Claims on minimisers stay open below "
            f"{100 * MINIMISER:g} % of the training pictures",
            "time",
        ),
        Departure(
            "end of training",
            "at one rate",
            "the last tenth of the epochs at a tenth of the rate",
            "a constant rate leaves a net wherever Adam’s last steps threw it",
        ),
        Departure(
            "updates",
            "not told",
            "about {updates[large]} with 10 % of the training set, {updates[quarter]} with 25 %, "
            "and {updates[small]} with the small batch",
            "a batch of a share of the data makes 1 / share updates an epoch, however many the "
            "pictures: the fewer they are, the sooner it knows them",
        ),
        Departure(
            "warm starts",
            "100 epochs with the large batch after each of 100 epochs with the small one",
            "{epochs} epochs in all: after three quarters of them {left[warm-75]} are left for the "
            "large batch, about {updates[warm-75]} updates",
            "all conditions have equally many epochs; what the small batch does weighs more, and "
            "stands beside",
        ),
        Departure("runs of each condition", "5 seeds", "{seeds}", "time"),
        Departure(
            "random subspace",
            "100 random directions, their law not told",
            "100 directions with Gaussian columns, from a seed",
            "a law has to be chosen",
        ),
        Departure(
            "sharpness",
            "epsilon 1e-3 and 5e-4, on all training pictures, L-BFGS-B, at most 10 iterations; "
            "mean of 5 runs",
            "{sharpness} for each run, {search}",
            "every evaluation is a pass over the pictures; the search shall find higher maxima",
        ),
        Departure(
            "dynamic sampling",
            "proposed, not tested: the batch grows as training goes on",
            "it doubles at equal distances over the first half of {epochs} epochs",
            "a rule has to be chosen",
        ),
    ),
)
