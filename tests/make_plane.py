"""A loss landscape whose values are known."""

import numpy as np
import pandas as pd


def plane(rise: float, points: int = 5, side: float = 1.0) -> pd.DataFrame:
    """0.2 + rise (alpha^2 + 2 beta^2) on ``points`` x ``points`` from -side to side."""
    axis = np.linspace(-side, side, points)
    alpha, beta = np.meshgrid(axis, axis)
    loss = 0.2 + rise * (alpha**2 + 2 * beta**2)
    return pd.DataFrame({"alpha": alpha.ravel(), "beta": beta.ravel(), "loss": loss.ravel()})
