"""Reads web servers' access logs: the common and the combined format, whatever stands before and behind, and whatever the
client sent as its request.
"""

import re
from typing import Any, Final

from logmesh.producer.attributes import attributes_of, replaced, texts_of
from logmesh.producer.level_names import level_of_status
from logmesh.producer.parsed import Parsed
from logmesh.producer.timestamps import kinds
from logmesh.producer.timestamps.clock import Clock
from logmesh.producer.timestamps.places import written
from logmesh.producer.traces import find_header

_BEFORE_TIME: Final = rb"(?P<who>[^\[|]{0,400}+)\["
_BEHIND_TIME: Final = (
    rb'\] "(?:(?P<method>[A-Z]+) (?P<path>[^\s"]+)(?: HTTP/(?P<version>[\d.]+))?(?=")|(?P<line>(?:[^"\\]|\\.)*+))" '
    rb'(?P<status>[1-5]\d\d)(?: (?P<bytes>\d+|-)(?![^\s"]))?'
    rb'(?: "(?P<referer>(?:[^"\\]|\\.)*+)" "(?P<agent>(?:[^"\\]|\\.)*+)")?'
)
_COMMON: Final = re.compile(_BEFORE_TIME + rb"(?>" + kinds.DAY_MONTH_NAME.pattern + rb")" + _BEHIND_TIME)
_READ_COMMON: Final = kinds.DAY_MONTH_NAME.reader(_COMMON)
_ANY_TIME: Final = re.compile(_BEFORE_TIME + rb"(?P<time>[^\]]{18,40})" + _BEHIND_TIME)
# What is no request is worth seeing as it is.
_NAMES: Final = (
    "http.request.method", "url.path", "network.protocol.version", "http.request.line", "referer", "user_agent.original",
)  # fmt: skip
_ADDRESS: Final = re.compile(rb"\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?|[0-9a-fA-F]*:[0-9a-fA-F:.]*")


def web_line(line: bytes, clock: Clock) -> Parsed | None:
    """What a line of an access log says; None for anything else."""
    if match := _COMMON.match(line):
        time = _READ_COMMON(match, clock)
    elif match := _ANY_TIME.match(line):
        time = written(match["time"], clock)
    else:
        return None
    fields = _who(match["who"].split())
    values = match.group("method", "path", "version", "line", "referer", "agent")
    fields |= texts_of(dict(zip(_NAMES, values, strict=True)))
    status = int(match["status"])
    fields["http.response.status_code"] = status
    size = match["bytes"]
    if size and size != b"-":
        fields["http.response.body.size"] = int(size[:18])
    trace_id, span_id = find_header(line, match.end())
    attributes = attributes_of(fields, len(line))
    return Parsed(time, level_of_status(status), b"", attributes, trace_id, span_id)


def _who(words: list[bytes]) -> dict[str, Any]:
    """Client and user of `client ident user`; some put the virtual host before, and a user's name may have spaces."""
    fields: dict[str, Any] = {}
    if len(words) > 3 and _ADDRESS.fullmatch(words[1]) and not _ADDRESS.fullmatch(words[0]):
        fields["server.address"] = replaced(words.pop(0))
    if words and words[0] != b"-":
        fields["client.address"] = replaced(words[0])
    user = b" ".join(words[2:])
    if user and user != b"-":
        fields["user.name"] = replaced(user)
    return fields
