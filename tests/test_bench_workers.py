"""Workers of the benchmark: their laps, their end, and what one that fails says."""

import pytest

from study.bench.process import BenchWorker
from study.errors import StudyError


def test_laps_of_two_workers_alternate_and_are_timed() -> None:
    options = {"note": "here", "seconds": 0.05}
    with (
        BenchWorker("tests.bench_jobs:sleep", options) as one,
        BenchWorker("tests.bench_jobs:sleep", options) as other,
    ):
        assert one.ready()["note"] == other.ready()["note"] == "here"
        found = [worker.lap() for worker in (one, other, other, one)]
    assert [lap["number"] for lap in found] == [0, 0, 1, 1]
    for lap in found:
        assert 0.05 <= lap["seconds"] < 5
        assert lap["processor_seconds"] < 0.05


def test_a_worker_ends_when_its_conductor_has_gone() -> None:
    with BenchWorker("tests.bench_jobs:sleep", {"note": "", "seconds": 600.0}) as worker:
        worker.ready()
        worker.start_lap()
        process = worker._process
        assert process.stdin is not None
        # as the end of the conductor's process does
        process.stdin.close()
        assert process.wait(timeout=30) == 0


def test_a_worker_that_fails_says_why() -> None:
    with (
        BenchWorker("tests.bench_jobs:fail", {"message": "no such net"}) as worker,
        pytest.raises(StudyError, match=r"fail\): ValueError: no such net"),
    ):
        worker.ready()


def test_a_worker_that_dies_says_so() -> None:
    with BenchWorker("tests.bench_jobs:die", {}) as worker:
        worker.ready()
        with pytest.raises(StudyError, match="exit code 1"):
            worker.lap()
