"""Messages at the terminal."""

from rich.console import Console
from rich.markup import escape

from study.words import printable

# wide enough outside a terminal that no line of ours is broken
_PLAIN_WIDTH = 200


def console(stderr: bool = False) -> Console:
    """A console for standard output, or for standard error."""
    made = Console(stderr=stderr, highlight=False, soft_wrap=True)
    if not made.is_terminal:
        made = Console(stderr=stderr, highlight=False, width=_PLAIN_WIDTH, soft_wrap=True)
    return made


def error_line(message: str) -> None:
    """Prints one line on standard error."""
    one_line = " ".join(message.split())
    console(stderr=True).print(f"[bold red]error:[/] {escaped(one_line)}")


def escaped(text: str) -> str:
    """``text`` without meaning as markup or to a terminal, for what comes from outside."""
    return escape("\n".join(map(printable, text.split("\n"))))


def duration(seconds: float) -> str:
    """ "12 s", "3 min", "1 h 05 min"."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"


def size(count: float) -> str:
    """Bytes with a decimal unit."""
    for unit in ("B", "kB", "MB", "GB"):
        if float(f"{count:.3g}") < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} TB"
