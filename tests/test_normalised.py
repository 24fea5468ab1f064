"""What runs record of their batch normalisation, and what its averages remember."""

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reports.ledger import environment
from study.errors import SettingsError
from study.store.run_folder import read_document
from study.train.batch_growth import step_decay
from study.train.network import compiled_model
from study.train.normalised import normalisation_momentum, normalisation_record
from study.train.recipe import Recipe, recipe_from_dict
from study.train.run import train_run
from study.train.settings import RunSettings, check_run_settings
from tests.make_run import tiny_settings
from tests.make_study import empty_frames
from tests.test_condition_report import view_of
from tests.test_recipe import GROWING, with_recipe
from tests.test_run import ONE, examples

__all__ = ["examples"]
COURSE = step_decay(70, 16, 0.05, 2)


def ghosts(size: int, **changes: Any) -> RunSettings:
    recipe = Recipe(COURSE, normalisation="ghost", ghost_size=size, average_examples=64)
    return with_recipe(recipe, **changes)


def test_a_run_without_normalisation_records_none() -> None:
    assert normalisation_record(tiny_settings()) is None
    assert normalisation_record(with_recipe(Recipe(COURSE))) is None


def test_whole_batches_are_normalised_over_all_devices_together() -> None:
    settings = with_recipe(Recipe(GROWING, normalisation="batch"), replicas=2)
    record = normalisation_record(settings)
    assert record is not None
    assert (record["over"], record["rows"], record["devices"]) == ("batch", [16, 32], 2)
    assert (record["rows_of_a_device"], record["devices_together"]) == ([8, 16], True)
    assert "whole batch of 16 or 32 pictures, on all 2 devices together" in record["words"]
    own = normalisation_record(tiny_settings(model="batch-normalisation"))
    assert own is not None
    assert own["rows"] == [16]


def test_ghosts_lie_within_a_device() -> None:
    record = normalisation_record(ghosts(4, replicas=2))
    assert record is not None
    assert (record["over"], record["rows"], record["devices_together"]) == ("ghost", [4], False)
    assert "share of one of 2 devices" in record["words"]


def test_a_picture_is_forgotten_alike_at_every_size() -> None:
    kept = [normalisation_momentum(ghosts(size).recipe) for size in (2, 8, 16)]  # type: ignore[arg-type]
    after_64 = [momentum ** (64 / size) for momentum, size in zip(kept, (2, 8, 16), strict=True)]
    assert after_64 == pytest.approx([math.exp(-1)] * 3)
    whole = Recipe(COURSE, normalisation="batch", average_examples=64)
    assert normalisation_momentum(whole) == pytest.approx(math.exp(-16 / 64))
    assert normalisation_momentum(Recipe(COURSE, normalisation="batch")) == 0.99


def test_the_layers_get_that_momentum() -> None:
    model = compiled_model(ghosts(8), ONE)
    assert model.get_layer("norm_1").momentum == pytest.approx(math.exp(-8 / 64))
    batch = with_recipe(Recipe(COURSE, normalisation="batch", average_examples=64))
    assert compiled_model(batch, ONE).get_layer("norm_5").momentum == pytest.approx(
        math.exp(-16 / 64)
    )


def test_the_memory_enters_the_id_only_where_it_is_given() -> None:
    plain = Recipe(COURSE, normalisation="batch")
    assert "average_examples" not in plain.as_dict()
    # as it was before there was this field
    assert with_recipe(plain).id == "plain-32px-b16-lr0.05-s1-x1-e64ead5b51e0"
    longer = replace(plain, average_examples=64)
    assert with_recipe(longer).id != with_recipe(plain).id
    assert recipe_from_dict(longer.as_dict()) == longer


@pytest.mark.parametrize(
    "wrong", [{"average_examples": 64}, {"normalisation": "batch", "average_examples": 0}]
)
def test_a_memory_that_does_not_fit_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(SettingsError, match=r"averaged over \d+ examples; expected"):
        check_run_settings(with_recipe(Recipe(COURSE, **wrong)), 70)


def test_the_record_stands_in_run_json(tmp_path: Path, examples) -> None:
    train_run(ghosts(8), *examples, tmp_path, ONE)
    document = read_document(tmp_path / "run.json")
    assert document["batch_normalisation"] == normalisation_record(ghosts(8))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("goyal", None),
        (
            "hoffer",
            "over the whole batch, on all devices together; over ghosts of 32 pictures within a "
            "device; the same on any number of devices",
        ),
    ],
)
def test_the_report_says_what_devices_do_to_it(name: str, words: str | None) -> None:
    view = view_of(name, empty_frames())
    assert dict(environment(view)).get("Batch normalisation") == words
