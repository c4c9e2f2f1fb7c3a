"""Makes records of syslog messages: the body is the message's text, and what its header says is the record's time, severity, origin
and attributes.

    HOSTNAME   service.instance.id, host.name of the resource; where it is left out, the address that the message came from
    APP-NAME   service.name
    the rest   attributes; so are these two where a tenant has too many of them

A text that is JSON, logfmt or an access log's line gives fields, a level and a time as it does in a file. Nothing here raises.
"""

import contextlib
import secrets
from collections.abc import Sequence
from typing import Final, NamedTuple

from logmesh.producer.attributes import with_text
from logmesh.producer.parsed import Parsed
from logmesh.producer.parsing import parse_line
from logmesh.producer.plain import plain_line
from logmesh.producer.receivers.received import Received
from logmesh.producer.receivers.syslog.attributes import header_attributes, named
from logmesh.producer.receivers.syslog.framing import Message, Part
from logmesh.producer.receivers.syslog.headers import read_header
from logmesh.producer.receivers.syslog.origins import UNLISTED, Origins
from logmesh.producer.sources import Chunk
from logmesh.producer.syslog import message_fields
from logmesh.producer.timestamps.clock import Clock
from logmesh.producer.timestamps.zones import Zone
from logmesh.producer.traces import find_trace
from logmesh.record.columns import OriginKey

Sent = tuple[Message, bytes]
"""A message, and the address that it came from."""

_CUT_SHORT: Final = b'{"logmesh.cut_short":true}'


_Record = tuple[bytes, Parsed, OriginKey]
"""A record's body, what it says beside that, and what produced it."""


class _First(NamedTuple):
    """What the first part of a message says, for the others."""

    id: str
    parsed: Parsed
    origin: OriginKey


class MessageReader:
    """Reads messages of senders whose times are of one zone."""

    def __init__(self, zone: Zone) -> None:
        """`zone` is that of times that name none, as RFC 3164's don't."""
        self._clock = Clock(zone)
        self.origins = Origins()

    def read(self, sent: Sequence[Sent], now_unix_nano: int) -> Received:
        """The records of messages, in their order."""
        self._clock.set(now_unix_nano)
        self.origins.set(now_unix_nano)
        chunk = Chunk()
        if sent:
            read = self._read
            bodies, parsed, origins = zip(*[read(message, address) for message, address in sent], strict=True)
            chunk.extend(bodies, parsed, origins[0])
            chunk.origins = list(origins)
        return Received(chunk, told_apart=False)  # syslog has no requests

    def _read(self, message: Message, address: bytes) -> _Record:
        return self._read_part(message, address) if isinstance(message, Part) else self._read_whole(message, address)

    def _read_part(self, part: Part, address: bytes) -> _Record:
        """Each part says what the first one does, and of which message it is."""
        first = part.of.said
        if isinstance(first, _First):
            body, parsed, origin = part.text, first.parsed.with_part(part.number, first.id), first.origin
        else:
            body, parsed, origin = self._read_whole(part.text, address)
            if not part.is_cut_short:
                first = part.of.said = _First(secrets.token_hex(8), parsed.with_attributes(b""), origin)
                parsed = parsed.with_part(part.number, first.id)
        return body, with_text(parsed, _CUT_SHORT) if part.is_cut_short else parsed, origin

    def _read_whole(self, message: bytes, address: bytes) -> _Record:
        clock = self._clock
        header = read_header(message, clock)
        if header is None:
            parsed, origin = parse_line(message, clock), self.origins.of(address, b"")
            return message, parsed if origin is not UNLISTED else with_text(parsed, named(address, b"")), origin
        (severity, facility), time, host, app, process, message_id, data, end = header
        origin = self.origins.of(host or address, app)
        attributes = header_attributes(facility, process, message_id, data)
        if origin is UNLISTED:
            attributes = attributes.with_names(host or address, app)
        text = message[end:]
        body = message if attributes.are_left_out else text
        inner = None
        if b"=" in text or b"{" in text or b'"' in text:  # a quick look
            with contextlib.suppress(RecursionError):  # JSON may be nested deeper than it can be written again
                inner = message_fields(text, clock)
        if inner is None:
            if not time:
                time = plain_line(text, clock).time_unix_nano
            trace_id, span_id = find_trace(text)
            return body, Parsed(time, severity, b"", attributes.text, trace_id, span_id), origin
        if not inner.severity:
            inner = inner.of_level(severity, b"")
        inner = inner.at(inner.time_unix_nano or time).with_attributes(attributes.with_fields(inner.attributes))
        return body, inner, origin
