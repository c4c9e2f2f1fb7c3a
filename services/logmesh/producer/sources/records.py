"""Makes records of the lines of one stream, in their order: what each one is, and what it says.

line  ->  container_lines (what stands behind the runtime's prefix)  ->  the stream's parser (its first line)  ->  body, Parsed
"""

import sys
from collections.abc import Sequence
from functools import partial
from typing import Final, NamedTuple

from logmesh.producer.container_lines import IN_JSON, unwrap
from logmesh.producer.formats.stream import StreamParser
from logmesh.producer.levels import level_below
from logmesh.producer.parsed import Parsed
from logmesh.producer.sources.lines import Line
from logmesh.producer.sources.parts import Parts

NEVER: Final = sys.maxsize
"""The offset from which a stream is live that is not."""


class Moment(NamedTuple):
    """When lines are read, in nanoseconds since 1970. What begins at the offset `live_from` or behind it is being written
    now; all before was written by `written_by`."""

    now: int
    written_by: int
    live_from: int = NEVER


def read_records(
    lines: Sequence[Line], parser: StreamParser, parts: Parts, source: object, moment: Moment, *, wrapped: bool = False
) -> tuple[list[bytes], list[Parsed]]:
    """The bodies of the records, and what they say; where the first line of one says no level, the second may.

    `source` tells the stream from others, and `wrapped` says that a container's runtime writes it.
    """
    now, written_by, live_from = moment
    parse = parser.parse
    bodies: list[bytes] = []
    said: list[Parsed] = []
    for body, part, offset in lines:
        if wrapped or body.startswith(IN_JSON):
            text, first = unwrap(body)
        else:
            text, first = body, body.partition(b"\n")[0] if b"\n" in body else body
        live = offset >= live_from
        at = now if live else written_by
        if part:
            parsed = parts.parse(Line(body, part, offset), source, partial(parse, first, at, live=live))
        else:
            parsed = parse(first, at, live=live)
        if not parsed.severity and b"\n" in text:
            parsed = parsed.of_level(*level_below(text))
        bodies.append(text)
        said.append(parsed)
    return bodies, said
