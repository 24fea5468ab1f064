"""The article: "Effect of Batch Size on Neural Net Training", declared.

Its printed numbers stand here, its batch sizes and rates in ``article_design``, its figures and
tables in ``article_figures``, its claims in ``article_claims`` and ``article_rate_claims``. All of
it was written down before any run was looked at; so was B1 of ``article_companions``, but not B2 to
B4, on which no claim depends.
"""

from study.experiments import article_claims, article_rate_claims
from study.experiments.article_companions import COMPANIONS
from study.experiments.article_design import (
    BASE_RATE,
    BATCH_SIZES,
    FIXED,
    HIGH,
    LARGE,
    LINEAR,
    MULTIPLES,
    SMALL,
)
from study.experiments.article_figures import FIGURES
from study.experiments.article_lessons import LESSONS
from study.experiments.declare import Experiment, Line, ModelSearch, Published, Remedy, SetUp

_SAME_RUN = (
    "32 at the base rate is one run in both arms, printed as 1,915 and as 3,156; "
    "12.4 s x 158 epochs = 1,959 s"
)
_LOSS_NOTE = "one run, printed as 0.344, elsewhere as 0.343 and 0.345"

PUBLISHED: tuple[Published, ...] = (
    Published("min_val_loss", "fixed", 32, (0.343, 0.344, 0.345), note=_LOSS_NOTE),
    Published("min_val_loss", "fixed", 256, (0.395,)),
    Published("epochs_to_min", "fixed", 32, (158,)),
    Published("epochs_to_min", "fixed", 256, (958,)),
    Published("seconds_per_epoch", "fixed", 32, (12.4,)),
    Published("seconds_per_epoch", "fixed", 256, (7.70,)),
    Published(
        "seconds_per_epoch", "fixed", 32, words="slightly more than on one", several_devices=True
    ),
    Published("seconds_per_epoch", "fixed", 256, (3.97,), several_devices=True),
    Published("seconds_to_min", "fixed", 32, (1915, 3156), note=_SAME_RUN),
    Published(
        "seconds_to_min",
        "fixed",
        256,
        words="almost four times that of 32",
        note="7.70 s x 958 epochs = 7,377 s",
    ),
    Published("seconds_to_min", "fixed", 256, (3700,), words="about", several_devices=True),
    Published("epoch_distance", "fixed", 32, span=(0.15, 0.4)),
    Published("epoch_distance", "fixed", 256, span=(0.02, 0.04)),
    Published("median_update_norm", "fixed", 32, (3.3e-3,)),
    Published("median_update_norm", "fixed", 256, (1.5e-3,)),
    Published("min_val_loss", "linear", 32, (0.343, 0.344, 0.345), note=_LOSS_NOTE),
    Published("min_val_loss", "linear", 256, (0.352,)),
    Published("seconds_to_min", "linear", 32, (1915, 3156), note=_SAME_RUN),
    Published("seconds_to_min", "linear", 256, (2197,)),
    Published("sharpness", "linear", 32, (1.14,)),
    *(Published("sharpness", "linear", size, span=(4, 7)) for size in (64, 128, 256)),
)

SEARCH = ModelSearch(
    variants=("plain", "dropout", "batch-normalisation"),
    cells=(FIXED.cell(SMALL), FIXED.cell(LARGE)),
    arm=FIXED.name,
    quantities=("min_val_loss", "epochs_to_min", "epoch_distance", "median_update_norm"),
    question="Which model made the article’s figures?",
    text=(
        "The article’s text shows a net without dropout, while its authors published scripts in "
        "several versions: without dropout; with dropout 0.2 after each pooling and each hidden "
        "dense layer; with batch normalisation and dropout 0.7. Each is trained at one learning "
        "rate with the smallest and the largest batch, and held against the numbers that the "
        "article prints."
    ),
)

SET_UP = SetUp(
    data="photographs of cats and dogs (TFDS cats_vs_dogs)",
    examples=23_262,
    train_examples=18_610,
    image_size=128,
    model="plain",
    patience=100,
    seeds=1,
    devices="1 GPU, and 4 GPUs",
    split="the first 80 % in the order of TFDS, train[:80%]",
    shuffle_buffer=1_000,
    landscape_points=5,
)

EXPERIMENT = Experiment(
    name="article",
    title="Effect of batch size on neural net training",
    source='"Effect of Batch Size on Neural Net Training", Deep Learning Experiments, 2020',
    arms=(FIXED, LINEAR, HIGH),
    batch_sizes=BATCH_SIZES,
    base_rate=BASE_RATE,
    grid_multiples=MULTIPLES,
    several_devices=4,
    sharpness=tuple(
        (space, epsilon)
        for space in ("full", "subspace", "adaptive", "authors")
        for epsilon in (1e-3, 5e-4)
    ),
    lines=(Line(FIXED.cell(SMALL), FIXED.cell(LARGE)),),
    landscapes=(FIXED.cell(SMALL), FIXED.cell(LARGE)),
    search=SEARCH,
    set_up=SET_UP,
    published=PUBLISHED,
    figures=FIGURES,
    companions=COMPANIONS,
    claims=article_claims.CLAIMS + article_rate_claims.CLAIMS,
    lessons=LESSONS,
    remedies=(
        # its runs end when the validation loss has not fallen for long: accuracy and costs at the
        # minimum in place of those at the end
        Remedy(
            "linear scaling",
            FIXED.cell(SMALL),
            LINEAR.cell(LARGE),
            FIXED.cell(LARGE),
            "val_accuracy_at_min",
            *("updates_to_min", "examples_to_min", "seconds_to_min"),
        ),
    ),
)
