"""Memory of this process. Linux only, elsewhere nothing is known."""

from pathlib import Path

_STATUS = Path("/proc/self/status")


def resident_bytes() -> int | None:
    """What this process holds in memory now; None where the system does not tell."""
    return _field("VmRSS")


def peak_bytes() -> int | None:
    """The most this process has held so far.

    Not ``ru_maxrss``, which a process inherits from the one that started it.
    """
    return _field("VmHWM")


def _field(name: str) -> int | None:
    try:
        lines = _STATUS.read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    found = [line.split()[1] for line in lines if line.startswith(f"{name}:")]
    return int(found[0]) * 1024 if found else None
