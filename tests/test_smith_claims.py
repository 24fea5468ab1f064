"""Smith's curves are compared where their schedules differ, not where they are one run."""

from pathlib import Path

import numpy as np
import pytest

from reports.read import read_study
from study.experiments import get_experiment
from study.experiments.effects import EpochRatio

PUBLISHED = Path(__file__).parents[1] / "reports" / "published"


@pytest.mark.parametrize("name", ["smith-quick", "smith-real-32px"])
def test_windows_of_c2_begin_with_the_first_epoch_that_differs(name: str) -> None:
    view = read_study(PUBLISHED / name)
    (claim,) = (claim for claim in get_experiment("smith").claims if claim.id == "C2")
    assert len(claim.parts) == 4
    for part in claim.parts:
        effect = part.effect
        assert isinstance(effect, EpochRatio) and effect.apart and effect.window[1] == 1
        names = [effect.first.condition, effect.second.condition]
        rows = view.condition_rows("epochs", names).sort_values("epoch")
        for _, of_seed in rows.groupby("seed"):
            first, second = (
                of_seed.loc[of_seed["condition"] == one, effect.column].to_numpy() for one in names
            )
            differs = int(np.argmax(first != second))
            assert differs == round(effect.window[0] * len(first)) > 0
