"""Keeps an Append stream open: one sticky stream after the other, until everything is committed and for as long as it is let."""

import asyncio
import random
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol

import grpc

from logmesh.client.outbox import Outbox
from logmesh.client.session import Listener, Metadata, StreamEnd, run_session

FIRST_BACKOFF_SECONDS = 0.1
MAX_BACKOFF_SECONDS = 5.0
_ON_PURPOSE = ("rotated", "drained", "abandoned")


class Deliverer(Listener, Protocol):
    """Listens to each stream, and hears of each one's end."""

    def ended(self, end: StreamEnd, error: Exception | None) -> None:
        """A stream has ended, on purpose where `error` is None and `end.reason` says so."""
        ...


async def deliver(
    channel: grpc.aio.Channel,
    outbox: Outbox,
    deliverer: Deliverer,
    producer: str,
    rotate_seconds: tuple[float, float],
    around_stream: Callable[[], AbstractContextManager[Metadata]],
) -> None:
    """Send until cancelled. Every end of a stream is followed by another one, after a pause with full jitter.

    A stream is replaced at a random age between `rotate_seconds`, so that changed weights and new pods take effect.
    It runs within `around_stream()`, which gives its metadata.
    """
    delay = FIRST_BACKOFF_SECONDS
    while True:
        rotate_after = random.uniform(*rotate_seconds)  # noqa: S311
        error: Exception | None = None
        try:
            with around_stream() as metadata:
                end = await run_session(channel, outbox, deliverer, producer, rotate_after, metadata)
        except grpc.aio.AioRpcError as refused:
            end, error = StreamEnd(refused.code().name.lower(), welcomed=False), refused
        except (TimeoutError, asyncio.InvalidStateError) as silence:
            end, error = StreamEnd("silent", welcomed=False), silence
        deliverer.ended(end, error)
        if end.reason in _ON_PURPOSE or end.welcomed:
            delay = FIRST_BACKOFF_SECONDS
        if end.reason not in _ON_PURPOSE:
            await asyncio.sleep(random.uniform(0, delay))  # noqa: S311
            delay = min(delay * 2, MAX_BACKOFF_SECONDS)
