"""The devices of this process: threads, logical CPU devices, the strategy."""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from study.errors import SettingsError


@dataclass(frozen=True)
class Devices:
    """What a process trains on.

    Attributes:
        replicas: how many devices share a batch.
        kind: "GPU", "CPU" or "logical CPU" (several on one processor, to try strategies out).
        strategy: the MirroredStrategy; None for one device.
        pieces: threads that share a batch, each with pieces of it; 1 where there is one thread,
            or all share each operation.
    """

    replicas: int
    kind: str
    strategy: Any
    pieces: int = 1

    def scope(self) -> AbstractContextManager[Any]:
        """The scope in which the model has to be built."""
        return self.strategy.scope() if self.strategy is not None else nullcontext()


def prepare_devices(
    replicas: int = 1,
    threads: int = 0,
    logical: bool = False,
    in_pieces: bool = False,
    gpu: int | None = None,
) -> Devices:
    """Sets this process up, once, before TensorFlow has touched a device.

    Two strategies of different sizes in one process break its collectives, so a process keeps
    one. Operations are deterministic from here on; random state is explicit everywhere, so no
    global seed is set.

    Args:
        replicas: devices of the strategy, 1 for none.
        threads: of each operation and between operations; 0 leaves it to TensorFlow.
        logical: cut one processor into ``replicas`` logical devices.
        in_pieces: several threads of one processor shall take pieces of a batch each, for
            networks that allow it (``RunSettings.rows_apart``); nothing changes elsewhere.
        gpu: the only one that this process uses, counted from 0; None: all of them.

    Raises:
        SettingsError: there are fewer GPUs than ``replicas`` and ``logical`` is off; no ``gpu``.
    """
    gpus = [] if logical else tf.config.list_physical_devices("GPU")
    if gpu is not None:
        gpus = [_only(gpus, gpu)]
    pieces = threads if in_pieces and replicas == 1 and threads > 1 and not gpus else 1
    if threads:
        tf.config.threading.set_intra_op_parallelism_threads(1 if pieces > 1 else threads)
        tf.config.threading.set_inter_op_parallelism_threads(max(threads, replicas))
    tf.config.experimental.enable_op_determinism()
    for gpu in gpus:
        tf.config.experimental.set_memory_growth(gpu, True)
    if replicas == 1:
        return Devices(1, "GPU" if gpus else "CPU", None, pieces)
    if logical:
        return _logical_devices(replicas)
    if len(gpus) < replicas:
        raise SettingsError(
            f"{replicas} devices asked for, {len(gpus)} GPUs found; ask for fewer, or add "
            "--logical-devices to try it on logical CPU devices."
        )
    names = [f"/gpu:{index}" for index in range(replicas)]
    return Devices(replicas, "GPU", tf.distribute.MirroredStrategy(names))


def _only(gpus: list[Any], number: int) -> Any:
    """Hides the other GPUs, so that each of several processes has its own."""
    if number >= len(gpus):
        raise SettingsError(
            f"GPU {number} was there when the study began, {len(gpus)} GPUs are found now; see "
            "what nvidia-smi says, and call again."
        )
    tf.config.set_visible_devices(gpus[number], "GPU")
    return gpus[number]


def _logical_devices(replicas: int) -> Devices:
    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(
        cpu, [tf.config.LogicalDeviceConfiguration() for _ in range(replicas)]
    )
    names = [f"/cpu:{index}" for index in range(replicas)]
    strategy = tf.distribute.MirroredStrategy(
        names, cross_device_ops=tf.distribute.ReductionToOneDevice()
    )
    return Devices(replicas, "logical CPU", strategy)
