"""Append-only log of framed payloads on the local disk: under the producer's spool and the processor's write-ahead log.

    append ──► active segment ──► fdatasync ──► FrameRefs (durable, may be acknowledged)
                    ▲ roll                        │ read / frames
        next segment, made ahead                  ▼ release: a closed segment without pending frames is deleted
    open ──► scan ──► torn tails cut, damage set aside, survivors synchronised ──► frames

What `append` returned survives a kill of the process and a loss of power. Frames that were released may come back after
a restart, when their segment still held others: whoever reads them must recognise what it has seen.
"""

from logmesh.journal.errors import (
    JournalAbandoned,
    JournalCorrupt,
    JournalError,
    JournalFailed,
    JournalFull,
    JournalLocked,
)
from logmesh.journal.frame import MAX_PAYLOAD_BYTES
from logmesh.journal.journal import Journal
from logmesh.journal.segment import FrameRef, has_segments

__all__ = [
    "MAX_PAYLOAD_BYTES",
    "FrameRef",
    "Journal",
    "JournalAbandoned",
    "JournalCorrupt",
    "JournalError",
    "JournalFailed",
    "JournalFull",
    "JournalLocked",
    "has_segments",
]
