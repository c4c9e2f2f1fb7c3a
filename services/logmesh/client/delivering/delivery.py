"""Keeps an Append stream open: one sticky stream after the other, until everything is committed and for as long as it is let."""

import asyncio
import random
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol

import grpc

from logmesh.client.backoff import Backoff
from logmesh.client.channel import Dialer
from logmesh.client.delivering.greeting import Sender
from logmesh.client.delivering.outbox import Outbox
from logmesh.client.delivering.session import Listener, Metadata, StreamEnd, TenantIgnored, run_session
from logmesh.journal.durability import NO_DESCRIPTOR

NO_FILES = "no_files"
"""The reason of a stream's end when no file could be opened, for as many are open as may be."""
_ON_PURPOSE = ("rotated", "drained", "abandoned")


class Deliverer(Listener, Protocol):
    """Listens to each stream, and hears of each one's end."""

    def ended(self, end: StreamEnd, error: Exception | None) -> None:
        """A stream has ended, on purpose where `error` is None and `end.reason` says so."""
        ...


async def deliver(
    dialer: Dialer,
    outbox: Outbox,
    deliverer: Deliverer,
    sender: Sender,
    rotate_seconds: tuple[float, float],
    around_stream: Callable[[], AbstractContextManager[Metadata]],
) -> None:
    """Send until cancelled. Every end of a stream is followed by another one, after a pause with full jitter.

    A stream is replaced at a random age between `rotate_seconds`, so that changed weights and new pods take effect.
    It runs within `around_stream()`, which gives its metadata. Each finds the certificates that are in their files when it begins.
    Raises OSError when those could never be read.
    """
    backoff = Backoff()
    channel = dialer.open()
    try:
        while True:
            rotate_after = random.uniform(*rotate_seconds)  # noqa: S311
            error: Exception | None = None
            try:
                with around_stream() as metadata:
                    end = await run_session(channel, outbox, deliverer, sender, rotate_after, metadata)
            except grpc.aio.AioRpcError as refused:
                end, error = StreamEnd(refused.code().name.lower(), welcomed=False), refused
            except TenantIgnored as ignored:
                end, error = StreamEnd("tenant_ignored", welcomed=False), ignored
            except (TimeoutError, asyncio.InvalidStateError) as silence:
                end, error = StreamEnd("silent", welcomed=False), silence
            except OSError as unread:
                if unread.errno not in NO_DESCRIPTOR:
                    raise
                end, error = StreamEnd(NO_FILES, welcomed=False), unread  # of the spool; it passes
            deliverer.ended(end, error)
            if end.reason in _ON_PURPOSE or end.welcomed:
                backoff.reset()
            if end.reason not in _ON_PURPOSE:
                await asyncio.sleep(backoff.pause())
            # One that has found no addresses asks for them again after up to two minutes, and gRPC has no option for that.
            if end.reason == "unavailable" or dialer.outdated:
                await channel.close(None)
                channel = dialer.open()
    finally:
        await channel.close(None)
