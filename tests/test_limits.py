"""Limits of containers, read from made-up folders of control groups."""

from pathlib import Path

import pytest

from study.store import environment
from study.store.limits import Limits, group_limits

GB = 10**9


def made(root: Path, groups: str, files: dict[str, str]) -> Path:
    """A root folder whose process list says ``groups`` and whose mount holds ``files``."""
    (root / "proc" / "self").mkdir(parents=True)
    (root / "proc" / "self" / "cgroup").write_text(groups)
    for name, text in files.items():
        path = root / "sys" / "fs" / "cgroup" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


@pytest.mark.parametrize(
    ("groups", "files", "wanted"),
    [
        ("0::/\n", {"cpu.max": "150000 100000\n", "memory.max": f"{GB}\n"}, Limits(1.5, GB)),
        ("0::/\n", {"cpu.max": "max 100000\n", "memory.max": "max\n"}, Limits()),
        # the tightest of the group and those above it
        (
            "0::/a/b\n",
            {
                "a/b/cpu.max": "max 100000",
                "a/cpu.max": "200000 100000",
                "cpu.max": "400000 100000",
                "a/b/memory.max": str(GB),
                "a/memory.max": str(4 * GB),
            },
            Limits(2.0, GB),
        ),
        # a container that sees the host's path
        ("0::/docker/0123\n", {"cpu.max": "50000 100000"}, Limits(0.5)),
        (
            "5:memory:/box\n4:cpu,cpuacct:/box\n1:name=systemd:/box\n",
            {
                "cpu,cpuacct/box/cpu.cfs_quota_us": "300000\n",
                "cpu,cpuacct/box/cpu.cfs_period_us": "100000\n",
                "cpu,cpuacct/cpu.cfs_quota_us": "-1\n",
                "cpu,cpuacct/cpu.cfs_period_us": "100000\n",
                "memory/box/memory.limit_in_bytes": f"{2 * GB}\n",
                "memory/memory.limit_in_bytes": "9223372036854771712\n",
            },
            Limits(3.0, 2 * GB),
        ),
        # mounted under the controller's own name
        (
            "4:cpu,cpuacct:/\n",
            {"cpu/cpu.cfs_quota_us": "100000", "cpu/cpu.cfs_period_us": "100000"},
            Limits(1.0),
        ),
        ("0::/\n", {"cpu.max": "garbage", "memory.max": "lots"}, Limits()),
        ("0::/\n", {"cpu.max": "100000 0", "memory.max": "0"}, Limits()),
        ("garbage", {"cpu.max": "200000 100000"}, Limits(2.0)),
        ("0::/../../..\n", {"cpu.max": "200000 100000"}, Limits(2.0)),
    ],
)
def test_limits(tmp_path: Path, groups: str, files: dict[str, str], wanted: Limits) -> None:
    assert group_limits(made(tmp_path, groups, files)) == wanted


def test_machine_without_control_groups(tmp_path: Path) -> None:
    assert group_limits(tmp_path) == Limits()


@pytest.mark.parametrize(
    ("limits", "cores"),
    [(Limits(), 8), (Limits(2.5), 2), (Limits(0.5), 1), (Limits(64.0), 8)],
)
def test_cores_that_may_be_used(
    monkeypatch: pytest.MonkeyPatch, limits: Limits, cores: int
) -> None:
    monkeypatch.setattr(environment, "group_limits", lambda: limits)
    monkeypatch.setattr("os.sched_getaffinity", lambda process: set(range(8)))
    assert environment.hardware()["cores"] == cores


def test_memory_that_may_be_used(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = environment.hardware()["memory_bytes"]
    monkeypatch.setattr(environment, "group_limits", lambda: Limits(None, whole // 2))
    assert environment.hardware()["memory_bytes"] == whole // 2
