"""What a container may use of its machine: the limits of its control group."""

from dataclasses import dataclass
from pathlib import Path

# version 1 writes "no limit" as a huge number of bytes
_NO_LIMIT = 2**60


@dataclass(frozen=True)
class Limits:
    """Limits of a control group; None where there is none.

    Attributes:
        processors: share of processor time, in processors: 1.5 for one and a half.
        memory_bytes: of all its processes together.
    """

    processors: float | None = None
    memory_bytes: int | None = None


def group_limits(root: Path = Path("/")) -> Limits:
    """The tightest limits on this process, of its control group and those above it.

    Reads version 2 (``cpu.max``, ``memory.max``) and version 1 (``cpu.cfs_quota_us``,
    ``memory.limit_in_bytes``); what is missing or cannot be read limits nothing.

    Args:
        root: folder with ``proc`` and ``sys``.
    """
    processors: list[float] = []
    memory: list[int] = []
    mount = root / "sys" / "fs" / "cgroup"
    for controllers, group in _groups(root / "proc" / "self" / "cgroup"):
        for folder in _folders(mount, controllers, group):
            processors += _quota(folder)
            memory += _memory(folder)
    return Limits(min(processors, default=None), min(memory, default=None))


def _groups(path: Path) -> list[tuple[str, str]]:
    """(controllers, path of the group) of this process; without a list, the mount itself."""
    rows = [line.split(":", 2) for line in _text(path).splitlines()]
    return [(row[1], row[2]) for row in rows if len(row) == 3] or [("", "/")]


def _folders(mount: Path, controllers: str, group: str) -> list[Path]:
    """The group's folder and those above, up to the mount.

    In a container the path is often the host's and does not exist: the mount is the group then.
    """
    found = []
    for base in [mount / name for name in (controllers, *controllers.split(","))]:
        parts = [part for part in group.split("/") if part not in ("", ".", "..")]
        found += [base.joinpath(*parts[:count]) for count in range(len(parts) + 1)]
    return list(dict.fromkeys(found))


def _quota(folder: Path) -> list[float]:
    allowed, _, period = _text(folder / "cpu.max").strip().partition(" ")
    if not allowed:
        allowed = _text(folder / "cpu.cfs_quota_us").strip()
        period = _text(folder / "cpu.cfs_period_us").strip()
    try:
        share = float(allowed) / float(period)
    except (ValueError, ZeroDivisionError):
        return []
    return [share] if share > 0 else []


def _memory(folder: Path) -> list[int]:
    text = _text(folder / "memory.max") or _text(folder / "memory.limit_in_bytes")
    try:
        size = int(text)
    except ValueError:
        return []
    return [size] if 0 < size < _NO_LIMIT else []


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return ""
