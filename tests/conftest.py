"""Every test session keeps its prepared data in a folder of its own."""

import os
from collections.abc import Callable, Iterator

import pytest

# before TensorFlow is imported anywhere
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# two test processes on two cores: threads that NumPy adds for a product wait for each other
os.environ.setdefault("OMP_NUM_THREADS", "1")
# several test processes would share the first GPU, and each take all of its memory
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Slow files first: begun last, one would keep a single process at work long after the rest."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> None:
    os.environ["BATCH_SIZE_STUDY_CACHE"] = str(tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="session", autouse=True)
def without_determinism() -> Iterator[None]:
    """Tests that set up devices in this process would leave determinism on in it.

    Other people's fits, which a later test makes, draw without a seed and then fail.
    """
    import tensorflow as tf

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tf.config.experimental, "enable_op_determinism", lambda: None)
        yield


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """A command in this process: its exit code, what it printed, its errors."""
    from study.command_line.main import main

    def run(*arguments: object) -> tuple[int, str, str]:
        code = main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


@pytest.fixture
def no_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spares the seconds in which TensorFlow looks for GPUs."""
    from study.conduct import machine
    from study.conduct.probe import Seen

    monkeypatch.setattr(machine, "probe", lambda: Seen("tensorflow"))
