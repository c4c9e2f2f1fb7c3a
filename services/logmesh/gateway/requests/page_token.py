"""Where a page ended, as an opaque text. It pins the range, so that "the last 15 minutes" stay the same ones."""

import base64
import hashlib
import struct
from typing import Final

from logmesh.store.order import Cursor

_LAYOUTS: Final = {1: struct.Struct(">B8sqqiq"), 2: struct.Struct(">B8sqqqq")}
"""By version, which is the first byte. They differ in how wide a spool's number may be."""
_NARROW: Final = 1 << 31
_MAX_UNIX_NANO: Final = (1 << 63) - 1


class PageTokenError(ValueError):
    """The token is not one of ours, or belongs to a search with another filter."""


def encode_page_token(filter_text: str, start_unix_nano: int, cursor: Cursor) -> str:
    """The token of a search for `filter_text` from `start_unix_nano` that goes on at `cursor`."""
    # Version 1 as long as it does: a gateway of the release before may be asked for the next page.
    version = 1 if cursor.spool < _NARROW else 2
    packed = _LAYOUTS[version].pack(
        version, _digest(filter_text), start_unix_nano, cursor.unix_nano, cursor.spool, cursor.position
    )
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def decode_page_token(token: str, filter_text: str) -> tuple[int, Cursor]:
    """The start of the range and the cursor. Raises PageTokenError."""
    try:
        packed = base64.b64decode(token + "=" * (-len(token) % 4), b"-_", validate=True)
        _, digest, start, unix_nano, spool, position = _LAYOUTS[packed[0]].unpack(packed)
    except (ValueError, IndexError, KeyError, struct.error):
        raise PageTokenError("page_token is not one that a search returned") from None
    valid = 0 <= start <= _MAX_UNIX_NANO and 0 <= unix_nano <= _MAX_UNIX_NANO and spool >= -1 and position >= -1
    if not valid:
        raise PageTokenError("page_token is not one that a search returned")
    if digest != _digest(filter_text):
        raise PageTokenError("page_token belongs to a search with another filter")
    return start, Cursor(unix_nano, spool, position)


def _digest(filter_text: str) -> bytes:
    return hashlib.sha256(filter_text.encode("utf-8", "surrogatepass")).digest()[:8]
