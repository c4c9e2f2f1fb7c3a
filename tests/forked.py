"""What a program does at its end, in a process that was forked to be one."""

import atexit
import os
import sys
import traceback
from collections.abc import Callable


def code_of(program: Callable[[], object]) -> int:
    """Run a program as an interpreter runs it: what it exits with, once all that it said is written."""
    code: object = 0
    try:
        program()
    except SystemExit as exit_:
        code = exit_.code
        if isinstance(code, str):
            print(code, file=sys.stderr)
    except BaseException:  # noqa: BLE001  # the interpreter's last word on any of them
        traceback.print_exc()
        code = 1
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    return code if isinstance(code, int) else int(code is not None)


def take_streams(streams: list[int]) -> None:
    """Have these be standard input, output and error."""
    for standard, stream in enumerate(streams):
        os.dup2(stream, standard)
        os.close(stream)
