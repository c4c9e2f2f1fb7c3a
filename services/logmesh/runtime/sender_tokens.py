"""Tokens of senders: `lm_<id>_<random><checksum>`, letters and digits that scanners for leaked secrets can find. Pure.

The random part has 256 bits, so that a plain SHA-256 of the whole is kept in its place: nobody gets from the one to the other.
"""

import hashlib
import re
import secrets
import string
import zlib
from typing import Final

_ALPHABET: Final = string.digits + string.ascii_uppercase + string.ascii_lowercase
_ID: Final = re.compile(r"[0-9a-f]{16}")
_RANDOM: Final = 43
"""Characters of 62 that have 256 bits."""
_CHECKSUM: Final = 6
"""Characters of 62 that hold a CRC-32."""
_SECRET: Final = re.compile(rf"lm_[0-9a-f]{{16}}_[0-9A-Za-z]{{{_RANDOM + _CHECKSUM}}}")


def new_id() -> str:
    """An id that no other token has: 64 random bits as 16 hexadecimal digits."""
    return secrets.token_hex(8)


def new_secret(token_id: str) -> str:
    """A new secret of the token of that id."""
    drawn = f"lm_{token_id}_{''.join(secrets.choice(_ALPHABET) for _ in range(_RANDOM))}"
    return drawn + _checksum(drawn)


def is_id(text: str) -> bool:
    """Whether a text has the form of an id."""
    return _ID.fullmatch(text) is not None


def is_secret(text: str) -> bool:
    """Whether a text has the form of a secret, its checksum included: a part of one, or one that was mistyped, has not."""
    return _SECRET.fullmatch(text) is not None and text.endswith(_checksum(text[:-_CHECKSUM]))


def digest_of(secret: str) -> bytes:
    """The 32 bytes that a secret is known by."""
    return hashlib.sha256(secret.encode()).digest()


def _checksum(text: str) -> str:
    number, found = zlib.crc32(text.encode()), ""
    for _ in range(_CHECKSUM):
        number, digit = divmod(number, len(_ALPHABET))
        found = _ALPHABET[digit] + found
    return found
