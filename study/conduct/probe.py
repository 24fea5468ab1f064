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

_SECONDS = 180
INSTALL = "pip install 'tensorflow[and-cuda]>=2.21,<2.22'"


@dataclass(frozen=True)
class Seen:
    """What TensorFlow answered.

    Attributes:
        backend: of Keras, "" without an answer.
        gpus: names of the GPUs that TensorFlow can use.
        problem: why there is no answer, "" when there is one.
    """

    backend: str = ""
    gpus: tuple[str, ...] = ()
    problem: str = ""


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
        return Seen(value["backend"], tuple(value["gpus"]))
    except (OSError, subprocess.TimeoutExpired, ValueError, IndexError, KeyError) as error:
        return Seen(problem=f"no answer ({type(error).__name__})")


def shortfall(named: Sequence[str], seen: Seen) -> str:
    """One line on GPUs that nvidia-smi names and TensorFlow does not see; "" when it sees all."""
    if seen.problem:
        return f"TensorFlow does not answer: {seen.problem}. Examine with: python -m study doctor"
    if len(seen.gpus) >= len(named):
        return ""
    hidden = os.environ.get("CUDA_VISIBLE_DEVICES")
    help_ = f"install with: {INSTALL}"
    if hidden is not None:
        help_ += f", or unset CUDA_VISIBLE_DEVICES={hidden}"
    return f"TensorFlow sees {len(seen.gpus)} of {len(named)} GPUs; {help_}"


def main() -> int:
    """Prints what is seen as one line of JSON."""
    import keras
    import tensorflow as tf

    devices = tf.config.list_physical_devices("GPU")
    names = [
        tf.config.experimental.get_device_details(device).get("device_name", device.name)
        for device in devices
    ]
    print(json.dumps({"backend": keras.backend.backend(), "gpus": names}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
