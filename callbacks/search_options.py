"""What a search for the largest loss in a box takes, checked before anything is computed."""

from typing import Literal

import numpy as np

from callbacks.numbers_check import check_whole

Variant = Literal["keskar", "authors"]

# More than the default number of evaluations mostly reaches: where starts come to one maximum
# soon, what is left goes to others, as in a box of few axes.
RESTARTS = 12


def check_search(
    *,
    epsilon: float = 1e-3,
    max_iterations: int = 10,
    restarts: int = RESTARTS,
    seed: int = 0,
    subspace: int | None = None,
    max_evaluations: int | None = None,
    variant: Variant = "keskar",
) -> None:
    """Refuses options out of their range; see ``epsilon_sharpness``.

    Raises:
        ValueError: naming the option, what came and what was expected.
    """
    if not (np.isfinite(epsilon) and epsilon > 0):
        raise ValueError(f"epsilon is {epsilon}; expected a finite number above 0.")
    check_whole("max_iterations", max_iterations, 1)
    check_whole("restarts", restarts, 0)
    check_whole("seed", seed, 0)
    if subspace is not None:
        check_whole("subspace", subspace, 1)
    if max_evaluations is not None:
        check_whole("max_evaluations", max_evaluations, 1)
    if variant not in ("keskar", "authors"):
        raise ValueError(f"variant is {variant!r}; expected 'keskar' or 'authors'.")
    if variant == "authors" and subspace is not None:
        raise ValueError("variant 'authors' knows the full space only; leave subspace out.")
