"""Reads lines behind what a tool puts before them: kubectl, stern and compose name the container, others give a time or a host.

What a prefix says is kept beside what the line behind it says.
"""

import re
from functools import lru_cache
from typing import Any, Final

from logmesh.producer.attributes import attributes_of, replaced, with_attributes, with_text
from logmesh.producer.columns import is_columns
from logmesh.producer.documents import Reader, read_document
from logmesh.producer.fields import logfmt_object, said_by
from logmesh.producer.levels import find_level
from logmesh.producer.parsed import Parsed
from logmesh.producer.timestamps.clock import Clock
from logmesh.producer.timestamps.places import find_time
from logmesh.producer.timestamps.settling import settle
from logmesh.producer.trace_fields import take_trace
from logmesh.producer.traces import find_trace
from logmesh.record.json_text import dump_json, load_exact_json

# `kubectl logs --prefix`; `docker compose logs`, `docker service logs` and foreman, which number what they run.
_POD: Final = re.compile(rb"\[pod/(?P<pod>[^/\]\s]+)/(?P<container>[^\]\s]+)\] ?")
_COMPOSE: Final = re.compile(rb"(?P<container>[A-Za-z][\w-]*[._-]\d+(?:\.\w+@[\w.-]+)?) *\| ?")
_COMPOSE_WINDOW: Final = 96
# Stern's; names of pods end with what makes them unique.
_STERN: Final = re.compile(
    rb"(?:(?P<namespace>[a-z0-9-]+) )?(?P<pod>[a-z0-9][a-z0-9.-]*-[a-z0-9]+) (?P<container>[a-z0-9][a-z0-9-]*) "
    rb"(?P<at>\d{4}-\d\d-\d\dT\S+ )?"
)
_NAMES: Final = {"namespace": "k8s.namespace.name", "pod": "k8s.pod.name", "container": "k8s.container.name"}
_LONGEST_PREFIX: Final = 512


def pod_line(line: bytes, clock: Clock, read: Reader) -> Parsed | None:
    """A line behind its pod and container, as kubectl names them, read by `read`; None for any other."""
    found = _POD.match(line)
    return with_attributes(read(line[found.end() :], clock), _named(found)) if found else None


def composed_line(line: bytes, clock: Clock, read: Reader) -> Parsed | None:
    """A line behind the name and number of its service, read by `read`; None for any other."""
    found = _COMPOSE.match(line) if line.find(b"|", 1, _COMPOSE_WINDOW) > 0 else None
    if found is None:
        return None
    return with_text(read(line[found.end() :], clock), _container(found["container"]))


def ending_in_json(line: bytes, clock: Clock, read: Reader) -> Parsed | None:
    """A line that ends in a JSON object, behind a prefix or behind a message; None for any other."""
    start = line.find(b'{"')
    if start <= 0:
        return None
    try:
        fields = load_exact_json(line[start:], constants=True)
    except ValueError:
        return None
    return _behind(line, start, fields, clock, read)


def ending_in_logfmt(line: bytes, clock: Clock) -> Parsed | None:
    """A line of `key=value` pairs behind a prefix; None for any other."""
    start = line.rfind(b" ", 0, line.find(b"=")) + 1
    if not 0 < start < _LONGEST_PREFIX or not (fields := logfmt_object(line, start)):
        return None
    if not is_columns(line, 0, start) and not _STERN.fullmatch(line, 0, start):
        return None
    return _behind(line, start, fields, clock, None)


def _behind(line: bytes, start: int, fields: dict[str, Any], clock: Clock, read: Reader | None) -> Parsed | None:
    head = line[:start]
    stern = _STERN.fullmatch(head)
    columns = read is None or stern is not None or is_columns(head, 0, start)
    found = find_time(stern["at"] or b"" if stern else head, clock)
    time, end = (found.time_unix_nano, found.end) if found else (0, 0)
    severity, text = (0, b"") if stern else find_level(head, end)
    if columns and not severity:
        inner = read_document(fields, len(line), clock, read) if read else said_by(fields, len(line), clock)
        inner = inner.at(settle(inner.time_unix_nano, time))
        if not inner.severity and read is None:
            # Sidekiq's stands behind the pairs.
            inner = inner.of_level(*find_level(line, end))
        return with_attributes(inner, _named(stern)) if stern else inner
    # A logger's own line, and what it is about: the object's times and levels are not the record's.
    trace, span = find_trace(head)
    if not trace:
        trace, span = take_trace(fields)
    return Parsed(time, severity, text, attributes_of(fields, len(line)), trace, span)


@lru_cache(maxsize=256)
def _container(name: bytes) -> bytes:
    return dump_json({"container.name": replaced(name)})


def _named(found: re.Match[bytes]) -> dict[str, str]:
    return {_NAMES[name]: replaced(value) for name, value in found.groupdict().items() if value and name in _NAMES}
