"""How files are compressed, and how each kind is unpacked: piece by piece, in bounded memory."""

import bz2
import lzma
import zlib
from collections.abc import Callable
from contextlib import suppress
from typing import Final, Protocol

import zstandard

SUFFIXES: Final = (".gz", ".zst", ".xz", ".bz2")
"""What rotation adds to the name of a file that it compresses."""

MAX_WINDOW_BYTES: Final = 128 << 20
"""How far back a file may refer to itself; one that needs more is not unpacked further."""

PIECE_BYTES: Final = 256 * 1024
"""How much one call gives at most, but of zstd."""

# So little at a time that what precedes damage is not lost with it. In zstd's terms, which know no such bound, it is 16 MiB at most:
# four bytes may stand for a block of 128 KiB.
_STEP_BYTES: Final = 512
_GZIP: Final = 31  # zlib's word for: with gzip's header, and its checksum at the end


class Broken(Exception):
    """What is compressed is damaged, in words; `before` is what came out of it before the damage."""

    def __init__(self, why: str, before: bytes = b"") -> None:
        super().__init__(why)
        self.before = before


class Unpacker(Protocol):
    """Unpacks one member of a file; others may follow it."""

    ended: bool
    """Whether the member's end was reached, and all that can be checked is right."""

    def unpack(self, packed: bytes) -> tuple[bytes, bytes]:
        """Some bytes, perhaps none yet, and what of `packed` is left. Raises Broken."""

    def has_more(self) -> bool:
        """Whether bytes would come without any more packed ones."""


class GzipUnpacker:
    """With zlib, which can be copied: every byte before a damage is saved."""

    def __init__(self) -> None:
        self._inflate = zlib.decompressobj(_GZIP)
        self.ended = False

    def unpack(self, packed: bytes) -> tuple[bytes, bytes]:
        before = self._inflate.copy()
        try:
            unpacked = self._inflate.decompress(packed, PIECE_BYTES)
        except zlib.error as error:
            raise Broken(str(error), _unpacked_before_damage(before, packed)) from error
        self.ended = self._inflate.eof
        return unpacked, self._inflate.unused_data if self.ended else self._inflate.unconsumed_tail

    def has_more(self) -> bool:
        return False


class _StdlibUnpacker:
    """With bz2 or lzma, which have the same interface."""

    def __init__(self, decompressor: "bz2.BZ2Decompressor | lzma.LZMADecompressor") -> None:
        self._decompressor = decompressor
        self.ended = False

    def unpack(self, packed: bytes) -> tuple[bytes, bytes]:
        step = packed[:_STEP_BYTES] if self._decompressor.needs_input else b""
        try:
            unpacked = self._decompressor.decompress(step, PIECE_BYTES)
        except (OSError, ValueError, lzma.LZMAError) as error:
            raise Broken(str(error)) from error
        self.ended = self._decompressor.eof
        return unpacked, (self._decompressor.unused_data if self.ended else b"") + packed[len(step) :]

    def has_more(self) -> bool:
        return not self.ended and not self._decompressor.needs_input


class ZstdUnpacker:
    """With zstandard."""

    def __init__(self) -> None:
        self._decompressor = zstandard.ZstdDecompressor(max_window_size=MAX_WINDOW_BYTES).decompressobj()
        self.ended = False

    def unpack(self, packed: bytes) -> tuple[bytes, bytes]:
        step = packed[:_STEP_BYTES]
        try:
            unpacked = self._decompressor.decompress(step)
        except zstandard.ZstdError as error:
            raise Broken(str(error)) from error
        self.ended = self._decompressor.eof
        return unpacked, (self._decompressor.unused_data if self.ended else b"") + packed[len(step) :]

    def has_more(self) -> bool:
        return False


def _bz2() -> Unpacker:
    return _StdlibUnpacker(bz2.BZ2Decompressor())


def _xz() -> Unpacker:
    return _StdlibUnpacker(lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=MAX_WINDOW_BYTES))


_BY_MAGIC: Final[dict[bytes, Callable[[], Unpacker]]] = {
    b"\x1f\x8b": GzipUnpacker,
    b"\x28\xb5\x2f\xfd": ZstdUnpacker,
    b"\xfd7zXZ\0": _xz,
    b"BZh": _bz2,
}
_BZ2_BLOCKS: Final = (b"1AY&SY", b"\x17rE8P\x90")
"""How a file of bzip2 goes on: with a block, or its end."""


def unpacker_for(head: bytes) -> Callable[[], Unpacker] | None:
    """Makes unpackers for a file that begins so; None where it is not compressed in a way that is known."""
    for magic, make in _BY_MAGIC.items():
        if head.startswith(magic) and (make is not _bz2 or head[4:10] in _BZ2_BLOCKS):
            return make
    return None


def _unpacked_before_damage(inflate: "zlib._Decompress", packed: bytes) -> bytes:
    """What comes out of `packed` before the place where unpacking fails."""
    pieces: list[bytes] = []
    with suppress(zlib.error):
        pieces.extend(inflate.decompress(packed[at : at + 1]) for at in range(len(packed)))
    return b"".join(pieces)
