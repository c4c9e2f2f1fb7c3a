"""A PostgreSQL server of one's own: made on first start, durable, on loopback alone, with Logmesh's roles in it.

Passwords are random and lie in one file of mode 600. Commits survive a crash and power loss: fsync and
synchronous_commit stay on.
"""

import json
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from logmesh.cli.local.account import unprivileged_account
from logmesh.cli.local.children import spawn
from logmesh.cli.local.errors import LocalError
from logmesh.cli.local.pgserver import find_programs
from logmesh.cli.local.ports import port_near, require_free
from logmesh.cli.local.socket_folder import SocketFolder
from logmesh.runtime.secret_files import write_secret

DATABASE = "logmesh"
SUPERUSER = "postgres"
Role = Literal["postgres", "logmesh_owner", "logmesh_writer", "logmesh_reader"]
ROLES: tuple[Role, ...] = ("logmesh_owner", "logmesh_writer", "logmesh_reader")
PREFERRED_PORT = 54320

# A laptop's share of memory and disk. Durability is as in production.
SETTINGS = {
    "shared_buffers": "512MB",
    # The wheel has only pglz, which costs a loading server a tenth of its CPU for pages that are written once.
    "wal_compression": "off",
    # A start touches all of them, and a COPY costs the same with 2 MB as with 32.
    "wal_buffers": "4MB",
    "max_wal_size": "1GB",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "max_connections": "100",
    "log_min_messages": "warning",
    "timezone": "UTC",
}

# The path of the data folder as PostgreSQL sees it. It is started in that folder and reaches it through the kernel's
# link, so that the folders above, such as root's home, need not be open to the account it runs as.
HERE = "/proc/self/cwd"

StopMode = Literal["fast", "immediate", "kill"]
_SIGNALS: dict[StopMode, signal.Signals] = {
    "fast": signal.SIGINT,
    "immediate": signal.SIGQUIT,  # as `pg_ctl -m immediate`: no checkpoint, the next start recovers from its log
    "kill": signal.SIGKILL,
}


class Postgres:
    """One server with its data below `directory`. `start`, `stop` and `start` again as often as needed."""

    ready_seconds = 600.0
    """How long a start may take: after a crash, all that its log of writes holds is written again."""

    def __init__(
        self,
        directory: Path,
        *,
        port: int | None = None,
        settings: Mapping[str, str] | None = None,
        installation: Path | None = None,
    ) -> None:
        """`port`: None takes 54320 or, when that is in use at the first start, any free one. `settings` go over SETTINGS.
        `installation`: a folder that all may read, whose `bin` holds PostgreSQL's programs; None takes those of the wheel."""
        self.directory = directory
        self._installation = installation
        self._wanted_port = port
        self._settings = {**SETTINGS, **(settings or {})}
        self.port = 0
        self.process: subprocess.Popen[bytes] | None = None
        self._port_is_settled = port is not None
        self._account = unprivileged_account()
        self._sockets = SocketFolder(self._account)

    @property
    def log_path(self) -> Path:
        """Where the server writes its log."""
        return self.directory / "server.log"

    @property
    def _data(self) -> Path:
        return self.directory / "data"

    def dsn(self, role: Role, database: str = DATABASE, *, over_socket: bool = False) -> str:
        """A connection string with the role's password; over TCP on loopback, or over the Unix socket."""
        passwords: dict[str, str] = json.loads((self.directory / "passwords.json").read_text())
        if over_socket:
            where = f"/{database}?host={quote(str(self._sockets.path), safe='')}&port={self.port}"
        else:
            where = f"127.0.0.1:{self.port}/{database}"
        return f"postgresql://{role}:{passwords[role]}@{where}"

    def start(self, timeout_seconds: float = 60) -> None:
        """Make the server when there is none yet, start it and wait until it takes connections.

        Raises LocalError with the end of the server's log when it doesn't.
        """
        self.prepare()
        self.spawn()
        deadline = time.monotonic() + timeout_seconds
        while not self.ready():
            if time.monotonic() > deadline:
                self.stop("immediate")
                raise LocalError(f"PostgreSQL was not ready after {timeout_seconds:.0f} s; its log is {self.log_path}")
            time.sleep(0.02)

    def prepare(self) -> None:
        """Choose the port, and make the data, the roles and the database if they are not there.

        They are made completely or not at all. `dsn` is certain once `spawn` has settled the port.
        """
        if not self.port:
            self.port = self._wanted_port or port_near(PREFERRED_PORT)
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not self._data.exists():
            self._make_data()

    def spawn(self) -> None:
        """Start the server of a prepared folder, without waiting for it.

        The first call settles the port, and later ones keep it. Raises LocalError when it is in use then.
        """
        major = int((self._data / "PG_VERSION").read_text())
        programs = find_programs(major=major, account=self._account, installation=self._installation)
        if not self._port_is_settled:
            # Making the data takes seconds, in which another start may have taken the port that was free before.
            self.port = port_near(self.port)
            self._port_is_settled = True
        require_free("127.0.0.1", self.port, "PostgreSQL")
        settings = self._settings | {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": str(self._sockets.path),
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with self.log_path.open("ab") as log:
            self.process = spawn(
                [programs.bin / "postgres", "-D", HERE, *options],
                output=log,
                farewell=signal.SIGINT,
                directory=self._data,
                account=self._account,
            )

    def ready(self) -> bool:
        """Whether the server takes connections. Raises LocalError when it has exited instead."""
        if self.process is None or self.process.poll() is not None:
            lines = self.log_path.read_text(errors="replace").strip().splitlines()[-3:]
            raise LocalError("PostgreSQL stopped: " + " | ".join(lines or ["it said nothing"]))
        # The last line of postmaster.pid is the server's own word on its state.
        try:
            state = (self._data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        if len(state) < 8 or int(state[0]) != self.process.pid or state[7].strip() != "ready":
            return False
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self, mode: StopMode = "fast", timeout_seconds: float = 60) -> None:
        """Stop the server: "fast" writes everything out, "immediate" and "kill" leave recovery to the next start."""
        if (process := self.process) is not None:
            if process.poll() is None:
                process.send_signal(_SIGNALS[mode])
            try:
                process.wait(timeout_seconds)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            self.process = None

    def _make_data(self) -> None:
        unfinished = self.directory / "data.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        if self._account:
            self._account.own(unfinished)
        passwords = {role: secrets.token_urlsafe(24) for role in (SUPERUSER, *ROLES)}
        write_secret(self.directory / "passwords.json", json.dumps(passwords, indent=2).encode())
        programs = find_programs(account=self._account, installation=self._installation)
        # C's order is the fastest; the built-in provider, where there is one, knows upper and lower case everywhere.
        locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"] if programs.major >= 17 else []
        with tempfile.NamedTemporaryFile("w", prefix="logmesh-") as password:
            password.write(passwords[SUPERUSER])
            password.flush()
            if self._account:
                self._account.own(Path(password.name))
            options = ["--auth=scram-sha-256", f"--pwfile={password.name}", "--encoding=UTF8", "--locale=C", *locale]
            self._run(unfinished, [programs.bin / "initdb", "-D", HERE, "-U", SUPERUSER, *options])
        # In single-user mode nobody can connect before the roles have passwords. A blank line ends a statement.
        statements = [f"CREATE ROLE {role} LOGIN PASSWORD '{passwords[role]}'" for role in ROLES]
        statements.append(f"CREATE DATABASE {DATABASE} OWNER {ROLES[0]}")
        single = ["--single", "-j", "-D", HERE, "-c", "log_min_messages=error", SUPERUSER]
        script = "".join(f"{statement};\n\n" for statement in statements)
        self._run(unfinished, [programs.bin / "postgres", *single], script)
        unfinished.rename(self._data)

    def _run(self, directory: Path, command: Sequence[str | Path], text: str = "") -> None:
        account = self._account.for_popen() if self._account else {}
        try:
            done = subprocess.run(
                command, input=text, cwd=directory, capture_output=True, text=True, check=False, **account
            )
        except PermissionError as error:
            raise LocalError(f"can't run PostgreSQL as user {self._account}: {error}") from error
        if done.returncode or "ERROR:" in done.stderr:
            raise LocalError(f"can't make the database: {' | '.join(done.stderr.strip().splitlines()[-3:])}")
