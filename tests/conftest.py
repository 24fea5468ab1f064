"""Every test session keeps its prepared data in a folder of its own."""

import os

import pytest

# before TensorFlow is imported anywhere
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> None:
    os.environ["BATCH_SIZE_STUDY_CACHE"] = str(tmp_path_factory.mktemp("cache"))


@pytest.fixture
def without_determinism(monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests that set up devices in this process: determinism would stay on in it.

    Other people's fits, which a later test makes, draw without a seed and then fail.
    """
    import tensorflow as tf

    monkeypatch.setattr(tf.config.experimental, "enable_op_determinism", lambda: None)
