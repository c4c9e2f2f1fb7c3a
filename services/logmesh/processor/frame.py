"""What one frame of the write-ahead log holds: a batch as received, and all that replay needs to store it in any database."""

from dataclasses import dataclass
from struct import Struct

import orjson
from opentelemetry.trace import SpanContext

from logmesh.journal import FrameRef
from logmesh.storage.ledger import SpoolKey

_LENGTH = Struct("<H")


@dataclass(frozen=True, slots=True)
class Origin:
    """Which batch this is, who sent it and when it came (nanoseconds since 1970)."""

    key: SpoolKey
    seq: int
    count: int
    producer: str
    principal: str
    received_unix_nano: int


@dataclass(frozen=True, slots=True)
class Unwritten:
    """A batch that is durable here and not yet known to be in the database."""

    origin: Origin
    ref: FrameRef
    stream: SpanContext | None = None  # of the stream it came on; not in the log, so replayed batches have none


def encode_header(origin: Origin) -> bytes:
    """The frame's first bytes; the batch follows verbatim."""
    header = orjson.dumps([
        origin.key.tenant, origin.key.spool_id, origin.seq, origin.count,
        origin.producer, origin.principal, origin.received_unix_nano,
    ])  # fmt: skip
    return _LENGTH.pack(len(header)) + header


def decode_frame(frame: bytes) -> tuple[Origin, bytes]:
    """Return the header and the batch. Raises ValueError for a frame of another make."""
    (length,) = _LENGTH.unpack_from(frame)
    end = _LENGTH.size + length
    tenant, spool_id, seq, count, producer, principal, received = orjson.loads(frame[_LENGTH.size : end])
    return Origin(SpoolKey(tenant, spool_id), seq, count, producer, principal, received), frame[end:]


def batch_of(frame: bytes) -> bytes:
    """The batch alone, for whoever knows the header."""
    return frame[_LENGTH.size + _LENGTH.unpack_from(frame)[0] :]
