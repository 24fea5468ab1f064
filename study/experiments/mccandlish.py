"""McCandlish et al. 2018: the gradient noise scale and the critical batch size, declared.

Its claims are in ``mccandlish_claims``.
"""

from dataclasses import replace

from study.experiments.condition_parts import real_size
from study.experiments.declare import (
    ByCondition,
    BySweep,
    Departure,
    Experiment,
    Figure,
    Lesson,
    Size,
)
from study.experiments.mccandlish_claims import (
    ALL,
    CLAIMS,
    CONDITIONS,
    FACTOR,
    ON_DRAWN,
    ON_REAL,
    SWEEP,
    condition_name,
)

FIGURES = (
    Figure(
        "N1",
        "noise_course",
        "The gradient noise scale along training",
        "Its estimates after each epoch, by epochs and against the training loss, for each batch "
        "size at its best rate.",
        "It grows along training.",
        conditions=ALL,
    ),
    Figure(
        "N2",
        "sweep_law",
        "Updates and examples to the target",
        "What each batch size needs to reach the target at its best rate, and the law "
        "(S / S_min − 1)(E / E_min − 1) = 1 fitted to it.",
        "At the critical batch size a run needs twice the fewest examples and twice the fewest "
        "updates; well below it larger batches are nearly free, well above it they mostly cost "
        "examples.",
        conditions=ALL,
    ),
    Figure(
        "N3",
        "sweep_rates",
        "The rate of each batch size",
        "Updates to the target by learning rate, a line a batch size, the best rate in a ring. "
        "Chosen is the rate at which most seeds reach the target, of these the one with the fewest "
        "updates.",
        conditions=ALL,
    ),
    Figure(
        "N4",
        "sweep_table",
        "By batch size",
        "Each batch size at its best rate. Smith’s noise scale g stands beside for comparison: it "
        "speaks of the noise of the steps, not of the gradient’s.",
        conditions=ALL,
        table=BySweep(
            (
                "updates_to_target",
                "examples_to_target",
                "seconds",
                "chance_share",
                "rest_noise",
                "rest_noise_near",
                "rest_unresolved",
                "steps_noise",
                "steps_unresolved",
                "smith_scale",
            ),
            SWEEP,
        ),
    ),
    Figure(
        "N5",
        "sweep_prediction",
        "Predicted and measured critical batch size",
        "The critical batch size of the fit, and the noise scales that are to predict it.",
        "They agree roughly.",
        conditions=ALL,
    ),
    Figure(
        "N6",
        "condition_table",
        "Every rate of every batch size",
        "What each batch size comes to at each rate; “the rate” is the base rate.",
        conditions=ALL,
        table=ByCondition(
            ("updates_to_target", "examples_to_target", "min_val_loss", "smith_scale", "seconds"),
            ALL,
        ),
    ),
)

LESSONS = (
    Lesson(
        "C2",
        "The gradient noise scale, averaged over runs of all batch sizes at tuned rates, tells the "
        f"critical batch size within a factor of {FACTOR:g}: a place to begin trying batch sizes.",
        f"Not even within a factor of {FACTOR:g} does the gradient noise scale tell the critical "
        "batch size here: try batch sizes.",
    ),
    Lesson(
        "C3",
        "Larger batches save updates at first and then few: well above the critical batch size "
        "they mostly cost examples.",
        "Updates do not level off here in the way the paper says.",
    ),
    Lesson(
        "C4",
        "Batches up to the critical size cost at most twice the examples of the smallest: if "
        "devices are idle, raise the batch size, and tune the rate with it.",
        "Batches up to the critical size cost more than twice the examples of the smallest here.",
    ),
    Lesson(
        "C1",
        "The gradient noise scale grows between chance level and the target: where it tells the "
        "critical batch size (C2), larger batches pay later rather than earlier.",
        "The gradient noise scale does not grow between chance level and the target here; whether "
        "it does beyond, where no run went, is open.",
    ),
)

EXPERIMENT = Experiment(
    name="mccandlish",
    reviewed_again=True,
    title="The gradient noise scale and the critical batch size",
    source="McCandlish et al., “An Empirical Model of Large-Batch Training”, 2018",
    called="paper",
    about=(
        "How large may a batch be before it stops paying? The paper: about as large as the "
        "gradient noise scale, the variance of one example’s gradient over the squared length of "
        "the mean gradient. Here batch sizes from 1 to {times} times the smallest, each at several "
        "rates, train until a validation loss is reached; the noise scale is measured after every "
        "epoch. From the updates and examples that they need follows the critical batch size, to "
        "be set beside the noise scale."
    ),
    conditions=CONDITIONS,
    sweep=SWEEP,
    base_rate=0.01,
    sizes=(
        Size(
            "smoke",
            epochs=3,
            base_rate=0.08,
            base_batch_size=2,
            target=0.69,
            conditions=tuple(condition_name(m, rate) for m in (1, 8, 64, 256) for rate in (1, 2)),
        ),
        # from the smallest batch alone at 0.02, 0.04, 0.08 and 0.16, one run each with a seed that
        # no study has: in 20 epochs its validation loss fell to about 0.34 and it was at 0.37
        # after 8 to 3 epochs, so that 0.08 is half of the best rate or the best; the two
        # largest batch sizes are left out, which take as long as all others together
        Size(
            "quick",
            epochs=16,
            base_rate=0.08,
            base_batch_size=8,
            target=0.37,
            pictures=2_560,
            conditions=ON_DRAWN,
        ),
        # likewise; the target was 0.58 until nine of ten runs with batch 512 or more of a second
        # seed missed it (0.582 to 0.606 at the best, then overfitting)
        replace(
            real_size(epochs=12, base_rate=0.04, base_batch_size=8, target=0.6),
            conditions=ON_REAL,
        ),
    ),
    figures=FIGURES,
    claims=CLAIMS,
    lessons=LESSONS,
    departures=(
        Departure(
            "data and nets",
            "other tasks, each with its own net",
            "{pictures} of cats and dogs at {pixels} pixels, the article’s net (“{model}”)",
            "one net for all chapters",
        ),
        Departure(
            "gradient noise scale",
            "from gradients at two batch sizes",
            "at the weights that each epoch ends with, from 512 training pictures in batches of "
            "32 (and from consecutive steps, for comparison)",
            "one device; consecutive steps hide the gradient at the rates that are tuned for",
        ),
        Departure(
            "epochs at chance level",
            "averages over training",
            "left out of noise scales, counted among the updates",
            "the net begins on a plateau where |G|² is nearly 0; the table by batch size says how "
            "much of the updates goes by on it",
        ),
        Departure(
            "target",
            "one or more for each task",
            "one validation loss, taken after each epoch, linear in between",
            "one sweep",
        ),
        Departure(
            "learning rate of each batch size",
            "tuned",
            "the best of four, each twice the one before, by a rule fixed beforehand",
            "time; where the best is at the edge, what rests on it is left open. For the real "
            "pictures rates were moved up and the target from 0.58 to 0.60, after a first seed "
            "with the best at the edge and half of a second that missed the target",
        ),
        Departure(
            "largest batch",
            "as the task allows",
            "a tenth of the training pictures or more, up to all of them",
            "the data are fewer; at that size a batch has no noise left",
        ),
        Departure("runs of each batch size and rate", "not told", "{seeds}", "one has no interval"),
    ),
)
