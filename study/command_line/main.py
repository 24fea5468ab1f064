"""The entry of the command line: parses, runs a command, turns errors into one line."""

import os
import sys
from collections.abc import Sequence
from typing import Annotated

import tyro

from study.command_line.commands import (
    Bench,
    Data,
    Doctor,
    ListAll,
    Publish,
    Remedies,
    Report,
    Reproduce,
    Run,
    Status,
    StudyOptions,
)
from study.command_line.terminal import error_line
from study.errors import INTERRUPTED, StudyError

_name = tyro.conf.subcommand
Command = (
    Annotated[Reproduce, _name("reproduce")]
    | Annotated[Run, _name("run")]
    | Annotated[Status, _name("status")]
    | Annotated[Report, _name("report")]
    | Annotated[Publish, _name("publish")]
    | Annotated[Remedies, _name("remedies")]
    | Annotated[ListAll, _name("list")]
    | Annotated[Doctor, _name("doctor")]
    | Annotated[Data, _name("data")]
    | Annotated[Bench, _name("bench")]
)
_BROKEN_PIPE = 141


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code.

    0 on success, 2 for what the user can mend (one line on standard error), 130 after Ctrl-C.
    """
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    command = tyro.cli(
        Command,
        prog="python -m study",
        description=(
            "Effect of batch size on neural net training: trains, measures and reports. "
            "Start with: python -m study reproduce"
        ),
        args=arguments,
        config=(tyro.conf.OmitArgPrefixes, tyro.conf.FlagCreatePairsOff),
    )
    return run_command(command)


def run_command(command: Command) -> int:
    """Runs a parsed command; errors become a line and an exit code, unless ``--debug`` is on."""
    try:
        return command.run()
    except StudyError as error:
        if command.debug:
            raise
        error_line(str(error))
        return error.exit_code
    except KeyboardInterrupt:
        resumes = isinstance(command, StudyOptions)
        error_line(
            "Interrupted."
            + resumes * " Everything finished is stored; the same command goes on from here."
        )
        return INTERRUPTED
    except BrokenPipeError:
        # the reader of our output has gone, as with "| head"
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _BROKEN_PIPE
    except (OSError, MemoryError) as error:
        if command.debug:
            raise
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        where = f" ({error.filename})" if isinstance(error, OSError) and error.filename else ""
        error_line(f"{reason}{where}. Call again with --debug to see where it happened.")
        return 1
    except Exception as error:
        if command.debug:
            raise
        error_line(
            f"unexpected {type(error).__name__}: {error}. What is stored may have been edited, or "
            "this is a fault of ours; call again with --debug to see where it happened."
        )
        return 1
