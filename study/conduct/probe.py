"""What TensorFlow sees of this machine, asked in a process of its own: ``-m study.conduct.probe``.

The conductor never imports TensorFlow. nvidia-smi tells which GPUs there are, but TensorFlow may
see fewer: its libraries for GPUs are an extra to install, and the environment can hide devices.
"""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from study.errors import reason_of
from study.words import counted

# a GPU that is newer than TensorFlow has its first operations compiled anew
_SECONDS = 300
INSTALL = "pip install 'tensorflow[and-cuda]>=2.21,<2.22'"


@dataclass(frozen=True)
class Seen:
    """What TensorFlow answered.

    Attributes:
        backend: of Keras, "" without an answer.
        gpus: names of the GPUs that TensorFlow can use.
        problem: why there is no answer, "" when there is one.
        failures: what went wrong on GPUs that TensorFlow finds; then it can use none of them.
    """

    backend: str = ""
    gpus: tuple[str, ...] = ()
    problem: str = ""
    failures: tuple[str, ...] = ()


def wrong_backend() -> str:
    """A line where the environment asks Keras for another backend than TensorFlow, else ""."""
    asked = os.environ.get("KERAS_BACKEND", "")
    if asked in ("", "tensorflow"):
        return ""
    return (
        f"KERAS_BACKEND={asked}, and this project trains on tensorflow alone; unset KERAS_BACKEND, "
        "or set it to tensorflow"
    )


@cache
def probe() -> Seen:
    """Asks TensorFlow, once a process; takes some seconds."""
    try:
        done = subprocess.run(
            [sys.executable, "-m", "study.conduct.probe"],
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
            cwd=Path(__file__).parents[2],
            env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
        )
        if done.returncode:
            return Seen(problem=(done.stderr.strip().splitlines() or ["no reason given"])[-1])
        value = json.loads(done.stdout.strip().splitlines()[-1])
        failures = tuple(value["failures"])
        return Seen(value["backend"], tuple(value["gpus"]), "", failures)
    except (OSError, subprocess.TimeoutExpired, ValueError, IndexError, KeyError) as error:
        return Seen(problem=f"no answer ({type(error).__name__})")


def shortfall(named: Sequence[str], seen: Seen) -> str:
    """One line on GPUs that nvidia-smi names and TensorFlow does not see; "" when it sees all."""
    if seen.problem:
        return f"TensorFlow does not answer: {seen.problem}. Examine with: python -m study doctor"
    if seen.failures:
        return (
            f"TensorFlow cannot compute on {seen.failures[0]}; install a driver and libraries that "
            "fit this TensorFlow, or name the GPUs to be used in CUDA_VISIBLE_DEVICES"
        )
    hidden = os.environ.get("CUDA_VISIBLE_DEVICES")
    chosen = [name for name in (hidden or "").split(",") if name.strip() not in ("", "-1")]
    if len(seen.gpus) >= min(len(named), len(chosen) or len(named)):
        return ""
    help_ = f"install with: {INSTALL}"
    if hidden is not None:
        help_ += f", or unset CUDA_VISIBLE_DEVICES={hidden}"
    return f"TensorFlow sees {len(seen.gpus)} of {len(named)} GPUs; {help_}"


def main() -> int:
    """Prints what is seen as one line of JSON."""
    import keras
    import tensorflow as tf

    devices = tf.config.list_physical_devices("GPU")
    for device in devices:
        tf.config.experimental.set_memory_growth(device, True)
    names = [
        tf.config.experimental.get_device_details(device).get("device_name", device.name)
        for device in devices
    ]
    answer = {"backend": keras.backend.backend(), "gpus": names, "failures": _failures(names)}
    print(json.dumps(answer))
    return 0


def _failures(names: Sequence[str]) -> list[str]:
    import tensorflow as tf

    used = len(tf.config.list_logical_devices("GPU"))
    if used < len(names):
        # it has left some out, and numbers the others anew
        return [f"all of {', '.join(names)}: it makes {counted(used, 'device')} of them"]
    tried = {f"GPU {place} ({name})": failure(f"/gpu:{place}") for place, name in enumerate(names)}
    return [f"{name}: {reason}" for name, reason in tried.items() if reason]


def failure(device: str) -> str:
    """What goes wrong where a small network learns on a device, in a line; "" if nothing does.

    TensorFlow lists GPUs that it has no code for, or no libraries that fit.
    """
    import tensorflow as tf

    try:
        with tf.device(device):
            pictures = tf.random.stateless_normal((4, 8, 8, 3), (0, 0))
            kernel = tf.random.stateless_normal((3, 3, 3, 4), (0, 1))
            with tf.GradientTape() as tape:
                tape.watch(kernel)
                found = tf.nn.max_pool2d(tf.nn.conv2d(pictures, kernel, 1, "SAME"), 2, 2, "VALID")
                loss = tf.reduce_mean(tf.matmul(tf.reshape(found, (4, -1)), tf.ones((64, 1))) ** 2)
            moved = kernel - 0.1 * tape.gradient(loss, kernel)
        moved.numpy()
        asked, used = (tf.DeviceSpec.from_string(name) for name in (device, moved.device))
    except Exception as error:
        return reason_of(error)
    # TensorFlow takes another device without a word
    there = (asked.device_type, asked.device_index) == (used.device_type, used.device_index)
    return "" if there else f"its work was done on {used.device_type}:{used.device_index}"


if __name__ == "__main__":
    sys.exit(main())
