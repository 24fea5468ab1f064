"""Memory of the GPUs that a run trains on, as TensorFlow's allocators count it."""

import tensorflow as tf

from study.train.devices import Devices


def reset_device_peaks(devices: Devices) -> None:
    """Lets the peaks of the run's GPUs begin anew; nothing on processors."""
    for name in _gpus(devices):
        tf.config.experimental.reset_memory_stats(name)


def device_peak_bytes(devices: Devices) -> int | None:
    """The most bytes that one of the run's GPUs has held since the reset.

    Returns:
        The largest of its GPUs' peaks; None on processors, whose memory is the process's own
        (``study.bench.memory``).
    """
    peaks = [tf.config.experimental.get_memory_info(name)["peak"] for name in _gpus(devices)]
    return max(peaks, default=None)


def _gpus(devices: Devices) -> list[str]:
    return [f"GPU:{index}" for index in range(devices.replicas)] if devices.kind == "GPU" else []
