"""One worker of the benchmark, as the conductor sees it. No TensorFlow here."""

import contextlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any

from study.conduct.protocol import receive, send_to
from study.errors import StudyError


class BenchWorker:
    """Starts a worker on a job and calls its laps; a context manager that ends it.

    Args:
        job: "module:function", called with the options and the ``Laps``.
        options: plain values.
        threads: of numerical libraries that read the environment; 0 leaves it to them.
        environment: further variables.
    """

    def __init__(
        self,
        job: str,
        options: dict[str, Any],
        threads: int = 0,
        environment: dict[str, str] | None = None,
    ) -> None:
        self._name = job
        variables = dict(os.environ)
        if threads:
            variables["OMP_NUM_THREADS"] = str(threads)
        # closed in ``end``
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115
        self._process = subprocess.Popen(
            [sys.executable, "-m", "study.bench.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            encoding="utf-8",
            cwd=Path(__file__).parents[2],
            env={**variables, **(environment or {})},
        )
        send_to(self._process, {"job": job, "options": options})

    def __enter__(self) -> "BenchWorker":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.end()

    def ready(self) -> dict[str, Any]:
        """Waits until the warm-up is over; what the worker tells of it.

        Raises:
            StudyError: the worker has failed or died.
        """
        return self._event("ready")

    def start_lap(self, side: int = 0) -> None:
        """Lets the next lap begin, of the side with this number where a worker has several."""
        send_to(self._process, {"side": side})

    def finish_lap(self) -> dict[str, Any]:
        """Waits for the end of the lap; what the worker tells of it.

        Raises:
            StudyError: the worker has failed or died.
        """
        return self._event("lap")

    def lap(self) -> dict[str, Any]:
        """One lap from its beginning to its end."""
        self.start_lap()
        return self.finish_lap()

    def end(self) -> None:
        """Ends the process; it stores nothing, so nothing is lost."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.kill()
        self._process.wait()
        # what was not sent any more cannot be flushed into a closed pipe
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.stdout.close()
        self._errors.close()

    def _event(self, kind: str) -> dict[str, Any]:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            event = receive(line)
            if event is None:
                continue
            if event["event"] == "failed":
                raise StudyError(f"a measurement failed ({self._name}): {event['reason']}")
            if event["event"] == kind:
                return event
        code = self._process.wait()
        raise StudyError(
            f"a measurement ended before its time ({self._name}, exit code {code}): "
            f"{self._last_words()}"
        )

    def _last_words(self) -> str:
        self._errors.seek(0)
        lines = self._errors.read().decode(errors="replace").strip().splitlines()
        return lines[-1][:300] if lines else "it printed nothing"
