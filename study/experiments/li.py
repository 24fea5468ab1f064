"""Li et al. 2018: paths and landscapes of training, with filter normalisation and without."""

from study.experiments.condition_parts import other_pictures, real_size
from study.experiments.declare import (
    ByCondition,
    Departure,
    Experiment,
    Figure,
    Lesson,
    Line,
    Size,
)
from study.experiments.li_claims import CLAIMS, CONDITIONS, PAIRS

_ALL = tuple(condition.name for condition in CONDITIONS)
_CELLS = tuple(condition.cell for condition in CONDITIONS)

FIGURES = (
    Figure(
        "L1",
        "condition_curves",
        "Four ways to train",
        "Training loss and validation accuracy of a small and a large batch, with and without "
        "weight decay: compare landscapes with these in mind, since a net that is trained less "
        "sits in another place.",
        quantity="loss val_accuracy",
        conditions=_ALL,
    ),
    Figure(
        "L2",
        "trajectories",
        "The path of training",
        "Each run’s weights on the plane of their first two principal components, over contours "
        "of the training loss.",
        "Paths leave across the contours and turn along them when the rate drops; they lie in a "
        "space of very few dimensions.",
        conditions=_ALL,
    ),
    Figure(
        "L3",
        "trajectory_shares",
        "How few dimensions?",
        "Share of the variance along a run by principal component, beside what the same analysis "
        "makes of a random walk with steps as long, which goes nowhere. Weight decay adds a "
        "straight way of its own: towards 0.",
        "Two components hold a large share.",
        conditions=_ALL,
        table=ByCondition(("path_share", "walk_share", "path_share_excess"), _ALL),
    ),
    Figure(
        "L4",
        "landscape_slices",
        "How flat does it look?",
        "Training loss along a random direction through the last weights, with filter "
        "normalisation and without. The table has the mean rise over the whole planes of L6 and "
        "L7, and the training loss beside it: the less a net has learned, the flatter it may lie, "
        "so compare where these are alike.",
        "Without normalisation the scale of the weights decides how flat a minimiser looks; with "
        "it flatness goes with generalisation.",
        conditions=_ALL,
        table=ByCondition(
            (
                *("landscape_rise", "landscape_plain_rise", "weight_norm"),
                *("final_train_loss", "final_val_loss", "final_val_accuracy"),
            ),
            _ALL,
        ),
    ),
    Figure(
        "L5",
        "condition_lines",
        "From the small batch to the large one",
        "Loss on the line through the last weights of both.",
        "Without weight decay the small batch’s end looks wide; a little weight decay turns this "
        "round.",
        conditions=_ALL,
    ),
    Figure(
        "L6",
        "condition_landscapes",
        "Landscapes with filter normalisation",
        "Training loss on the plane of two random directions, each filter of which is as long as "
        "the filter that it moves.",
        quantity="landscape",
        conditions=_ALL,
    ),
    Figure(
        "L7",
        "condition_landscapes",
        "Landscapes without it",
        "The same about the same weights, along directions that are equal for all, as long as the "
        "initial weights.",
        quantity="landscape_plain",
        conditions=_ALL,
    ),
    Figure(
        "L8",
        "rescaling",
        "The same function, rescaled",
        "A line through the last weights, and through other weights with which the net computes "
        "exactly the same.",
        "Plots without filter normalisation cannot be compared between nets.",
        conditions=_ALL,
        table=ByCondition(("rescaling_none", "rescaling_filters"), _ALL),
    ),
)

LESSONS = (
    Lesson(
        "C2",
        "A path drawn in two dimensions shows much of the run, and more than it would of a walk "
        "without any aim.",
        "Do not read much into a path drawn in two dimensions: a random walk would look as flat.",
    ),
    Lesson(
        "C4",
        "Do not read flatness off the line between two minimisers: weight decay alone turns it "
        "round.",
        "Weight decay does not turn round which end of the line looks flat here.",
    ),
    Lesson(
        "C6",
        "Compare batch sizes by filter-normalised landscapes: flatter ones went with a lower "
        "validation loss.",
        "Even a filter-normalised landscape does not tell here which batch size generalises "
        "better; look at the validation loss itself.",
    ),
    Lesson(
        "C8",
        "Never compare the sharpness of two nets by plots without normalisation: the same net can "
        "be made to look sharper at will.",
        "Rescaling did not change how sharp the net looks here as expected; check the measurement.",
    ),
)

EXPERIMENT = Experiment(
    name="li",
    title="Visualizing the loss landscape",
    source="Li et al., “Visualizing the Loss Landscape of Neural Nets”, 2018",
    called="paper",
    about=(
        "Plots of the loss about two minimisers mislead where their weights differ in scale: the "
        "same step is small for large weights and large for small ones. The paper scales each "
        "filter of a random direction to the norm of the filter that it moves. Here a small batch "
        "and one 8 times as large, its rate by the square root, are trained with and without "
        "weight decay, which changes the scale of weights, and are looked at both ways; and the "
        "path of each run is drawn on the plane that holds most of it."
    ),
    conditions=CONDITIONS,
    measured=_ALL,
    measured_at="end",
    landscapes=_CELLS,
    plain_landscapes=_CELLS,
    rescalings=_CELLS,
    lines=tuple(Line(small.cell, large.cell) for small, large, _ in PAIRS),
    base_rate=0.01,
    sizes=(
        Size("smoke", epochs=8, base_rate=0.05),
        # the small batch without weight decay is Goyal's, and so is its rate: the most accurate of
        # 0.04, 0.08, 0.16 and 0.32, in one run each with a seed that no study has
        Size("quick", epochs=32, base_rate=0.08, seeds=5),
        # Goyal's again
        real_size(epochs=60, base_rate=0.02),
    ),
    figures=FIGURES,
    claims=CLAIMS,
    lessons=LESSONS,
    departures=(
        other_pictures("CIFAR-10"),
        Departure(
            "net",
            "VGG-9 with batch normalisation, and ResNets with and without shortcuts",
            "the article’s net (“{model}”), without batch normalisation",
            "one net for all chapters; moving averages away from the weights that they belong to "
            "would blur the planes",
        ),
        Departure(
            "batch sizes",
            "128 and 8,192, at one rate",
            "32 and 256, the rate multiplied by the square root of 8",
            "in so few epochs a large batch at the same rate would not be trained",
        ),
        Departure(
            "weight decay",
            "0 and 0.0005, as a part of the gradient",
            "0 and as much as would shrink the small batch’s weights by about a fifth in the run "
            "if nothing held them, apart from the gradient",
            "a run is shorter here, and the paper’s coefficient would not be felt",
        ),
        Departure(
            "epochs",
            "300, the rate divided by 10 after 150, 225 and 275",
            "{epochs}, drops at the same shares of them",
            "time",
        ),
        Departure(
            "directions without normalisation",
            "Gaussian",
            "Gaussian, equal for all, scaled as a whole to the norm of the initial kernels",
            "one scale that no minimiser has a say in",
        ),
        Departure(
            "path",
            "weights after each epoch",
            "weights after each epoch, or each n-th so that there are at most 30, and the initial "
            "ones",
            "the space on the disk",
        ),
        Departure("runs of each condition", "not told", "{seeds}", "one run has no interval"),
    ),
)
