"""Makes records of a push: labels say whose they are, entries when they were logged, metadata and the line itself the rest."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Final, NamedTuple

from logmesh.producer.attributes import attributes_of
from logmesh.producer.formats.stream import StreamParser
from logmesh.producer.level_fields import take_level
from logmesh.producer.receivers.http.loki.streams import Labels, Stream
from logmesh.producer.receivers.http.refusals import TooLarge
from logmesh.producer.receivers.http.texts import Outer, read_texts, said_by_both
from logmesh.producer.receivers.limits import MOST_RECORDS
from logmesh.producer.receivers.received import Received
from logmesh.producer.sources import Chunk
from logmesh.producer.timestamps.zones import UTC_ZONE
from logmesh.producer.trace_fields import take_trace
from logmesh.record.columns import OriginKey
from logmesh.record.entry import clean_text
from logmesh.record.json_text import dump_json
from logmesh.record.limits import MAX_NAME_BYTES

# The first that a stream has names its service, as Loki itself finds `service_name`.
_SERVICES: Final = (
    "service_name", "service", "app", "application", "name", "app_kubernetes_io_name", "container", "container_name",
    "k8s_container_name", "component", "workload", "job", "k8s_job_name",
)  # fmt: skip
# In Kubernetes `instance` is what a chart was installed as, the same for all of its pods.
_INSTANCES: Final = (
    "service_instance_id",
    "pod",
    "pod_name",
    "k8s_pod_name",
    "instance",
    "host",
    "hostname",
    "node_name",
)
_ARE_NAMES: Final = frozenset(("service_name", "service_instance_id"))
_FOUND_LEVEL: Final = "detected_level"
_LAST_TIME: Final = (1 << 63) - 1


class Source(NamedTuple):
    """Whose a stream's entries are, and the level that its labels say."""

    origin: OriginKey
    severity: int
    severity_text: bytes


def read_streams(streams: Iterable[Stream], now_unix_nano: int) -> Received:
    """The records of a push, in its order. Raises TooLarge where they are too many."""
    chunk = Chunk()
    for stream in streams:
        if len(chunk) + len(stream.lines) > MOST_RECORDS:
            raise TooLarge(f"a push holds {MOST_RECORDS} entries at most")
        if stream.lines:
            _add(chunk, stream, now_unix_nano)
    return Received(chunk, all(chunk.times))


def _add(chunk: Chunk, stream: Stream, now_unix_nano: int) -> None:
    source = source_of(stream.labels)
    bodies, said = read_texts(stream.lines, StreamParser(UTC_ZONE), now_unix_nano)
    times = [time if 0 < time <= _LAST_TIME else 0 for time in stream.times]
    if source.severity or any(stream.metadata):
        outers = [_outer(time, metadata, source) for time, metadata in zip(times, stream.metadata, strict=True)]
        said = list(map(said_by_both, outers, said))
    else:
        said = [parsed.at(time or parsed.time_unix_nano) for time, parsed in zip(times, said, strict=True)]
    chunk.extend(bodies, said, source.origin)


def _outer(time_unix_nano: int, metadata: dict[str, Any], source: Source) -> Outer:
    if not metadata:
        return Outer(time_unix_nano, source.severity, source.severity_text)
    severity, severity_text = take_level(metadata)
    if not severity:
        severity, severity_text = _found_level(metadata)
    if not severity:
        severity, severity_text = source.severity, source.severity_text
    trace_id, span_id = take_trace(metadata)
    attributes = attributes_of(metadata, 0)
    return Outer(time_unix_nano, severity, severity_text, trace_id, span_id, metadata, attributes)


def _found_level(metadata: dict[str, Any]) -> tuple[int, bytes]:
    """The level that somebody has found in the line, such as another Loki."""
    level = metadata.get(_FOUND_LEVEL)
    if level is None:
        return 0, b""
    severity, text = take_level({"level": level})
    if severity:
        del metadata[_FOUND_LEVEL]
    return severity, text


@lru_cache(maxsize=1024)
def source_of(labels: Labels) -> Source:
    """What a stream's labels say; those that are a name of it, or its level, are no attributes of its resource."""
    fields: dict[str, Any] = dict(labels)
    service = _first(fields, _SERVICES)
    instance = _first(fields, _INSTANCES)
    severity, text = take_level(fields)
    attributes = {name: value for name, value in fields.items() if name not in _ARE_NAMES}
    return Source(OriginKey(service, instance, dump_json(attributes) if attributes else b""), severity, text)


def _first(fields: dict[str, Any], names: Iterable[str]) -> bytes:
    found = next((fields[name] for name in names if fields.get(name)), "")
    return clean_text(str(found).encode("utf-8", "replace"), MAX_NAME_BYTES)
