"""An issuer's public keys, from a file or from the address where it publishes them. Issuers change keys: they are read anew."""

import asyncio
import contextlib
import ssl
import time
import urllib.request
from pathlib import Path
from typing import Final

import jwt
import structlog

log = structlog.get_logger()

ALGORITHMS: Final = ("RS256", "ES256")
"""No `none`, and nothing symmetric: a public key must not pass for a shared secret."""
FRESH_SECONDS: Final = 300.0
"""A key that the issuer has taken back is good for so long at most, as long as the issuer can be asked."""
RETRY_SECONDS: Final = 10.0
"""Unknown keys make the source be read again at most so often, whatever names clients invent."""
_FETCH_SECONDS: Final = 5.0
_MAX_BYTES: Final = 1 << 20


class Keys:
    """Keys by their id (`kid`), from `source`: a path, or an address that begins with https://."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._keys: dict[str, jwt.PyJWK] = {}
        self._read_at = float("-inf")
        self._reading = asyncio.Lock()

    async def open(self) -> None:
        """Read them for the first time. Raises OSError or ValueError for a file; an issuer may be away for now."""
        try:
            self._keys = await asyncio.to_thread(_read, self._source)
        except (OSError, ValueError) as error:
            if not is_address(self._source):
                raise
            log.warning("the issuer's keys can't be read yet", event_name="keys_away", error=repr(error))
        self._read_at = time.monotonic()

    async def get(self, key_id: object) -> jwt.PyJWK | None:
        """The key of that id, or None."""
        if not isinstance(key_id, str):
            return None
        if self._age() > (FRESH_SECONDS if key_id in self._keys else RETRY_SECONDS):
            await self._renew()
        return self._keys.get(key_id)

    async def _renew(self) -> None:
        before = self._read_at
        async with self._reading:
            if self._read_at != before:
                return  # another call has done it meanwhile
            # Half-written, or the issuer is away: the old ones go on.
            with contextlib.suppress(OSError, ValueError):
                self._keys = await asyncio.to_thread(_read, self._source)
            self._read_at = time.monotonic()

    def _age(self) -> float:
        return time.monotonic() - self._read_at


def is_address(source: str) -> bool:
    """Whether keys are fetched from there, and not read from a file."""
    return source.startswith("https://")


def _read(source: str) -> dict[str, jwt.PyJWK]:
    text = _fetch(source) if is_address(source) else Path(source).read_text("utf-8")
    try:
        keys = jwt.PyJWKSet.from_json(text).keys
    except (jwt.PyJWTError, AttributeError) as error:
        raise ValueError(f"{source} is no JWKS: {error}") from error
    # Keys of other kinds may stand beside them, for others.
    return {key.key_id: key for key in keys if key.key_id and key.algorithm_name in ALGORITHMS}


def _fetch(address: str) -> str:
    with urllib.request.urlopen(  # noqa: S310  # https alone, also after a redirect
        address, timeout=_FETCH_SECONDS, context=ssl.create_default_context()
    ) as answer:
        if not is_address(answer.geturl()):
            raise ValueError(f"{address} leads to an address without TLS")
        body: bytes = answer.read(_MAX_BYTES + 1)
    if len(body) > _MAX_BYTES:
        raise ValueError(f"{address} answers with more than {_MAX_BYTES} bytes")
    return body.decode("utf-8")
