"""Certificates of mutual TLS, kept in files that may be replaced while a process runs."""

from pathlib import Path


class TlsFiles:
    """Certificate, key and authority in PEM files, read anew each time they are asked for."""

    def __init__(self, cert: Path, key: Path, ca: Path) -> None:
        self._cert, self._key, self._ca = cert, key, ca

    def read(self) -> tuple[bytes, bytes, bytes]:
        """Return (certificate chain, key, authorities). Raises OSError with the file's name."""
        return self._cert.read_bytes(), self._key.read_bytes(), self._ca.read_bytes()
