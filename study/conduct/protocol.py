"""How the conductor and its workers speak: one JSON value a line, over the worker's pipes.

To a worker: its configuration, then one task at a time. From it: events, each a dict with
``event``: ``ready``, ``epoch`` and ``progress`` while a task runs, then ``done`` or ``failed``.
"""

import contextlib
import json
import subprocess
from dataclasses import asdict, dataclass, field, replace
from typing import IO, Any


@dataclass(frozen=True)
class WorkerConfiguration:
    """What a worker process is set up with, once.

    Attributes:
        study: the study directory.
        data: the prepared data set's directory.
        replicas: devices of its strategy.
        threads: of its operations on a processor; 0 takes GPUs.
        logical: devices are logical ones of one processor.
        measures: how much is measured, as plain values.
        in_pieces: its threads take pieces of a batch each, where there are several.
        jobs: workers side by side, itself among them; for the record of its runs.
        hardware: of the machine, with the GPUs that it uses, for the same.
        gpus: their positions among those that TensorFlow finds; None: all.
        whole_epochs: an epoch on one device is one call of the compiled step.
    """

    study: str
    data: str
    replicas: int
    threads: int
    logical: bool
    measures: dict[str, Any]
    in_pieces: bool = False
    jobs: int = 1
    hardware: dict[str, Any] = field(default_factory=dict)
    gpus: tuple[int, ...] | None = None
    whole_epochs: bool = True

    def for_worker(self, number: int) -> "WorkerConfiguration":
        """That of one worker: where runs take one device, GPUs are dealt out in turn."""
        named = self.hardware.get("gpus") or ()
        if self.logical or not named:
            return self
        several = range(min(self.replicas, len(named)))
        positions = tuple(several) if self.replicas > 1 else (number % len(named),)
        own = {**self.hardware, "gpus": [named[position] for position in positions]}
        return replace(self, gpus=positions, hardware=own)

    def as_dict(self) -> dict[str, Any]:
        """Plain values, as sent."""
        return asdict(self)


def send(stream: IO[str], value: dict[str, Any]) -> None:
    """Writes one value and flushes."""
    stream.write(json.dumps(value, allow_nan=False) + "\n")
    stream.flush()


def send_to(process: "subprocess.Popen[str]", value: dict[str, Any]) -> None:
    """Writes one value to a process; if it has ended, whoever listens to it hears that."""
    assert process.stdin is not None
    with contextlib.suppress(BrokenPipeError):
        send(process.stdin, value)


def receive(line: str) -> dict[str, Any] | None:
    """Reads one value; None for a line that is none (a library printing to the pipe)."""
    try:
        value = json.loads(line)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
