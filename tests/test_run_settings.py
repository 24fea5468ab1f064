"""Identity and checks of a run's settings."""

from dataclasses import replace

import pytest

from study.errors import SettingsError
from study.train.settings import check_run_settings, run_settings_from_dict
from tests.make_run import tiny_settings


def test_equal_settings_share_an_id() -> None:
    assert tiny_settings().id == tiny_settings().id
    assert tiny_settings().id.startswith("plain-32px-b16-lr0.05-s1-x1-")


def test_settings_of_another_version_are_named() -> None:
    values = tiny_settings().as_dict()
    assert run_settings_from_dict(values) == tiny_settings()
    with pytest.raises(SettingsError, match="another version of this project"):
        run_settings_from_dict({**values, "colour": "red"})
    with pytest.raises(SettingsError, match="another version of this project"):
        run_settings_from_dict({"seed": 1})


@pytest.mark.parametrize(
    "change",
    [
        {"data": "other"},
        {"image_size": 64},
        {"model": "dropout"},
        {"batch_size": 32},
        {"learning_rate": 0.1},
        {"seed": 2},
        {"patience": 11},
        {"max_epochs": 4},
        {"reshuffle": True},
        {"replicas": 2},
    ],
)
def test_every_setting_enters_the_id(change: dict[str, object]) -> None:
    assert replace(tiny_settings(), **change).id != tiny_settings().id  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"batch_size": 0}, "batch size 0; expected 1 or more"),
        ({"batch_size": 71}, "larger than the training set of 70"),
        ({"replicas": 3}, "does not divide over 3 devices"),
        ({"replicas": 0}, "0 devices"),
        ({"learning_rate": 0.0}, "learning rate 0.0"),
        ({"learning_rate": float("nan")}, "learning rate nan"),
        ({"image_size": 40}, "multiple of 32"),
        ({"model": "vgg"}, "unknown model"),
        ({"patience": 0}, "patience 0"),
    ],
)
def test_settings_that_do_not_fit(change: dict[str, object], words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        check_run_settings(tiny_settings(**change), 70)
