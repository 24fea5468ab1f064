"""The machine that a study is made on, with the GPUs that can really be used."""

from typing import Any

from study.conduct.probe import probe, shortfall, wrong_backend
from study.errors import SettingsError
from study.store.environment import hardware, has_gpu_driver


def usable_machine(devices: int | None, logical: bool) -> tuple[dict[str, Any], str]:
    """The hardware, its ``gpus`` being those that TensorFlow sees.

    TensorFlow is asked only where the answer matters, since that takes seconds: when nvidia-smi
    names GPUs or there is a driver for them, or when several real devices are asked for.

    Args:
        devices: as asked for on the command line.
        logical: they are logical ones.

    Returns:
        As ``study.store.environment.hardware``; and a line for the user when TensorFlow sees fewer
        GPUs than there are, else "".

    Raises:
        SettingsError: the environment asks for another backend than TensorFlow, or TensorFlow
            cannot compute on a GPU that it sees.
    """
    if problem := wrong_backend():
        raise SettingsError(f"{problem}.")
    machine = hardware()
    likely = machine["gpus"] or has_gpu_driver()
    if not likely and (logical or devices is None or devices < 2):
        return machine, ""
    seen = probe()
    notice = shortfall(machine["gpus"], seen)
    if seen.failures:
        # the processor would take days for what is meant for GPUs
        raise SettingsError(f"{notice}, -1 for none.")
    if notice and not seen.gpus:
        notice += ". The study runs on the processor."
    return {**machine, "gpus": list(seen.gpus)}, notice
