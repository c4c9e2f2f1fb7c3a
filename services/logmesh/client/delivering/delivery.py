"""Keeps an Append stream open: one sticky stream after the other, until everything is committed and for as long as it is let."""

import asyncio
import random
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol

import grpc

from logmesh.client.backoff import Backoff
from logmesh.client.delivering.outbox import Outbox
from logmesh.client.delivering.session import Listener, Metadata, StreamEnd, run_session

_ON_PURPOSE = ("rotated", "drained", "abandoned")


class Deliverer(Listener, Protocol):
    """Listens to each stream, and hears of each one's end."""

    def ended(self, end: StreamEnd, error: Exception | None) -> None:
        """A stream has ended, on purpose where `error` is None and `end.reason` says so."""
        ...


async def deliver(
    open_channel: Callable[[], grpc.aio.Channel],
    outbox: Outbox,
    deliverer: Deliverer,
    producer: str,
    rotate_seconds: tuple[float, float],
    around_stream: Callable[[], AbstractContextManager[Metadata]],
) -> None:
    """Send until cancelled. Every end of a stream is followed by another one, after a pause with full jitter.

    A stream is replaced at a random age between `rotate_seconds`, so that changed weights and new pods take effect.
    It runs within `around_stream()`, which gives its metadata. Raises OSError when no channel can be opened at first.
    """
    backoff = Backoff()
    channel = open_channel()
    try:
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
                backoff.reset()
            if end.reason not in _ON_PURPOSE:
                await asyncio.sleep(backoff.pause())
            if end.reason == "unavailable":
                channel = await _opened_anew(channel, open_channel)
    finally:
        await channel.close(None)


async def _opened_anew(channel: grpc.aio.Channel, open_channel: Callable[[], grpc.aio.Channel]) -> grpc.aio.Channel:
    """Another channel, which asks for addresses at once. One that has found none asks again after up to two minutes, and gRPC has no
    option for that. The same one while another can't be opened, such as when a certificate is just being replaced."""
    try:
        opened = open_channel()
    except OSError:
        return channel
    await channel.close(None)
    return opened
