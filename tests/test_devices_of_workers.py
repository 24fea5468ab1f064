"""Which GPU a worker uses, with GPUs that are made up."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from study.command_line.show_plan import side_by_side
from study.conduct.protocol import WorkerConfiguration
from study.conduct.resources import Resources
from study.errors import SettingsError


def configuration(gpus: int, replicas: int = 1) -> WorkerConfiguration:
    hardware = {"cpu": "X", "gpus": ["H"] * gpus}
    return WorkerConfiguration("study", "data", replicas, 0, False, {}, hardware=hardware)


@pytest.mark.parametrize(
    ("gpus", "replicas", "wanted"),
    [
        (4, 1, [(0,), (1,), (2,), (3,), (0,), (1,)]),
        (1, 1, [(0,)] * 6),
        (0, 1, [None] * 6),
        (6, 4, [(0, 1, 2, 3)] * 6),
        # fewer than they need: said when devices are prepared
        (2, 4, [(0, 1)] * 6),
    ],
)
def test_gpus_are_dealt_out_in_turn(
    gpus: int, replicas: int, wanted: list[tuple[int, ...] | None]
) -> None:
    every = configuration(gpus, replicas)
    workers = [every.for_worker(number) for number in range(6)]
    assert [worker.gpus for worker in workers] == wanted
    assert {worker.replicas for worker in workers} == {replicas}


def test_a_run_is_recorded_with_the_gpu_that_it_used() -> None:
    every = replace(configuration(0), hardware={"cpu": "X", "gpus": ["H", "small"]})
    assert every.for_worker(3).hardware == {"cpu": "X", "gpus": ["small"]}
    assert every.hardware["gpus"] == ["H", "small"]
    together = replace(every, replicas=2)
    assert together.for_worker(1).hardware["gpus"] == ["H", "small"]
    logical = replace(together, logical=True)
    assert logical.for_worker(1) is logical


@pytest.fixture
def tensorflow_sees(monkeypatch: pytest.MonkeyPatch):
    """TensorFlow's list of GPUs, made up; what is hidden and told to grow is kept."""
    import tensorflow as tf

    found = SimpleNamespace(visible=None, growing=[])

    def has(gpus: int) -> SimpleNamespace:
        names = [f"gpu {number}" for number in range(gpus)]
        monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: names)
        return found

    monkeypatch.setattr(
        tf.config, "set_visible_devices", lambda gpu, kind: setattr(found, "visible", (gpu, kind))
    )
    monkeypatch.setattr(
        tf.config.experimental, "set_memory_growth", lambda gpu, grow: found.growing.append(gpu)
    )
    return has


def test_a_worker_hides_the_gpus_of_the_others(tensorflow_sees) -> None:
    from study.train.devices import prepare_devices

    found = tensorflow_sees(4)
    devices = prepare_devices(gpus=(2,))
    assert (devices.kind, devices.replicas, devices.strategy) == ("GPU", 1, None)
    assert found.visible == (["gpu 2"], "GPU")
    assert found.growing == ["gpu 2"]


@pytest.mark.parametrize("logical", [False, True])
def test_a_processor_leaves_the_gpus_alone(
    tensorflow_sees, monkeypatch: pytest.MonkeyPatch, logical: bool
) -> None:
    from study.train import devices

    several = devices.Devices(2, "logical CPU", None)
    monkeypatch.setattr(devices, "_logical_devices", lambda replicas: several)
    for name in ("intra", "inter"):
        option = f"set_{name}_op_parallelism_threads"
        monkeypatch.setattr(devices.tf.config.threading, option, lambda count: None)
    found = tensorflow_sees(2)
    made = devices.prepare_devices(2 if logical else 1, 0 if logical else 1, logical)
    assert made.kind == ("logical CPU" if logical else "CPU")
    assert found.visible == ([], "GPU") and found.growing == []


def test_operations_are_deterministic(tensorflow_sees, monkeypatch: pytest.MonkeyPatch) -> None:
    import tensorflow as tf

    from study.train.devices import prepare_devices

    asked = []
    monkeypatch.setattr(tf.config.experimental, "enable_op_determinism", lambda: asked.append(1))
    tensorflow_sees(1)
    prepare_devices()
    assert asked == [1]


def test_products_are_not_rounded_to_ten_bits(tensorflow_sees) -> None:
    import tensorflow as tf

    from study.train.devices import prepare_devices

    tensorflow_sees(1)
    tf.config.experimental.enable_tensor_float_32_execution(True)
    prepare_devices()
    assert not tf.config.experimental.tensor_float_32_execution_enabled()


def test_a_gpu_that_has_gone_is_no_reason_to_train_on_the_processor(tensorflow_sees) -> None:
    from study.train.devices import prepare_devices

    found = tensorflow_sees(1)
    with pytest.raises(SettingsError, match="GPU 2 was there when this call began, 1 GPU now"):
        prepare_devices(gpus=(2,))
    assert found.visible is None


@pytest.mark.parametrize("whole", [True, False])
def test_the_worker_prepares_what_its_configuration_says(
    monkeypatch: pytest.MonkeyPatch, whole: bool
) -> None:
    from study.conduct import work
    from study.train.devices import Devices

    given = []

    def prepared(*arguments: Any) -> Devices:
        given.append(arguments)
        return Devices(1, "GPU", None)

    monkeypatch.setattr(work, "prepare_devices", prepared)
    monkeypatch.setattr(work, "measures_from_dict", lambda values: values)
    monkeypatch.setattr(work, "open_prepared", lambda path: None)
    monkeypatch.setattr(work, "split_examples", lambda dataset: (None, None))
    asked = replace(configuration(4), whole_epochs=whole).for_worker(3)
    assert work.Workplace(asked).devices.whole_epochs is whole
    assert given == [(1, 0, False, False, (3,))]


@pytest.mark.parametrize(
    ("jobs", "threads", "gpus", "words"),
    [
        (2, 1, 0, "2 side by side with 1 thread each"),
        (1, 4, 0, "one at a time with 4 threads"),
        (4, 0, 4, "4 side by side on 4 GPUs"),
        (2, 0, 1, "2 side by side on 1 GPU"),
        (2, 0, 4, "2 side by side on 2 of 4 GPUs"),
        (1, 0, 4, "one at a time, on one of 4 GPUs"),
        (1, 0, 1, "one at a time"),
    ],
)
def test_words_for_what_goes_side_by_side(jobs: int, threads: int, gpus: int, words: str) -> None:
    assert side_by_side(Resources(jobs, threads), gpus) == words
