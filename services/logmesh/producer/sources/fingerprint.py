"""Knows a file by what it begins with and by what stands before our offset, whatever its name or inode became."""

import re
import zlib
from pathlib import Path
from typing import Final, NamedTuple

from logmesh.producer.sources.unpacking import SUFFIXES

LENGTH: Final = 1024
"""How many bytes are looked at, where there are as many."""

_ROTATED: Final = re.compile(rf"(?:[.\-_](?:old|bak|[\dT:\-_.]+))?(?:{'|'.join(map(re.escape, SUFFIXES))})?$")
# What rotation puts between a file's name and what it adds.
_SEPARATORS: Final = ".-_~"


class Fingerprint(NamedTuple):
    """CRC-32 of some bytes, and how many they were; none match no file."""

    length: int = 0
    crc: int = 0

    def matches(self, found: bytes) -> bool:
        """Whether `found` begins with the bytes this was made of."""
        return 0 < self.length <= len(found) and zlib.crc32(found[: self.length]) == self.crc


def fingerprint(found: bytes) -> Fingerprint:
    """That of `found`."""
    return Fingerprint(len(found), zlib.crc32(found))


def may_be_rotation_of(candidate: Path, original: Path) -> bool:
    """Whether rotation may have made the file `candidate` from `original`, by name: `app.log` to `app.log.1`,
    `app.log-20250102`, or, compressed, `app.log.2.gz` from `app.log.1`.
    """
    if candidate.parent != original.parent or candidate == original:
        return False
    if candidate.name.startswith(original.name):
        return candidate.name[len(original.name)] in _SEPARATORS
    return candidate.suffix in SUFFIXES and _stem(candidate.name) == _stem(original.name)


def _stem(name: str) -> str:
    return _ROTATED.sub("", name, count=1)
