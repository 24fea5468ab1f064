"""What a benchmark was asked for, resolved. No TensorFlow here."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from study.conduct.devices import largest_count
from study.errors import SettingsError


@dataclass(frozen=True)
class BenchRequest:
    """Settings of a benchmark.

    Attributes:
        devices: counts of devices, ascending.
        logical: whether counts above 1 are logical CPU devices.
        batch_sizes: ascending.
        image_size: pixels a side.
        model: a name of ``study.model.VARIANTS``.
        repeats: epochs that are timed, after one that is not.
        threads: of a run on processors; 0 on GPUs, which leaves it to TensorFlow.
        target: validation loss to be reached, or None.
        rates: learning rates that are tried for the target.
        max_epochs: after which a run to the target is given up.
        seeds: runs to the target by batch size, rate and number of devices.
    """

    devices: tuple[int, ...]
    logical: bool
    batch_sizes: tuple[int, ...]
    image_size: int
    model: str
    repeats: int
    threads: int
    target: float | None
    rates: tuple[float, ...]
    max_epochs: int
    seeds: int

    def as_dict(self) -> dict[str, Any]:
        """Plain values, as stored in ``bench.json``."""
        return asdict(self)

    def device_words(self, count: int) -> str:
        """How ``count`` devices are called: "1 CPU", "4 GPUs", "2 logical CPUs"."""
        if self.logical and count > 1:
            return f"{count} logical CPUs"
        kind = "CPU" if self.threads else "GPU"
        return f"{count} {kind}" + ("s" if count > 1 else "")


def default_devices(gpus: int, batch_sizes: Sequence[int]) -> tuple[int, ...]:
    """Numbers of devices that are measured unless the user says which.

    Returns:
        1, 2, 4, ... up to ``gpus``, and the largest number of them that can be used: those that
        divide every batch size. Without GPUs 1 and 2 logical devices, likewise.
    """
    most = gpus or 2
    counts = {2**power for power in range(most.bit_length())} | {largest_count(most, batch_sizes)}
    return tuple(sorted(n for n in counts if largest_count(n, batch_sizes) == n <= most))


def unused_words(gpus: int, devices: Sequence[int]) -> str:
    """A line where the devices taken by default are fewer than the GPUs, else ""."""
    if max(devices) >= gpus:
        return ""
    *others, last = map(str, devices)
    counts = f"{', '.join(others)} and {last}" if others else last
    return (
        f"{gpus} GPUs found, measured on {counts} of them: a number of devices has to divide "
        "every batch size. --devices and --batch-sizes take others."
    )


def for_target(request: BenchRequest, named: bool) -> BenchRequest:
    """The request as the time to the target is measured.

    Args:
        request: what was asked for.
        named: whether the user named the numbers of devices. Otherwise logical ones are left out:
            their times, which are no measurement of several devices, would double the work.
    """
    return request if named or not request.logical else replace(request, devices=(1,))


def check_request(request: BenchRequest, gpus: int) -> None:
    """Refuses what cannot be measured here, before anything is.

    Raises:
        SettingsError: with what came, what was expected and how to mend it.
    """
    for name in ("repeats", "max_epochs", "seeds"):
        if getattr(request, name) < 1:
            option = name.replace("_", "-")
            raise SettingsError(f"--{option} {getattr(request, name)}; expected 1 or more.")
    if request.target is not None and not 0 < request.target < math.inf:
        raise SettingsError(f"--target {request.target:g}; expected a validation loss above 0.")
    if gpus and max(request.devices) > gpus:
        raise SettingsError(
            f"{max(request.devices)} devices asked for, {gpus} GPUs found; ask for fewer."
        )
    for batch_size in request.batch_sizes:
        for count in request.devices:
            if batch_size % count:
                raise SettingsError(
                    f"batch size {batch_size} does not divide over {count} devices; choose "
                    "--batch-sizes that are multiples of every number of --devices."
                )
