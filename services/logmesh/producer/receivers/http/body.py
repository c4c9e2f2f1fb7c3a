"""Reads the body of a request: no more than one may have, no slower than one may come, in memory that was made room for."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Final

from aiohttp import ClientPayloadError, web
from aiohttp.http_exceptions import HttpProcessingError

from logmesh.producer.receivers.http.refusals import TooLarge, TooSlow
from logmesh.producer.receivers.http.unpacking import is_packed, unpack
from logmesh.producer.receivers.inlet import Inlet
from logmesh.producer.receivers.limits import MOST_BODY_BYTES
from logmesh.producer.receivers.received import RequestRefused

_ROOM_STEP: Final = 64 << 10
_SHORT_PACKED_BYTES: Final = 2 << 10
"""Of a body that may be a thousand times that once it is unpacked, which takes some milliseconds."""
_FIRST_SECONDS: Final = 10.0
_SLOWEST_BYTES_A_SECOND: Final = 16 << 10
_BROKEN: Final = (web.RequestPayloadError, ClientPayloadError, HttpProcessingError, ConnectionError)


@contextlib.asynccontextmanager
async def body_of(request: web.Request, inlet: Inlet) -> AsyncIterator[bytes]:
    """The body as it was before it was packed; there is room for it in memory for as long as this is entered.

    Raises RequestRefused, TooSlow, Overloaded.
    """
    with contextlib.ExitStack() as rooms:
        body = await _read(request, inlet, rooms)
        encoding = ",".join(request.headers.getall("Content-Encoding", ()))
        if is_packed(encoding):
            body = await _unpacked(body, encoding, inlet, rooms)
        yield body


async def _unpacked(packed: bytes, encoding: str, inlet: Inlet, rooms: contextlib.ExitStack) -> bytes:
    """Others don't wait for it but where it is short. Raises as `unpack`, and Overloaded."""
    if len(packed) <= _SHORT_PACKED_BYTES:
        body = unpack(packed, encoding, MOST_BODY_BYTES)
        rooms.enter_context(inlet.room(len(body)))
        return body
    async with inlet.unpacking:
        body = await asyncio.to_thread(unpack, packed, encoding, MOST_BODY_BYTES)
        rooms.enter_context(inlet.room(len(body)))
    return body


async def _read(request: web.Request, inlet: Inlet, rooms: contextlib.ExitStack) -> bytes:
    if (request.content_length or 0) > MOST_BODY_BYTES:
        raise TooLarge(_TOO_LARGE)
    parts: list[bytes] = []
    size = room = 0
    began = asyncio.get_running_loop().time()
    try:
        async with asyncio.timeout_at(began + _FIRST_SECONDS) as limit:
            async for part in request.content.iter_any():
                size += len(part)
                if size > MOST_BODY_BYTES:
                    raise TooLarge(_TOO_LARGE)
                while size > room:
                    rooms.enter_context(inlet.room(_ROOM_STEP))
                    room += _ROOM_STEP
                parts.append(part)
                limit.reschedule(began + _FIRST_SECONDS + size / _SLOWEST_BYTES_A_SECOND)
    except TimeoutError as error:
        raise TooSlow(
            f"{size} bytes of the body came within {asyncio.get_running_loop().time() - began:.0f} s, which is too slow"
        ) from error
    except _BROKEN as error:
        # The stream keeps its error, and that would keep these parts until cycles are looked for, which is seldom.
        raise RequestRefused("the body broke off, or is not as its headers say") from error.with_traceback(None)
    return parts[0] if len(parts) == 1 else b"".join(parts)


_TOO_LARGE: Final = f"the body is larger than {MOST_BODY_BYTES} bytes; send less at once"
