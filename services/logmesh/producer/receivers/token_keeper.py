"""Keeps the list of good tokens current: asks the gateway every few seconds, and goes on with the last list while it is away."""

import asyncio
import contextlib
import math
import time
from typing import Any, Final

import grpc
import structlog

from logmesh.producer.receivers.token_uses import TokenUses
from logmesh.producer.receivers.tokens import TokenList
from logmesh.producer.settings import ProducerSettings
from logmesh.runtime import metrics
from logmesh.runtime.channel import Dialer
from logmesh.v1.receiver_service_pb2 import ListTokenDigestsRequest, TokenDigest
from logmesh.v1.receiver_service_pb2_grpc import ReceiverServiceStub

log = structlog.get_logger()

EVERY_SECONDS: Final = 5.0
"""What was revoked is refused so long after that at most, and what it takes to ask."""
_LEAST_SECONDS: Final = 0.5
"""Between two questions, however many unknown tokens come."""
_ANSWER_SECONDS: Final = 10.0
_FIRST_SECONDS: Final = 3.0
"""How long a start waits for the gateway. Without a list senders are asked to come again."""
_MOST_PAGES: Final = 1_000
_READ_ANEW: Final = 3


class TokenKeeper:
    """`current` is the newest list, None as long as there never was one, and `asked_at` the time.monotonic() of the last question that
    was answered. Of one event loop."""

    def __init__(self, settings: ProducerSettings) -> None:
        self._folder = settings.spool_dir
        self._dialer = Dialer(settings.gateway, settings.tls, server_name=settings.gateway_tls_server_name)
        self._channel: grpc.aio.Channel | None = None
        self._is_away = False
        self._wanted = asyncio.Event()
        self._turn = asyncio.Event()
        self._uses = TokenUses()
        self.current: TokenList | None = None
        self.asked_at = -math.inf

    async def open(self) -> None:
        """Read the list that the last run left, and ask the gateway once, which may be away. Raises OSError for certificates that can't
        be read."""
        self._dialer.check()
        metrics.TOKENS_CURRENT.set(0)
        try:
            self.current = await asyncio.to_thread(TokenList.load, self._folder)
        except (OSError, ValueError) as error:
            log.warning("the list of tokens can't be read", event_name="tokens_unreadable", error=str(error))
        await self._refresh(_FIRST_SECONDS)

    async def run(self) -> None:
        """Ask again and again, until cancelled."""
        while True:
            await asyncio.sleep(_LEAST_SECONDS)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(EVERY_SECONDS - _LEAST_SECONDS):
                    await self._wanted.wait()
            self._wanted.clear()
            await self._refresh(_ANSWER_SECONDS)
            if not self._is_away:
                await self._uses.report(await self._stub())

    def note_use(self, token_id: str) -> None:
        """A sender was let in by that token just now."""
        self._uses.note(token_id)

    def want(self) -> None:
        """Ask soon: somebody shows a token that is not in the list."""
        self._wanted.set()

    async def next_answer(self) -> None:
        """Wait until the gateway has been asked once more, or could not be."""
        await self._turn.wait()

    async def close(self) -> None:
        """Tell the gateway what it was not told of uses, unless it is away, and close the channel."""
        if self._channel is not None and not self._is_away:
            await self._uses.report(ReceiverServiceStub(self._channel), last=True)
        await self._hang_up()

    async def _hang_up(self) -> None:
        if self._channel is not None:
            await self._channel.close(None)

    async def _refresh(self, seconds: float) -> None:
        asked_at = time.monotonic()
        try:
            async with asyncio.timeout(seconds):
                found = await self._ask()
        except (grpc.aio.AioRpcError, TimeoutError, OSError) as error:
            self._say_away(error)
        else:
            self._say_here()
            self.asked_at = asked_at
            if found is not None:
                await self._take(found)
        finally:
            self._turn.set()
            self._turn = asyncio.Event()

    async def _take(self, found: TokenList) -> None:
        self.current = found
        log.info("there is a new list of tokens", event_name="tokens_known", tokens=len(found.by_digest))
        try:
            await asyncio.to_thread(found.save, self._folder)
        except OSError as error:
            log.warning("the list of tokens can't be kept", event_name="tokens_unkept", error=str(error))

    async def _ask(self) -> TokenList | None:
        """A newer list, or None. A list that changes while it is read is read again."""
        stub = await self._stub()
        known = "" if self.current is None else self.current.version
        for _ in range(_READ_ANEW):
            request = ListTokenDigestsRequest(known_version=known)
            page = await stub.ListTokenDigests(request, wait_for_ready=True)
            version = page.version
            if version == known:
                return None
            digests: list[TokenDigest] = list(page.digests)
            for _ in range(_MOST_PAGES):
                if not page.next_page_token:
                    return TokenList.of(version, digests)
                page = await stub.ListTokenDigests(ListTokenDigestsRequest(page_token=page.next_page_token))
                if page.version != version:
                    break
                digests += page.digests
        raise OSError("the list of tokens changes faster than it can be read")

    async def _stub(self) -> Any:
        if self._channel is None or self._dialer.outdated:
            await self._hang_up()
            self._channel = self._dialer.open()
        return ReceiverServiceStub(self._channel)

    def _say_here(self) -> None:
        if self._is_away:
            log.info("the list of tokens is kept current again", event_name="tokens_back")
        self._is_away = False
        metrics.TOKENS_CURRENT.set(time.time())

    def _say_away(self, error: Exception) -> None:
        """Once for each time that it is away."""
        if self._is_away:
            return
        self._is_away = True
        said = error.details() if isinstance(error, grpc.aio.AioRpcError) else str(error) or type(error).__name__
        log.warning(
            "the gateway can't be asked which tokens are good: the last list goes on, and what is revoked meanwhile does too",
            event_name="tokens_away",
            error=said,
            tokens=None if self.current is None else len(self.current.by_digest),
        )
