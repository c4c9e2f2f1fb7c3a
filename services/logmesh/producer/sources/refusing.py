"""Files that are no text and can't be made into one here: refused with a word, and never sent as noise."""

import errno
import re
from pathlib import Path
from typing import Final

HEAD_BYTES: Final = 512
"""How much of a file's beginning tells what it is."""

_UNPACK: Final = "unpack it first: "
_KINDS: Final = (
    (rb"\x04\x22\x4d\x18|\x02\x21\x4c\x18", "it is compressed by lz4", _UNPACK + "lz4 -d {name}"),
    (rb"PK\x03\x04|PK\x05\x06", "it is a zip archive", _UNPACK + "unzip {name}"),
    (rb"7z\xbc\xaf\x27\x1c", "it is a 7z archive", _UNPACK + "7z x {name}"),
    (rb"Rar!\x1a\x07", "it is a rar archive", _UNPACK + "unrar x {name}"),
    (rb"LZIP[\0\x01]", "it is compressed by lzip", _UNPACK + "lzip -d {name}"),
    (rb"\x89LZO\0", "it is compressed by lzop", _UNPACK + "lzop -d {name}"),
    (rb"\x1f\x9d", "it is compressed by compress", _UNPACK + "uncompress {name}"),
    (rb"\xff\x06\0\0sNaPpY", "it is compressed by snappy", _UNPACK + "snzip -d {name}"),
    (rb".{257}ustar", "it is a tar archive", "unpack it first: tar -xf {name}"),
    (rb"\xff\xfe\0\0|\0\0\xfe\xff", "it is in UTF-32", "convert it first: iconv -f UTF-32 -t UTF-8 {name}"),
    (rb"LPKSHHRH", "it is a journal of systemd", "send its text: journalctl --file {name} -o json | logmesh ship -"),
    (rb"ElfFile\0", "it is an event log of Windows", "send it as text"),
    (rb"SQLite format 3\0", "it is a database of SQLite", "send it as text"),
    (rb"\x7fELF", "it is a program", "send it as text"),
)
_SIGNATURE: Final = re.compile(b"|".join(b"(%b)" % pattern for pattern, _, _ in _KINDS), re.DOTALL)


def refuse(head: bytes, path: Path) -> None:
    """Raises OSError, in words, where a file that begins so is not read."""
    if found := _SIGNATURE.match(head):
        _, what, remedy = _KINDS[(found.lastindex or 1) - 1]
        raise OSError(errno.ENOTSUP, f"{what}, which Logmesh does not read; {remedy.format(name=path.name)}")
