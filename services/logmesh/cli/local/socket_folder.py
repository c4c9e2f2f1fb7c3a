"""A folder with a short path for a server's Unix sockets. A socket's path holds at most 107 bytes, too few for many data folders."""

import os
import shutil
import tempfile
import weakref
from pathlib import Path

from logmesh.cli.local.account import Account


class SocketFolder:
    """Made on first use, and the same from then on, however often the server dies: clients have been told of it.

    It goes with this object, or with this process.
    """

    def __init__(self, account: Account | None = None) -> None:
        """`account` is whom the server runs as."""
        self._account = account
        self._path: Path | None = None

    @property
    def path(self) -> Path:
        """The folder, which is there."""
        if self._path is None:
            self._path = Path(tempfile.mkdtemp(prefix="logmesh-"))
            weakref.finalize(self, _remove, self._path, os.getpid())
        elif self._path.exists():
            return self._path
        else:  # temporary folders are cleaned of what is old
            self._path.mkdir(mode=0o700)
        if self._account is not None:
            self._account.own(self._path)
        return self._path


def _remove(path: Path, owner: int) -> None:
    if os.getpid() == owner:  # and not a child that was forked
        shutil.rmtree(path, ignore_errors=True)
