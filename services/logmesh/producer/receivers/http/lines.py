"""Reads a body of lines, one a record, as the file source reads a file: stack traces joined, formats, levels and times known.

Of JSON, a list's elements and an object over several lines are a record each.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple
from urllib.parse import unquote

from logmesh.producer.formats.stream import StreamParser
from logmesh.producer.receivers.http.refusals import TooLarge, UnknownMediaType
from logmesh.producer.receivers.http.texts import tell_apart
from logmesh.producer.receivers.limits import MOST_RECORDS
from logmesh.producer.receivers.received import Received, RequestRefused
from logmesh.producer.sources import Chunk
from logmesh.producer.sources.lines import Line, LineBuffer
from logmesh.producer.sources.parts import Parts
from logmesh.producer.sources.records import NEVER, Moment, read_records
from logmesh.producer.timestamps.zones import Zone, zone_of
from logmesh.record.columns import OriginKey
from logmesh.record.json_text import dump_json, load_exact_json
from logmesh.record.limits import MAX_ATTRIBUTES, MAX_NAME_BYTES

JSON: Final = "application/json"
"""The type of which a body may be a list."""

_TYPES: Final = frozenset(
    ("", JSON, "application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines",
     "application/json-lines", "application/stream+json", "application/octet-stream",
     "application/x-www-form-urlencoded")  # as curl's --data-binary says of whatever it sends
)  # fmt: skip
_CHARSETS: Final = {
    "utf-8": "", "utf8": "", "us-ascii": "", "ascii": "", "utf-16": "", "utf-16le": "", "utf-16be": "",
    "iso-8859-1": "latin-1", "latin1": "latin-1", "iso-8859-15": "iso-8859-15", "windows-1252": "cp1252",
}  # fmt: skip
_TOO_MANY: Final = f"a request holds {MOST_RECORDS} records at most"
_RESOURCE: Final = "resource."
_PARAMETERS: Final = ("service", "instance", "timezone", "join")
_YES_NO: Final = {"true": True, "1": True, "false": False, "0": False}


class Whose(NamedTuple):
    """What a request says of all of its lines."""

    origin: OriginKey
    zone: Zone
    or_utc: bool
    join: bool


def whose(parameters: Mapping[str, str], headers: Mapping[str, str], zone: Zone) -> Whose:
    """What parameters say: `service`, `instance`, `timezone`, `join` and `resource.NAME`; else the headers `Logmesh-Service`,
    `Logmesh-Instance` and `Logmesh-Resource` (`name=value,…`, percent-encoded), of which senders can set those only. `zone` is that of
    times that name none. Raises RequestRefused.
    """
    resource = _pairs(headers.get("Logmesh-Resource", ""))
    for name, value in parameters.items():
        if name.startswith(_RESOURCE) and name != _RESOURCE:
            resource[name.removeprefix(_RESOURCE)] = value
        elif name not in _PARAMETERS:
            raise RequestRefused(
                f"unknown parameter {name[:100]!r}; known are {', '.join(_PARAMETERS)}, {_RESOURCE}NAME"
            )
    if len(resource) > MAX_ATTRIBUTES:
        raise RequestRefused(f"a resource has {MAX_ATTRIBUTES} attributes at most")
    join = _YES_NO.get(parameters.get("join", "true"))
    if join is None:
        raise RequestRefused("the parameter join is true or false")
    named = parameters.get("timezone", "")
    try:
        zone = zone_of(named) if named else zone
    except ValueError as error:
        raise RequestRefused(f"unknown timezone {named[:100]!r}; one is such as Europe/Berlin or UTC") from error
    service = parameters.get("service", headers.get("Logmesh-Service", ""))
    instance = parameters.get("instance", headers.get("Logmesh-Instance", ""))
    return Whose(
        OriginKey(_name(service), _name(instance), dump_json(resource, sort=True) if resource else b""),
        zone,
        not named,
        join,
    )


def read_lines(body: bytes, media_type: str, charset: str, of: Whose, now_unix_nano: int) -> Received:
    """The records of a body, in its order; blank lines are none. Raises RequestRefused."""
    if media_type not in _TYPES and not media_type.startswith("text/"):
        raise UnknownMediaType(
            f"{media_type} is not read here: send text/plain, application/x-ndjson or application/json"
        )
    codec = _CHARSETS.get(charset.lower() or "utf-8")
    if codec is None:
        raise UnknownMediaType(f"charset {charset[:100]} is not read here: send UTF-8")
    if codec:
        body = body.decode(codec, "replace").encode()
    lines = _json_lines(body) if media_type == JSON else None
    if lines is None:
        lines = _lines(body, of.join)
    if len(lines) > MOST_RECORDS:
        raise TooLarge(_TOO_MANY)
    parser = StreamParser(of.zone, or_utc=of.or_utc)
    chunk = Chunk()
    moment = Moment(now_unix_nano, now_unix_nano, NEVER)
    chunk.extend(*read_records(lines, parser, Parts(), now_unix_nano, moment), of.origin)
    return Received(chunk, tell_apart(chunk.times))


def _lines(body: bytes, join: bool) -> list[Line]:
    buffer = LineBuffer(crc=None, join=join)
    buffer.feed(body)
    lines: list[Line] = []
    while len(buffer) and len(lines) <= MOST_RECORDS:
        lines += buffer.take(MOST_RECORDS + 1, len(body) + 1, 0.0, True)
    return [line for line in lines if line.body.strip()]


def _json_lines(body: bytes) -> list[Line] | None:
    """The elements of a list, or one object over several lines; None for a body that is lines."""
    text = body.strip()
    is_list = text[:1] == b"["
    if not is_list and not (text[:1] == b"{" and b"\n" in text):
        return None
    try:
        value = load_exact_json(text)
    except ValueError as error:
        if is_list:
            raise RequestRefused("the body is not a list in JSON") from error
        return None
    values = value if is_list else [value]
    if len(values) > MOST_RECORDS:
        raise TooLarge(_TOO_MANY)
    return [Line(dump_json(one), 0, place) for place, one in enumerate(values)]


def _pairs(text: str) -> dict[str, str]:
    pairs = {}
    for pair in filter(None, map(str.strip, text.split(","))):
        name, equals, value = pair.partition("=")
        if not equals or not name.strip():
            raise RequestRefused(f"Logmesh-Resource is name=value,…, and not {pair[:100]!r}")
        pairs[unquote(name.strip())] = unquote(value.strip())
    return pairs


def _name(text: str) -> bytes:
    name = text.encode("utf-8", "replace")
    if len(name) > MAX_NAME_BYTES:
        raise RequestRefused(f"a name has {MAX_NAME_BYTES} bytes at most")
    return name
