"""What the tests of comparisons share: a few pictures, and sides that sleep."""

from typing import Any

import pytest

from study.bench.peers.compare import Side
from study.data.load import load_dataset


@pytest.fixture(scope="module")
def dataset() -> Any:
    return load_dataset("embedded", 32, pictures=120)


def sleeper(
    name: str, seconds: float, pictures: int = 10, processes: int = 1, **facts: Any
) -> Side:
    options = {"note": "", "seconds": seconds, "pictures": pictures, "facts": facts}
    return Side(name, "tests.bench_jobs:sleep", options, 1, processes)
