"""Processes that the runner forks before anything else, and that wait to be told what to be: they share what they import.

So each costs the memory that it writes to and not 60 MiB of modules, and starts in a tenth of an interpreter's time. One that ends is
started again by an interpreter of its own: a process that has threads and uses gRPC can't be forked any more.
"""

import contextlib
import gc
import importlib
import json
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import setproctitle

from logmesh.cli.local.children import die_with_parent

_PROGRAMS: Final = ("logmesh.processor", "logmesh.gateway", "logmesh.producer")
_RECEIVER: Final = "logmesh.producer.receivers.receive"
_OF_THE_LAKE: Final = ("logmesh.keeper.__main__", "logmesh.processor.writer.lake", "logmesh.gateway.lake")
"""What processes import, and the keeper is, where there is a lake."""
_FORK: Final = multiprocessing.get_context("fork")


class Preforked:
    """A process that waits. It ends with the runner, and when it is dismissed."""

    def __init__(self) -> None:
        orders, self._orders = os.pipe()
        self.output, said = os.pipe()
        """Descriptor of what it writes to standard output and error."""
        self._process = _FORK.Process(target=_wait, args=(orders, said, os.getpid()), daemon=True)
        self._process.start()
        os.close(orders)
        os.close(said)

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid or 0

    def become(self, module: str, name: str, environment: Mapping[str, str]) -> None:
        """Be ``python -m MODULE`` in this environment and no other, under a title that says `name`.

        What a module reads of the environment while it is imported, as gRPC does its verbosity, is as it was in the runner.

        Raises BrokenPipeError when it has ended.
        """
        with os.fdopen(self._orders, "w") as orders:
            json.dump([module, name, dict(environment)], orders)

    def dismiss(self) -> None:
        """End, instead of becoming anything; what it said is gone."""
        self._process.kill()
        self.wait()
        os.close(self.output)

    def wait(self) -> int:
        """Wait for its end; return its status, negative for a signal."""
        self._process.join()
        return self._process.exitcode or 0


def prefork(count: int, *, lake: bool = False) -> list[Preforked]:
    """Fork `count` processes, of a system with a `lake` or without. This one must have no threads yet, and not have used gRPC."""
    for program in _PROGRAMS:
        _main_of(program)
    for module in (_RECEIVER, *(_OF_THE_LAKE if lake else ())):
        importlib.import_module(module)
    # All of this stays. To look for cycles in it would be to write to it.
    gc.collect()
    gc.freeze()
    return [Preforked() for _ in range(count)]


def _main_of(program: str) -> Callable[[], int]:
    """What ``python -m PROGRAM`` runs."""
    main: Callable[[], int] = importlib.import_module(f"{program}.__main__").main
    return main


def _wait(orders: int, output: int, runner: int) -> None:
    """In the fork: wait for orders, and follow them to the end."""
    os.setsid()  # the terminal's Ctrl-C is the runner's to hear
    die_with_parent(signal.SIGTERM)()
    if os.getppid() != runner:
        return
    for target, source in enumerate((os.open(os.devnull, os.O_RDONLY), output, output)):
        os.dup2(source, target)
    sys.stdin = os.fdopen(0)
    _close_all_but({0, 1, 2, orders})
    with os.fdopen(orders) as heard:
        told = heard.read()
    if not told:
        return
    module, name, environment = json.loads(told)
    setproctitle.setproctitle(f"{sys.executable} -m {module} ({name})")
    setproctitle.setthreadtitle(name)
    os.environ.clear()  # not before: the title takes its place in memory
    os.environ.update(environment)
    sys.argv = [module]
    sys.exit(_main_of(module)())


def _close_all_but(kept: set[int]) -> None:
    """Such as the lock of the data folder, and the orders of others."""
    for descriptor in [int(path.name) for path in Path("/proc/self/fd").iterdir()]:
        if descriptor not in kept:
            with contextlib.suppress(OSError):  # that of the folder just read
                os.close(descriptor)
