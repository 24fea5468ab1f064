"""Studies made up for the chapter over several of them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.make_conditions import condition_document, condition_frames, condition_study
from tests.make_study import make_study_directory

ROOT = Path(__file__).parents[1]
QUICK, REAL = (ROOT / "reports" / "published" / name for name in ("quick", "real-32px"))


def make_study(
    folder: Path,
    name: str,
    accuracy: dict[str, float],
    data: str = "a" * 64,
    examples: int | None = None,
    stuck: Sequence[tuple[str, int]] = (),
    slow: Sequence[tuple[str, int]] = (),
    spread: float = 0.0,
) -> Path:
    """A study's folder.

    Args:
        data: fingerprint of its pictures.
        examples: how many, all of one real source; drawn ones if not given.
        stuck: (condition, seed) of runs that never left chance.
        slow: of those whose epochs take 10 s in place of 2.5.
        spread: as in ``condition_frames``.
    """
    study = condition_study(name)
    document: dict[str, Any] = condition_document(study)
    document["settings"] = study.as_dict()
    document["data"] = {**document["data"], "fingerprint": data}
    if examples is not None:
        real = {"embedded": False, "source": "cats.zip", "examples": examples}
        document["data"] |= real
    frames = condition_frames(study, accuracy, spread=spread)
    members = frames["conditions"].set_index(["condition", "seed"])["id"]
    for name, runs, column, value in (
        ("runs", stuck, "min_val_loss", 0.6931),
        ("epochs", slow, "train_seconds", 9.5),
    ):
        frames[name].loc[frames[name]["id"].isin(members[list(runs)]), column] = value
    return make_study_directory(folder, frames=frames, settings=document)


def only_one_seed(folder: Path) -> None:
    """Makes the runs of all seeds but the first unfinished."""
    path = folder / "results" / "runs.parquet"
    runs = pd.read_parquet(path)
    runs.loc[runs["seed"] > 0, "status"] = "pending"
    runs.to_parquet(path)


@pytest.fixture(scope="module")
def studies(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("chapter")
    ends = {"small": 0.9, "rate": 0.84, "ghost": 0.88, "regime": 0.9}
    make_study(folder / "hoffer", "hoffer", ends)
    make_study(folder / "goyal", "goyal", {"small": 0.9, "gradual": 0.89})
    make_study(folder / "smith", "smith", {}, data="b" * 64)
    return folder
