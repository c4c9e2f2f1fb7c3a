"""Asks the Kubernetes API server for the pods of a node, and for what becomes of them.

Each request reads the service account's token and authority anew, for they are replaced while the process runs.
"""

import asyncio
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

import aiohttp
import orjson
from aiohttp.http_exceptions import LineTooLong

SERVICE_ACCOUNT_DIR: Final = Path("/var/run/secrets/kubernetes.io/serviceaccount")
"""Where the kubelet puts a pod's own token and authority."""

ANY_VERSION: Final = "0"
"""Asks for a list as the server has it at hand, which costs it little; no version asks for the newest."""

WATCH_SECONDS: Final = 300
"""After this time the server is to end a watch."""

OPENED: Final = "OPENED"
"""What comes before a watch's first event."""

SILENCE_SECONDS: Final = 90.0
"""For how long a server may say nothing. It sends a bookmark each minute where nothing happens."""

_CONNECT_SECONDS: Final = 10.0
_LIST_SECONDS: Final = 60.0
_MOST_LIST_BYTES: Final = 64 << 20
_MOST_EVENT_BYTES: Final = 8 << 20
_GONE: Final = 410


class Event(NamedTuple):
    """What became of a pod: `ADDED`, `MODIFIED`, `DELETED`; `BOOKMARK` says that nothing did up to its version."""

    kind: str
    version: str
    """As of which the pods are so."""
    what: dict[str, Any]


class ApiError(Exception):
    """What the server sent can't be read; in words."""


class Refused(ApiError):
    """The server does not give what was asked for, now or at all."""


class Gone(ApiError):
    """The server does not know any more what came after the version that was asked for."""


class ApiServer:
    """The server at `url`, as the service account whose files are in `folder`."""

    def __init__(
        self, url: str, folder: Path = SERVICE_ACCOUNT_DIR, *, silence_seconds: float = SILENCE_SECONDS
    ) -> None:
        self.url, self._folder, self._silence_seconds = url.rstrip("/"), folder, silence_seconds

    async def pods(self, node: str, version: str) -> tuple[list[Any], str]:
        """The pods of a node, and the version as of which they are.

        Raises ApiError, or aiohttp's ClientError, TimeoutError or OSError where the server can't be reached.
        """
        timeout = aiohttp.ClientTimeout(total=_LIST_SECONDS, sock_connect=_CONNECT_SECONDS)
        asked = {"fieldSelector": f"spec.nodeName={node}", **({"resourceVersion": version} if version else {})}
        text = bytearray()
        async with self._get(asked, timeout) as response:
            async for data in response.content.iter_any():
                text += data
                if len(text) > _MOST_LIST_BYTES:
                    raise ApiError(f"the list of pods is larger than {_MOST_LIST_BYTES >> 20} MiB")
        found = _read(bytes(text))
        items = found.get("items")
        if not isinstance(items, list | None):
            raise ApiError("the list of pods has no items")
        return items or [], _version(found)

    async def events(self, node: str, version: str) -> AsyncGenerator[Event, None]:
        """What becomes of the pods after `version`. The first is OPENED, when the server has begun to answer.

        Ends when the server ends it. Raises as `pods` does, and Gone; TimeoutError of a server that says nothing.
        """
        timeout = aiohttp.ClientTimeout(
            total=WATCH_SECONDS + self._silence_seconds,
            sock_connect=_CONNECT_SECONDS,
            sock_read=self._silence_seconds,
        )
        asked = {
            "watch": "1",
            "fieldSelector": f"spec.nodeName={node}",
            "resourceVersion": version,
            "allowWatchBookmarks": "true",
            "timeoutSeconds": str(WATCH_SECONDS),
        }
        async with self._get(asked, timeout) as response:
            yield Event(OPENED, version, {})
            while (line := await _line(response.content)).endswith(b"\n"):  # else it is the end, or was cut off
                if line.strip():
                    yield _event(line)

    @asynccontextmanager
    async def _get(
        self, asked: Mapping[str, str], timeout: aiohttp.ClientTimeout
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        headers: dict[str, str] = {}
        context: ssl.SSLContext | None = None
        if self.url.startswith("https:"):
            headers, context = await asyncio.to_thread(self._credentials)
        connector = aiohttp.TCPConnector(ssl=context if context is not None else True)
        async with (
            aiohttp.ClientSession(connector=connector, timeout=timeout, headers=headers) as session,
            session.get(f"{self.url}/api/v1/pods", params=asked, allow_redirects=False) as response,
        ):
            if response.status != 200:
                said = (await response.content.read(4_096)).decode("utf-8", "replace")
                raise _refusal(response.status, said)
            yield response

    def _credentials(self) -> tuple[dict[str, str], ssl.SSLContext]:
        token = (self._folder / "token").read_text("utf-8").strip()
        context = ssl.create_default_context(cafile=self._folder / "ca.crt")
        return {"Authorization": f"Bearer {token}"}, context


def _refusal(status: int, said: str) -> ApiError:
    """What to say, and do, about an answer that is not what was asked for."""
    if status == _GONE:
        return Gone("the version that was asked for is gone")
    try:
        message = orjson.loads(said).get("message", "")
    except (orjson.JSONDecodeError, AttributeError):
        message = said
    hint = {
        401: "; the service account's token is not valid",
        403: "; the service account needs list and watch of pods",
    }.get(status, "")
    return Refused(f"HTTP {status}: {str(message)[:300]}{hint}")


def _read(text: bytes) -> dict[str, Any]:
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise ApiError(f"what the server sent is no JSON: {error}") from error
    if not isinstance(found, dict):
        raise ApiError("what the server sent is no object")
    return found


async def _line(content: aiohttp.StreamReader) -> bytes:
    try:
        return await content.readline(max_line_length=_MOST_EVENT_BYTES)
    except LineTooLong as error:
        raise ApiError(f"an event is larger than {_MOST_EVENT_BYTES >> 20} MiB") from error


def _event(line: bytes) -> Event:
    event = _read(line)
    kind, what = event.get("type"), event.get("object")
    if not isinstance(kind, str) or not isinstance(what, dict):
        raise ApiError("an event has no type, or no object")
    if kind == "ERROR":
        code = what.get("code")
        raise _refusal(code if isinstance(code, int) else 0, orjson.dumps(what).decode())
    return Event(kind, _version(what), what)


def _version(what: dict[str, Any]) -> str:
    metadata = what.get("metadata")
    version = metadata.get("resourceVersion") if isinstance(metadata, dict) else None
    if not isinstance(version, str) or not version:
        raise ApiError("what the server sent has no resourceVersion")
    return version
