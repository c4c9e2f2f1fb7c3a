"""Reads batches back from the write-ahead log and opens their payloads: what they name has no numbers yet."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from logmesh.journal import Journal, JournalCorrupt
from logmesh.processor.frame import Unwritten, batch_of
from logmesh.processor.payload import BatchRefused, Payload, decode_payload
from logmesh.v1.record_pb2 import Origin


class StoredOrigin(NamedTuple):
    """What the database calls an origin, its service's name as it is stored, and the fields that COPY repeats in each of its rows."""

    number: int
    service: bytes
    tail: bytes


@dataclass(slots=True)
class Opened:
    """A batch in memory. Of `payload` and `fault` one is set: a batch that can't be read as a whole becomes a dead letter.

    `origins` are the serialised dictionary of the batch; `resolve` sets the number of the batch's spool, and what is `stored` of
    each origin.
    """

    unwritten: Unwritten
    payload: Payload | None = None
    fault: BatchRefused | None = None
    origins: list[bytes] = field(default_factory=list)
    spool: int = 0
    stored: list[StoredOrigin] = field(default_factory=list)


@dataclass(slots=True)
class ReadBack:
    """What came of reading: batches that are `opened`, `left` for the next time, and `damaged` in the log."""

    opened: list[Opened] = field(default_factory=list)
    left: list[Unwritten] = field(default_factory=list)
    damaged: list[tuple[Unwritten, str]] = field(default_factory=list)


def read_back(journal: Journal, batches: Sequence[Unwritten], most_bytes: int | None = None) -> ReadBack:
    """Read and open `batches`, the first one and then as many as fit into `most_bytes` once they are decompressed.

    Blocking. Raises JournalFailed, and OSError when no file can be opened.
    """
    back, size = ReadBack(), 0
    frames = journal.read_all([unwritten.ref for unwritten in batches])
    for at, (unwritten, frame) in enumerate(zip(batches, frames, strict=True)):
        if isinstance(frame, JournalCorrupt):
            back.damaged.append((unwritten, str(frame)))
            continue
        opened = open_batch(unwritten, frame)
        size += opened.payload.size if opened.payload else len(frame)
        back.opened.append(opened)
        if most_bytes is not None and size >= most_bytes:
            back.left = list(batches[at + 1 :])
            break
    return back


def open_batch(unwritten: Unwritten, frame: bytes) -> Opened:
    """Open one batch from its frame in the log."""
    try:
        payload = decode_payload(batch_of(frame), unwritten.header)
    except BatchRefused as fault:
        return Opened(unwritten, fault=fault)
    origins = payload.columns.origins or [Origin()]
    return Opened(unwritten, payload, origins=[origin.SerializeToString(deterministic=True) for origin in origins])
