"""Whatever doors large bodies come in at, two of them are taken at once, and small ones don't wait for them."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.waiting import until_true

from logmesh.client.delivering.spool import Unspooled
from logmesh.producer.receivers.inlet import Inlet
from logmesh.producer.receivers.outlets import Outlets
from logmesh.producer.receivers.received import Overloaded, Received, RequestRefused
from logmesh.producer.settings import ProducerSettings
from logmesh.producer.sources import Chunk
from logmesh.record.columns import UNKNOWN_ORIGIN

_LARGE_BYTES = 10
_LARGE, _SMALL = b"x" * (_LARGE_BYTES + 1), b"x" * _LARGE_BYTES


class _SlowInlet(Inlet):
    """Makes durable what is small at once, and what is large when `disk` is set."""

    def __init__(self, folder: Path) -> None:
        settings = ProducerSettings(source="receive", spool_dir=folder)
        super().__init__(Outlets(settings), settings.receive_bytes)
        self.disk = asyncio.Event()
        self.waiting = 0

    async def store(self, tenant: str, batches: Sequence[Unspooled], size: int) -> None:
        if batches[0].columns.bodies == [_LARGE]:
            self.waiting += 1
            await self.disk.wait()


async def test_two_large_bodies_are_taken_at_once_over_all_doors(tmp_path: Path) -> None:
    inlet = _SlowInlet(tmp_path)
    read: list[bytes] = []

    def reader(body: bytes) -> Received:
        read.append(body)
        return Received(Chunk([0], [0], [b""], [body], [b""], [b""], [b""], [UNKNOWN_ORIGIN]), told_apart=False)

    async def take(door: str, body: bytes) -> None:
        await inlet.take("", door, body, b"", reader, _LARGE_BYTES)

    large = [asyncio.create_task(take(door, _LARGE)) for door in ("otlp-grpc", "otlp-http", "loki", "lines")]
    await until_true(lambda: inlet.waiting >= 2)
    await take("loki", _SMALL)
    assert read == [_LARGE, _LARGE, _SMALL]
    inlet.disk.set()
    await asyncio.gather(*large)
    assert read.count(_LARGE) == 4


@pytest.mark.parametrize("body", [_SMALL, _LARGE], ids=["small", "large"])
async def test_a_sender_repeats_what_the_receiver_itself_fails_at(tmp_path: Path, body: bytes) -> None:
    inlet = _SlowInlet(tmp_path)

    def failing(_body: bytes) -> Received:
        raise RuntimeError("nobody thought of it")

    def refusing(_body: bytes) -> Received:
        raise RequestRefused("it is wrong")

    with pytest.raises(Overloaded, match="its log says why") as caught:
        await inlet.take("", "lines", body, b"", failing, _LARGE_BYTES)
    assert caught.value.retry_after_seconds > 0
    with pytest.raises(RequestRefused, match="it is wrong"):
        await inlet.take("", "lines", body, b"", refusing, _LARGE_BYTES)
