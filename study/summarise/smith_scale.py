"""Smith's noise scale of runs, from what is known of each."""

import pandas as pd


def first_noise_scales(
    runs: pd.DataFrame, epochs: pd.DataFrame | None, pictures: float
) -> dict[str, float]:
    """Smith's g of each run's first epoch; of runs at one rate and batch size that of all epochs.

    ``g = rate / (1 - momentum) * (N / B - 1)`` (Smith et al. 2018). Recipes have recorded it, as
    their rate and batch size change and they may have momentum; the others have none.

    Args:
        runs: columns ``id``, ``batch_size``, ``learning_rate``; others and no rows are fine.
        epochs: the frame `epochs`; those of recipes have an ``epoch_batch_size``.
        pictures: N, to train on; NaN where it is not known.

    Returns:
        Run id -> g, a rate; NaN for Adam, and for runs without a recipe where N is not known.
    """
    if runs.empty:
        return {}
    plain = runs["learning_rate"] * (pictures / runs["batch_size"] - 1)
    found = dict(zip(runs["id"].astype(str), plain.astype(float), strict=True))
    if epochs is not None and {"epoch_batch_size", "noise_scale"} <= set(epochs):
        first = epochs[(epochs["epoch"] == 1) & epochs["epoch_batch_size"].notna()]
        found |= dict(zip(first["id"].astype(str), first["noise_scale"].astype(float), strict=True))
    return found
