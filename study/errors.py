"""Errors whose message is meant for the person at the terminal."""

# of a stored message; it names paths, and how to mend it stands last
LONGEST_REASON = 600
# the exit code after Ctrl-C
INTERRUPTED = 130


def reason_of(error: BaseException | str) -> str:
    """The first line of a message, as it is stored and sent on; of an error with its kind."""
    first = (str(error).strip().splitlines() or [""])[0]
    text = first if isinstance(error, str) else f"{type(error).__name__}: {first}"
    return text[:LONGEST_REASON]


class StudyError(Exception):
    """Something the user can mend.

    The message is one line that says what came, what was expected and how to mend it; the
    command line prints it without a traceback and exits with ``exit_code``.
    """

    exit_code = 2


class DataError(StudyError):
    """A data source that is missing, hostile or does not hold what the study needs."""


class StoreError(StudyError):
    """A study directory or stored result that is missing, locked, damaged or not ours."""


class DiskError(StoreError):
    """A file cannot be written, for want of space or rights; no other task would fare better."""


class SettingsError(StudyError):
    """Settings that contradict each other, the data or the machine."""
