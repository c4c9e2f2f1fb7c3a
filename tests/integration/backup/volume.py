"""A volume for dumps, and the scripts of the nightly backup run on it as the CronJob's pod runs them: by sh, and not as root."""

import contextlib
import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from scripts.node import ROOT
from tests.needs import missing

from logmesh.cli.local.account import unprivileged_account
from logmesh.cli.local.pgserver import find_programs

SCRIPTS = {
    "backup": ROOT / "manifests" / "base" / "timescaledb" / "backup",
    "restore": ROOT / "manifests" / "restore",
}
_LIMIT_SECONDS = 100


@dataclass(frozen=True, slots=True)
class Volume:
    """`folder` is what the pod has at /backups; `dsn` is a superuser's, `programs` are PostgreSQL's: none names the wheel's."""

    base: Path
    dsn: str
    programs: Path | None = None

    @property
    def folder(self) -> Path:
        """Where the dumps are."""
        return self.base / "backups"

    def dumps(self) -> list[str]:
        """Names, the oldest first."""
        return sorted(path.name for path in self.folder.glob("logmesh-*.dump"))

    def report(self, dump: str) -> dict[str, Any]:
        """What was written beside a dump."""
        found: dict[str, Any] = json.loads((self.folder / dump).with_suffix(".json").read_text())
        return found

    def backup(self, **environment: str) -> subprocess.CompletedProcess[str]:
        """A night's backup. Pieces are of a byte, so that each table's rows are counted by themselves."""
        return self.run("backup/backup.sh", FOLD_BYTES="1", **environment)

    def run(self, script: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """One of the scripts, with PostgreSQL's programs and `stand_in`'s on its PATH."""
        account = unprivileged_account()
        server = urlsplit(self.dsn)
        programs = self.programs or find_programs(account=account).bin
        settings = {
            "PATH": f"{self.base / 'bin'}:{programs}:/usr/local/bin:/usr/bin:/bin",
            "FOLDER": str(self.folder),
            # The wheel's programs have no zstd.
            "COMPRESS": "gzip:1",
            "PGHOST": str(server.hostname),
            "PGPORT": str(server.port or 5432),
            "PGUSER": server.username or "postgres",
            "PGPASSWORD": server.password or "",
            "PGDATABASE": server.path[1:],
        }
        return subprocess.run(
            ["sh", str(self.base / script), *arguments],
            env=settings | environment, cwd=self.base, capture_output=True, text=True, timeout=_LIMIT_SECONDS, check=False,
            **(account.for_popen() if account else {}),
        )  # fmt: skip

    def stand_in(self, program: str, text: str) -> None:
        """A program of this name, found before the machine's own, which `exec` reaches by its whole path."""
        path = self.base / "bin" / program
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)


@contextlib.contextmanager
def made_volume(dsn: str, *, megabytes: int | None = None, programs: Path | None = None) -> Iterator[Volume]:
    """A folder, or a disk of its own with so many MB, which ends the test where none may be mounted."""
    base = Path(tempfile.mkdtemp(prefix="logmesh-backup-"))
    mounted = False
    try:
        volume = Volume(base, dsn, programs)
        for folder in (volume.folder, base / "bin"):
            folder.mkdir()
        for name, scripts in SCRIPTS.items():
            shutil.copytree(scripts, base / name)
        if account := unprivileged_account():
            account.own(base)
        if megabytes is not None:
            command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=777", "tmpfs", str(volume.folder)]
            if subprocess.run(command, capture_output=True, check=False).returncode:
                missing("small disk")
            mounted = True
        yield volume
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", str(base / "backups")], check=True)
        shutil.rmtree(base)
