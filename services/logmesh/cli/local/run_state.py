"""What is running under a data folder, for `ship`, `search` and `status`: they find it without being told an address."""

import contextlib
import fcntl
import json
import os
import shlex
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from logmesh.cli.local.errors import LocalError
from logmesh.runtime.secret_files import write_secret

DEFAULT_DATA_DIR = Path("~/.local/share/logmesh")


def elsewhere(data_dir: Path) -> str:
    """The option that leads a command to this data folder, after a space; empty for the folder where everyone looks."""
    folder = data_dir.expanduser().absolute()
    return "" if folder == DEFAULT_DATA_DIR.expanduser().absolute() else f" --data-dir {shlex.quote(str(folder))}"


@dataclass(frozen=True, slots=True)
class RunState:
    """Addresses and files of a running system. Secrets are named by the file they lie in, of mode 600."""

    pid: int
    gateway: str
    """`host:port` of the API as the edge serves it, plaintext on loopback."""
    target: str
    """gRPC target of producers."""
    processors: list[str]
    """`host:port` of each processor's direct port, in mutual TLS."""
    tls_cert: str
    tls_key: str
    tls_ca: str
    """Certificate, key and authority with which a producer comes to the processors."""
    dsn_file: str
    """JSON: connection string by role."""
    metrics: dict[str, str]
    """Address of /metrics by process."""


def write_run_state(data_dir: Path, state: RunState) -> None:
    """Say what is running here."""
    write_secret(data_dir / "run.json", json.dumps(asdict(state), indent=2).encode())


def read_run_state(data_dir: Path) -> RunState | None:
    """What is running under the data folder; None when nothing is, even where a killed run left its file."""
    try:
        with _lock_file(data_dir, os.O_RDONLY) as descriptor:
            if _locks(descriptor, fcntl.LOCK_SH):
                return None
        known: dict[str, object] = json.loads((data_dir / "run.json").read_text())
        return RunState(**known)  # type: ignore[arg-type]  # as write_run_state wrote it
    except (FileNotFoundError, PermissionError, ValueError, TypeError):
        return None


@contextlib.contextmanager
def only_instance(data_dir: Path) -> Iterator[None]:
    """Hold the data folder for this process. Raises LocalError when another has it."""
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor_of = _lock_file(data_dir, os.O_RDWR | os.O_CREAT)
    except OSError as error:
        raise LocalError(f"can't use {data_dir} as the data folder: {error.strerror}") from error
    with descriptor_of as descriptor:
        if not _locks(descriptor, fcntl.LOCK_EX):
            pid = os.pread(descriptor, 20, 0).decode() or "unknown"
            raise LocalError(
                f"Logmesh already runs in {data_dir} (pid {pid}): stop it, or give another --data-dir and --loopback 127.0.1"
            )
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        try:
            yield
        finally:
            (data_dir / "run.json").unlink(missing_ok=True)


@contextlib.contextmanager
def _lock_file(data_dir: Path, flags: int) -> Iterator[int]:
    descriptor = os.open(data_dir / "lock", flags | os.O_CLOEXEC, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _locks(descriptor: int, how: int) -> bool:
    try:
        fcntl.flock(descriptor, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
