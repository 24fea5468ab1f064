"""The article's figures and tables A1 to A20, in its order."""

from study.experiments.article_design import (
    BATCH_SIZES,
    FIXED,
    HIGH,
    LARGE,
    LINEAR,
    MULTIPLES,
    SMALL,
)
from study.experiments.declare import ByBatchSize, ByLayer, Figure, Grid, LineEnds, OverEpochs

_TIMES = ("min_val_loss", "epochs_to_min", "seconds_per_epoch", "seconds_to_min")
# how far the net had learned where it is measured: minimisers by name are not always trained ones
_LEARNED = ("train_loss_at_min", "train_accuracy_at_min")
_ENDS = (SMALL, LARGE)

FIGURES: tuple[Figure, ...] = (
    Figure(
        "A1",
        "sample_pictures",
        "Sample pictures",
        "Pictures of both classes as the net sees them.",
    ),
    Figure(
        "A2",
        "model_diagram",
        "The model",
        "The layers of the net with their output shapes and numbers of parameters.",
    ),
    Figure(
        "A3",
        "loss_curves",
        "Loss by epoch at one learning rate",
        "Training and validation loss by epoch, one line a batch size, at the base rate.",
        "The larger the batch, the slower the loss falls and the higher its lowest validation "
        "value.",
        quantity="loss",
        arms=(FIXED,),
    ),
    Figure(
        "A4",
        "table",
        "Lowest validation loss and time at one learning rate",
        "For each batch size: the lowest validation loss, the epochs to it, the seconds an epoch "
        "takes (median) and the seconds in all: so many epochs of the median; and how far the net "
        "had learned its training pictures there.",
        "Epochs get shorter with the batch size, but so many more are needed that large batches "
        "take longer in all.",
        arms=(FIXED,),
        table=ByBatchSize(_TIMES + _LEARNED, (FIXED,)),
    ),
    Figure(
        "A5",
        "table",
        "The same times on several devices",
        "Seconds an epoch and in all, on one device and on several.",
        "Several devices slow batch 32 a little and speed batch 256 up, which still takes longer "
        "in all than 32 on one.",
        arms=(FIXED,),
        table=ByBatchSize(("seconds_per_epoch", "seconds_to_min"), (FIXED,), several_devices=True),
        needs_several_devices=True,
    ),
    Figure(
        "A6",
        "minima_sketch",
        "A flat and a sharp minimum",
        "Sketch: where the test curve is shifted against the training curve, a sharp minimum "
        "loses more than a flat one.",
    ),
    Figure(
        "A7",
        "bars",
        "Distance from initialisation",
        "How far the minimiser lies from the initial weights, by batch size.",
        "Large batches end nearer to their start, except that 128 lies farther than 64.",
        quantity="distance_from_init",
        arms=(FIXED,),
        table=ByBatchSize(("distance_from_init",), (FIXED,)),
    ),
    Figure(
        "A8",
        "layer_bars",
        "Distance from initialisation by layer",
        "The same distance layer by layer, the smallest batch beside the largest.",
        "Every layer moves less with the large batch.",
        quantity="distance",
        arms=(FIXED,),
        batch_sizes=_ENDS,
        table=ByLayer((FIXED.cell(SMALL), FIXED.cell(LARGE))),
    ),
    Figure(
        "A9",
        "epoch_distance_curves",
        "Distance moved in each epoch",
        "How far the weights move in each epoch, and the ratio of batch 32 to batch 256.",
        "Batch 32 moves 0.15 to 0.4 an epoch, batch 256 0.02 to 0.04, and the ratio grows.",
        quantity="epoch_distance",
        arms=(FIXED,),
        batch_sizes=_ENDS,
        table=OverEpochs("epoch_distance", FIXED, _ENDS),
    ),
    Figure(
        "A10",
        "update_norm_histogram",
        "Distance moved by each batch",
        "Histogram of the norms of all updates of a run, with the medians.",
        "The median update is 0.0033 long at batch 32 and 0.0015 at batch 256.",
        quantity="median_update_norm",
        arms=(FIXED,),
        batch_sizes=_ENDS,
        table=ByBatchSize(("median_update_norm",), (FIXED,)),
    ),
    Figure(
        "A11",
        "gradient_sketch",
        "Why larger batches make smaller updates",
        "Sketch: the mean of two gradients is at most as long as their mean length. The table’s "
        "are gradients of a sample of the training pictures, which holds few batches of the "
        "largest size, with dropout off.",
        "Gradients of different pictures compete, so a mean over more of them is shorter.",
        arms=(FIXED,),
        table=ByBatchSize(("competition_initial", "competition_minimiser"), (FIXED,)),
    ),
    Figure(
        "A12",
        "interpolation_curves",
        "Loss on the line between two minimisers",
        "Training and validation loss on the line through the minimisers of batch 32 and 256.",
        "The loss is flatter about the minimiser of batch 32.",
        quantity="loss",
        arms=(FIXED,),
        batch_sizes=_ENDS,
        table=LineEnds(FIXED.cell(SMALL), FIXED.cell(LARGE)),
    ),
    Figure(
        "A13",
        "bars",
        "Sharpness",
        "Epsilon-sharpness (1e-3) of the minimisers, by batch size; B2 has other laws, the "
        "authors’ own among them. The sides of a random subspace’s box lie along columns of "
        "standard normal numbers and are longer than those of single weights, so that its "
        "sharpness may be above that of the full space.",
        "The larger the batch, the sharper the minimiser.",
        quantity="sharpness",
        arms=(FIXED,),
        table=ByBatchSize(("sharpness", "sharpness_subspace", "sharpness_adaptive"), (FIXED,)),
    ),
    Figure(
        "A14",
        "landscape_contours",
        "Loss landscape about two minimisers",
        "Contours of the training loss on a filter-normalised plane, batch 32 beside 256, both at "
        "the base rate: the article’s figure has these two, and as each point of a plane is a "
        "pass over the pictures, no others are measured.",
        "The landscape is flatter about the minimiser of batch 32.",
        quantity="loss",
        arms=(FIXED,),
        batch_sizes=_ENDS,
        table=ByBatchSize(("landscape_rise",), (FIXED,)),
    ),
    Figure(
        "A15",
        "loss_curves",
        "Loss by epoch under linear scaling",
        "Training and validation loss by epoch with the rate in proportion to the batch size.",
        "The curves of the batch sizes nearly fall together.",
        quantity="loss",
        arms=(LINEAR,),
    ),
    Figure(
        "A16",
        "table",
        "Lowest validation loss and time under linear scaling",
        "For each batch size: the lowest validation loss, the epochs to it and the times, on one "
        "device and on several, and how far the net had learned its training pictures there.",
        "Large batches now reach nearly the loss of batch 32, in about as many epochs, and so "
        "faster.",
        arms=(LINEAR,),
        table=ByBatchSize(_TIMES + _LEARNED, (LINEAR,), several_devices=True),
    ),
    Figure(
        "A17",
        "bars",
        "Sharpness, fixed beside scaled rate",
        "Epsilon-sharpness by batch size at one rate and under linear scaling.",
        "Scaling makes the minimisers of large batches flatter, but not as flat as that of 32: "
        "between 4 and 7 against 1.14.",
        quantity="sharpness",
        arms=(FIXED, LINEAR),
        table=ByBatchSize(("sharpness",), (FIXED, LINEAR)),
    ),
    Figure(
        "A18",
        "bars",
        "Distance from initialisation, fixed beside scaled rate",
        "Distance of the minimiser from the initial weights at one rate and under linear scaling.",
        "Scaling brings the distance closer to that of batch 32, except at 128.",
        quantity="distance_from_init",
        arms=(FIXED, LINEAR),
        table=ByBatchSize(("distance_from_init",), (FIXED, LINEAR)),
    ),
    Figure(
        "A19",
        "loss_curves",
        "Validation loss by epoch at eight times the rate",
        "Validation loss by epoch with the high rate for every batch size.",
        "Batch 64 beats batch 32: large batches do not always lose.",
        quantity="val_loss",
        arms=(HIGH,),
        table=ByBatchSize(("min_val_loss", "epochs_to_min"), (HIGH,)),
    ),
    Figure(
        "A20",
        "heat_map",
        "Lowest validation loss by batch size and rate",
        "The lowest validation loss of every batch size at every rate.",
        "The base rate is best for batch 32, eight times that for the others.",
        quantity="min_val_loss",
        batch_sizes=BATCH_SIZES,
        table=Grid("min_val_loss", MULTIPLES),
    ),
)
