"""Certificates of TLS, kept in files that are replaced while a process runs."""

import logging
import ssl
from pathlib import Path
from typing import Final, NamedTuple

log: Final = logging.getLogger("logmesh")

_ATTEMPTS: Final = 3
_Stamp = tuple[tuple[int, int, int], ...]
"""Of each file its number, its time of change, and its size: what differs once it was replaced or written to."""


class Pem(NamedTuple):
    """What the files held, all of one moment; key and certificate are empty where only a server is checked."""

    authorities: bytes
    key: bytes = b""
    certificate: bytes = b""


class _Watched:
    """Files that are looked at each time their contents are asked for, and read again once they have changed.

    Contents that can't be used don't take the place of those before: a certificate that doesn't fit its key, half a file, none.
    """

    def __init__(self, *paths: str | Path) -> None:
        self.paths: Final = tuple(map(Path, paths))
        self._in_use: tuple[_Stamp | None, Pem] | None = None
        self._refused: tuple[_Stamp | None, str] | None = None

    def current(self) -> Pem:
        """The newest contents that can be used: the same object for as long as they are. Any thread.

        Raises OSError with the reason where there never were any.
        """
        # No lock: each attribute is replaced as a whole, two threads at once read the files twice, and a fork finds nothing held.
        before, stamp = self._in_use, self._stamp()
        try:
            if before is None or stamp is None or stamp != before[0]:
                stamp, pem = self._read()
                before = stamp, before[1] if before and before[1] == pem else pem
                self._in_use, self._refused = before, None
        except OSError as error:
            if before is None:
                raise
            if self._refused != (refused := (stamp, str(error))):
                self._refused = refused
                log.warning("certificates in use are kept, for those in the files can't be used: %s", error)
        return before[1]

    def _read(self) -> tuple[_Stamp | None, Pem]:
        """The contents and what they were known by. Once more where the files were exchanged meanwhile. Raises OSError."""
        for _ in range(_ATTEMPTS - 1):
            stamp = self._stamp()
            try:
                return stamp, self._read_once()
            except OSError:
                if self._stamp() == stamp:
                    raise
        return self._stamp(), self._read_once()

    def _read_once(self) -> Pem:
        contents = self._contents()
        self._check(*contents)
        if self._contents() != contents:
            raise OSError(f"{', '.join(map(str, self.paths))} are being written")
        return Pem(*contents)

    def _stamp(self) -> _Stamp | None:
        """None where a file is missing."""
        try:
            found = [path.stat() for path in self.paths]
        except OSError:
            return None
        return tuple((file.st_ino, file.st_mtime_ns, file.st_size) for file in found)

    def _contents(self) -> tuple[bytes, ...]:
        return tuple(path.read_bytes() for path in self.paths)

    def _check(self, authorities: bytes, *_pair: bytes) -> None:
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=authorities.decode("ascii"))
        except (ssl.SSLError, ValueError) as error:
            raise OSError(f"{self.paths[0]} holds no certificates of authorities: {error}") from error


class Authorities(_Watched):
    """The certificates that a server's is checked against, in a PEM file."""

    def __init__(self, path: str | Path) -> None:
        super().__init__(path)


class ServedFiles(_Watched):
    """Certificate chain and key that a server shows, and the authorities of those that clients must show; None: they need none."""

    def __init__(self, cert: str | Path, key: str | Path, ca: str | Path | None) -> None:
        super().__init__(*(() if ca is None else (ca,)), key, cert)
        self._has_authorities = ca is not None

    def _contents(self) -> tuple[bytes, ...]:
        contents = super()._contents()
        return contents if self._has_authorities else (b"", *contents)

    def _check(self, authorities: bytes, *_pair: bytes) -> None:
        if self._has_authorities:
            super()._check(authorities)
        key, cert = self.paths[-2:]
        try:
            # The password keeps OpenSSL from asking the terminal for one.
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(cert, key, password="")
        except ssl.SSLError as error:
            raise OSError(f"{cert} and {key} are not a certificate and its key: {error}") from error


class TlsFiles(ServedFiles):
    """Certificate chain, key and authorities in PEM files. Whoever replaces them need not replace them all at once."""

    def __init__(self, cert: str | Path, key: str | Path, ca: str | Path) -> None:
        super().__init__(cert, key, ca)
