"""How a command that asks a gateway ends: quietly when nobody reads any more, else with one line when something is wrong."""

import contextlib
import os
import sys
from collections.abc import Iterator
from typing import Final

import typer

from logmesh.cli.errors import CommandError

INTERRUPTED: Final = 130
"""As shells have it: 128 and the number of SIGINT."""


@contextlib.contextmanager
def ending(command: str, *, interrupted: int = INTERRUPTED) -> Iterator[None]:
    """End the command as its help says; `interrupted` is the exit code after Ctrl-C.

    A pipe that the other side has closed, such as `| head` does, is a success: who asked has seen enough.
    """
    try:
        yield
        sys.stdout.flush()  # at the interpreter's end it would be too late to tell a closed pipe from a failure
    except KeyboardInterrupt:
        raise typer.Exit(interrupted) from None
    except BrokenPipeError:
        # What is still to be flushed must not fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(0) from None
    except CommandError as error:
        typer.secho(f"logmesh {command}: {error}", fg="red", err=True)
        raise typer.Exit(error.exit_code) from error
