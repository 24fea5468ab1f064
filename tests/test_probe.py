"""What TensorFlow sees, against what nvidia-smi names."""

import subprocess
import sys
from pathlib import Path

import pytest
import tensorflow as tf

from study.conduct import machine, probe
from study.conduct.probe import Seen, shortfall
from study.errors import SettingsError
from study.store.environment import hardware
from tests.command_lines import SMALL

ANSWER = '{"backend": "tensorflow", "gpus": ["H"], "failures": []}'
FAILED = ANSWER.replace("[]", '["GPU 0 (H): no code"]')


@pytest.fixture
def two_gpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A made-up nvidia-smi stands first on the path."""
    program = tmp_path / "nvidia-smi"
    program.write_text("#!/bin/sh\necho NVIDIA H200\necho NVIDIA H200\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")


def answer(monkeypatch: pytest.MonkeyPatch, seen: Seen) -> list[str]:
    asked: list[str] = []

    def ask() -> Seen:
        asked.append("once")
        return seen

    monkeypatch.setattr(machine, "probe", ask)
    return asked


def test_gpus_are_those_that_tensorflow_sees(
    two_gpus: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert hardware()["gpus"] == ["NVIDIA H200"] * 2
    answer(monkeypatch, Seen("tensorflow"))
    found, notice = machine.usable_machine(None, False)
    assert found["gpus"] == []
    assert notice.startswith("TensorFlow sees 0 of 2 GPUs; install with: pip install")
    assert notice.endswith("The study runs on the processor.")
    assert "\n" not in notice
    answer(monkeypatch, Seen("tensorflow", ("NVIDIA H200",) * 2))
    found, notice = machine.usable_machine(None, False)
    assert (found["gpus"], notice) == (["NVIDIA H200"] * 2, "")


def test_tensorflow_is_asked_only_where_it_matters(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "hardware", lambda: {"gpus": []})
    monkeypatch.setattr(machine, "has_gpu_driver", lambda: False)
    asked = answer(monkeypatch, Seen("tensorflow", ("H",) * 4))
    for devices, logical in [(None, False), (1, False), (4, True)]:
        assert machine.usable_machine(devices, logical) == ({"gpus": []}, "")
    assert asked == []
    assert machine.usable_machine(4, False) == ({"gpus": ["H"] * 4}, "")
    assert asked == ["once"]
    # a container without nvidia-smi
    monkeypatch.setattr(machine, "has_gpu_driver", lambda: True)
    assert machine.usable_machine(None, False) == ({"gpus": ["H"] * 4}, "")


def test_words_on_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    assert shortfall(["H"], Seen("tensorflow", ("H",))) == ""
    assert "does not answer: no module" in shortfall(["H"], Seen(problem="no module"))
    assert "CUDA" not in shortfall(["H"], Seen("tensorflow"))
    # those that the user has chosen, or what there is of them, are all
    for chosen, seen, missing in [("0", 1, False), ("0,1", 1, True), ("1, 0,5", 2, False)]:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", chosen)
        assert bool(shortfall(["H"] * 2, Seen("tensorflow", ("H",) * seen))) == missing
    failed = shortfall(["H"], Seen("tensorflow", ("H",), failures=("GPU 0 (H): no code",)))
    assert failed.startswith("TensorFlow cannot compute on GPU 0 (H): no code; install a driver")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert "unset CUDA_VISIBLE_DEVICES" in shortfall(["H"], Seen("tensorflow"))


@pytest.mark.parametrize("backend", ["jax", "foo"])
def test_another_backend_is_refused(
    backend: str, call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KERAS_BACKEND", backend)
    mend = f"KERAS_BACKEND={backend}, and this project trains on tensorflow alone; unset KERAS"
    code, _, err = call("reproduce", *SMALL, "--out", tmp_path / "study")
    assert code == 2
    assert mend in err
    assert not (tmp_path / "study").exists()
    code, printed, _ = call("doctor")
    assert code == 1
    assert f"FAIL {mend}" in printed
    assert "1 check failed." in printed
    for right in ("", "tensorflow"):
        monkeypatch.setenv("KERAS_BACKEND", right)
        assert probe.wrong_backend() == ""


@pytest.mark.parametrize(
    ("code", "printed", "errors", "wanted"),
    [
        (0, f"noise\n{ANSWER}\n", "", Seen("tensorflow", ("H",))),
        (0, FAILED, "", Seen("tensorflow", ("H",), failures=("GPU 0 (H): no code",))),
        (1, "", "Traceback\nImportError: none", Seen(problem="ImportError: none")),
        (0, "", "", Seen(problem="no answer (IndexError)")),
        (0, "[1", "", Seen(problem="no answer (JSONDecodeError)")),
    ],
)
def test_answers(monkeypatch: pytest.MonkeyPatch, code, printed, errors, wanted) -> None:
    done = subprocess.CompletedProcess([], code, printed, errors)
    monkeypatch.setattr(subprocess, "run", lambda *arguments, **options: done)
    assert probe.probe.__wrapped__() == wanted


def test_tensorflow_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(*arguments: object, **options: object) -> None:
        raise subprocess.TimeoutExpired(sys.executable, 180)

    monkeypatch.setattr(subprocess, "run", hang)
    assert probe.probe.__wrapped__().problem == "no answer (TimeoutExpired)"


def test_a_small_network_learns_where_there_is_a_device(monkeypatch: pytest.MonkeyPatch) -> None:
    assert probe.failure("/cpu:0") == ""
    assert probe.failure("/gpu:7") == "its work was done on CPU:0"

    def without_code(*arguments: object) -> None:
        raise tf.errors.InternalError(None, None, "no kernel image is available\nmore")

    monkeypatch.setattr(tf.nn, "conv2d", without_code)
    assert probe.failure("/cpu:0") == "InternalError: no kernel image is available"


def test_the_answer_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")
    assert probe.probe.__wrapped__() == Seen("tensorflow")


def test_a_gpu_that_cannot_compute_ends_the_call(
    two_gpus: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = Seen("tensorflow", ("H", "H"), failures=("GPU 1 (H): no code",))
    answer(monkeypatch, seen)
    with pytest.raises(SettingsError, match=r"GPU 1 \(H\): no code; .*_DEVICES, -1 for none"):
        machine.usable_machine(None, False)


def test_each_gpu_is_tried_by_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tf.config, "list_logical_devices", lambda kind: ["one", "two"])
    reasons = {"/gpu:0": "", "/gpu:1": "no code"}
    monkeypatch.setattr(probe, "failure", reasons.__getitem__)
    assert probe._failures(["A", "B"]) == ["GPU 1 (B): no code"]
    # the numbers would be those of others
    assert probe._failures(["small", "A", "B"]) == [
        "all of small, A, B: it makes 2 devices of them"
    ]
