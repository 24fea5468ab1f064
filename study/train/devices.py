"""The devices of this process: threads, logical CPU devices, the strategy."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from study.errors import SettingsError
from study.words import counted


@dataclass(frozen=True)
class Devices:
    """What a process trains on.

    Attributes:
        replicas: how many devices share a batch.
        kind: "GPU", "CPU" or "logical CPU" (several on one processor, to try strategies out).
        strategy: the MirroredStrategy; None for one device.
        pieces: threads that share a batch, each with pieces of it; 1 where there is one thread,
            or all share each operation.
        whole_epochs: an epoch is one call of the compiled step, on one device. Under a strategy
            every step is one.
    """

    replicas: int
    kind: str
    strategy: Any
    pieces: int = 1
    whole_epochs: bool = True

    def scope(self) -> AbstractContextManager[Any]:
        """The scope in which the model has to be built."""
        return self.strategy.scope() if self.strategy is not None else nullcontext()


def prepare_devices(
    replicas: int = 1,
    threads: int = 0,
    logical: bool = False,
    in_pieces: bool = False,
    gpus: Sequence[int] | None = None,
) -> Devices:
    """Sets this process up, once, before TensorFlow has touched a device.

    Two strategies of different sizes in one process break its collectives, so a process keeps
    one. Operations are deterministic from here on, and float32 is float32: GPUs since Ampere
    would round the inputs of products and convolutions to 10 bits (TF32), nearly as coarse as the
    boxes that the sharpness is sought in. Random state is explicit everywhere, so no global seed
    is set.

    Args:
        replicas: devices of the strategy, 1 for none.
        threads: of a processor, for each operation and between operations: GPUs are then left
            alone. 0 takes GPUs where there are some, and leaves threads to TensorFlow.
        logical: cut one processor into ``replicas`` logical devices.
        in_pieces: several threads of one processor shall take pieces of a batch each, for
            networks that allow it (``RunSettings.rows_apart``); nothing changes elsewhere.
        gpus: positions of those that this process uses; None: all of them.

    Raises:
        SettingsError: there are fewer GPUs than ``replicas`` and ``logical`` is off, or than
            ``gpus`` names.
    """
    used = _only([] if logical or threads else gpus)
    pieces = threads if in_pieces and replicas == 1 and threads > 1 and not used else 1
    if threads:
        tf.config.threading.set_intra_op_parallelism_threads(1 if pieces > 1 else threads)
        tf.config.threading.set_inter_op_parallelism_threads(max(threads, replicas))
    tf.config.experimental.enable_op_determinism()
    tf.config.experimental.enable_tensor_float_32_execution(False)
    for gpu in used:
        tf.config.experimental.set_memory_growth(gpu, True)
    if replicas == 1:
        return Devices(1, "GPU" if used else "CPU", None, pieces)
    if logical:
        return _logical_devices(replicas)
    if len(used) < replicas:
        raise SettingsError(
            f"{replicas} devices asked for, {len(used)} GPUs found; ask for fewer, or add "
            "--logical-devices to try it on logical CPU devices."
        )
    names = [f"/gpu:{index}" for index in range(replicas)]
    return Devices(replicas, "GPU", tf.distribute.MirroredStrategy(names))


def _only(positions: Sequence[int] | None) -> list[Any]:
    """The GPUs at these places, None for all; the others are hidden from this process."""
    found: list[Any] = tf.config.list_physical_devices("GPU")
    if positions is None:
        return found
    if max(positions, default=-1) >= len(found):
        raise SettingsError(
            f"GPU {max(positions)} was there when this call began, {counted(len(found), 'GPU')} "
            "now; see what nvidia-smi says, and call again."
        )
    used = [found[position] for position in positions]
    if used != found:
        tf.config.set_visible_devices(used, "GPU")
    return used


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
