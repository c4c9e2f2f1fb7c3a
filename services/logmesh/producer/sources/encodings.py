"""How a stream's bytes are text: UTF-8 or UTF-16, as its first bytes tell. Bodies are UTF-8; places in a file count its own bytes.

Text goes to UTF-8 and back without loss, half a surrogate pair included, so that what was handed out tells where it stood.
"""

from collections.abc import Iterator, Sequence
from typing import Final

UTF_8: Final = "utf-8"
_LITTLE, _BIG = "utf-16-le", "utf-16-be"

_MARKS: Final = ((b"\xef\xbb\xbf", UTF_8), (b"\xff\xfe", _LITTLE), (b"\xfe\xff", _BIG))
_ENOUGH: Final = 4


def find_encoding(head: bytes, final: bool) -> tuple[str, int] | None:
    """That of a stream that begins so, and the length of its byte order mark. None where more bytes are needed, and may come.

    Without a mark it is UTF-16 where its first two characters are ASCII in it.
    """
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding, len(mark)
        if mark.startswith(head) and not final:
            return None
    halves = (head[1:2] + head[3:4], head[0:1] + head[2:3])
    for encoding, zeros, characters in ((_LITTLE, halves[0], halves[1]), (_BIG, halves[1], halves[0])):
        if not zeros.strip(b"\0") and all(0x20 <= byte < 0x7F or byte in b"\t\r\n" for byte in characters):
            if len(head) >= _ENOUGH:
                return encoding, 0
            if not final:
                return None
    return UTF_8, 0


class Utf16:
    """Makes UTF-8 of the bytes of a stream in UTF-16, and tells how many bytes of it some UTF-8 was."""

    __slots__ = ("_encoding", "_held")

    def __init__(self, encoding: str) -> None:
        self._encoding = encoding
        self._held = b""

    def __len__(self) -> int:
        """How many bytes wait for the rest of their character."""
        return len(self._held)

    def decode(self, data: bytes, final: bool = False) -> bytes:
        """The next characters; the last one, where it is not whole, waits for its rest, or, if `final`, half a pair does not."""
        held = self._held + data
        whole = len(held) & ~1
        if whole and not final and 0xD8 <= held[whole - (1 if self._encoding == _LITTLE else 2)] <= 0xDB:
            whole -= 2  # the first half of a pair
        self._held = held[whole:]
        return held[:whole].decode(self._encoding, "surrogatepass").encode(UTF_8, "surrogatepass")

    def take_rest(self) -> bytes:
        """At the stream's end: the byte that is no character, if there is one."""
        rest, self._held = self._held, b""
        return rest

    def encode(self, text: bytes) -> bytes:
        """The bytes that `text` was decoded from."""
        return text.decode(UTF_8, "surrogatepass").encode(self._encoding, "surrogatepass")

    def offsets(self, text: bytes, starts: Sequence[int]) -> Iterator[int]:
        """Where, in the bytes that `text` was decoded from, these places of it are."""
        at = before = 0
        for start in starts:
            at += len(self.encode(text[before:start]))
            before = start
            yield at
