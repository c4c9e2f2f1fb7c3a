"""What one frame of the write-ahead log holds: a batch as received, and all that replay needs to store it in any database."""

from dataclasses import dataclass
from struct import Struct

import orjson
from opentelemetry.trace import SpanContext

from logmesh.journal import FrameRef
from logmesh.storage.ledger import SpoolKey

_LENGTH = Struct("<H")
_PROVISIONAL = b" "
"""After the header of a provisional batch. To JSON a blank means nothing, so that a release of before reads the frame, too."""


@dataclass(frozen=True, slots=True)
class Header:
    """Which batch this is, who sent it and when it came (nanoseconds since 1970). One that is `provisional` came while the ledger could
    not be asked whose its spool is."""

    key: SpoolKey
    seq: int
    count: int
    producer: str
    principal: str
    received_unix_nano: int
    provisional: bool = False


@dataclass(frozen=True, slots=True)
class Unwritten:
    """A batch that is durable here and not yet known to be in the database."""

    header: Header
    ref: FrameRef
    stream: SpanContext | None = None  # of the stream it came on; not in the log, so replayed batches have none


def encode_header(header: Header) -> bytes:
    """The frame's first bytes; the batch follows verbatim."""
    text = orjson.dumps([
        header.key.tenant, header.key.spool_id, header.seq, header.count,
        header.producer, header.principal, header.received_unix_nano,
    ])  # fmt: skip
    if header.provisional:
        text += _PROVISIONAL
    return _LENGTH.pack(len(text)) + text


def decode_frame(frame: bytes) -> tuple[Header, bytes]:
    """Return the header and the batch. Raises ValueError for a frame of another make."""
    (length,) = _LENGTH.unpack_from(frame)
    end = _LENGTH.size + length
    text = frame[_LENGTH.size : end]
    tenant, spool_id, seq, count, producer, principal, received = orjson.loads(text)
    provisional = text.endswith(_PROVISIONAL)
    return Header(SpoolKey(tenant, spool_id), seq, count, producer, principal, received, provisional), frame[end:]


def batch_of(frame: bytes) -> bytes:
    """The batch alone, for whoever knows the header."""
    return frame[_LENGTH.size + _LENGTH.unpack_from(frame)[0] :]
