"""How to send the first log to a system that has none yet, with its own addresses. Pure."""

from collections.abc import Iterator
from pathlib import Path

from logmesh.cli.local.run_state import RunState, elsewhere


def first_log(running: RunState | None, data_dir: Path) -> str:
    """In a line: what to type. `running` is the system that is asked, None when it runs elsewhere."""
    return (
        f"no log has come yet; send the first: echo hello | logmesh ship - --service hello{_where(running, data_dir)}"
    )


def ways(running: RunState | None, data_dir: Path) -> Iterator[str]:
    """In several lines: from the shell, from a file, from a program."""
    where = _where(running, data_dir)
    yield "No log has come yet. Send the first:"
    yield f"  echo hello | logmesh ship - --service hello{where}"
    yield f"  logmesh ship app.log --service checkout --follow{where}"
    if running is not None:
        yield (
            f"From a program, over gRPC to {running.target} in mutual TLS with {running.tls_cert}, {running.tls_key}"
            f" and {running.tls_ca}: docs/client.md"
        )
    else:
        yield "From a program, over gRPC to the processors: docs/client.md"
    yield f"It is in the database when ship ends: logmesh search --since 5m{elsewhere(data_dir)}"


def _where(running: RunState | None, data_dir: Path) -> str:
    """Options with which `ship` finds the system."""
    return elsewhere(data_dir) if running is not None else " --target PROCESSORS"
