"""Hands over to the writer what the write-ahead log held when this process started; the ledger drops what was stored before."""

import asyncio
from collections.abc import Iterator
from typing import Final

import structlog

from logmesh.journal import FrameRef
from logmesh.processor.frame import Unwritten, decode_frame
from logmesh.processor.writer import Writer

log = structlog.get_logger()

_AHEAD: Final = 1_000
"""Batches that may wait for the writer, beside those that come in meanwhile."""


async def replay(frames: Iterator[tuple[FrameRef, bytes]], writer: Writer) -> None:
    """Return when all `frames` are handed over: those of before any stream, or the writer would have twice what streams brought."""
    count = 0
    while (frame := await asyncio.to_thread(next, frames, None)) is not None:
        ref, payload = frame
        header, _ = decode_frame(payload)
        writer.put(Unwritten(header, ref))
        count += 1
        while writer.unwritten() > _AHEAD:
            await asyncio.sleep(0.05)
    if count:
        log.info(
            "read the write-ahead log again: what is stored already is passed over, the rest is stored now",
            event_name="replayed",
            batches=count,
        )
