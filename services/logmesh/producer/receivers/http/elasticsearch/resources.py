"""What of a document says who wrote it: a host, a container, a service. Of many documents it is the same, and is kept once."""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Final, NamedTuple

from logmesh.record.columns import OriginKey
from logmesh.record.entry import clean_text
from logmesh.record.json_text import dump_json, load_exact_json
from logmesh.record.limits import MAX_ATTRIBUTES, MAX_ATTRIBUTES_BYTES, MAX_NAME_BYTES

_HOLDERS: Final = frozenset(
    ("agent", "cloud", "container", "data_stream", "ecs", "host", "hostname", "kubernetes", "orchestrator", "service")
)
_INDEX: Final = "elasticsearch.index"
_DEEPEST: Final = 8
_LONGEST_KNOWN: Final = 8_192
"""Of a resource that is remembered: anybody can send another with each document."""
# The first that a document has.
_SERVICES: Final = (
    "service.name", "service", "kubernetes.labels.app.kubernetes.io/name", "kubernetes.labels.app_kubernetes_io/name",
    "kubernetes.labels.app", "kubernetes.deployment.name", "kubernetes.container.name", "kubernetes.container_name",
    "container.name", "data_stream.dataset",
)  # fmt: skip
_INSTANCES: Final = (
    "service.instance.id", "service.node.name", "kubernetes.pod.name", "kubernetes.pod_name", "container.id", "host.name",
    "hostname", "host", "agent.name",
)  # fmt: skip
_DATED: Final = re.compile(r"[-_.]\d{4}(?:[-_.]?\d{2}){0,2}(?:-\d{6})?$")


class Source(NamedTuple):
    """Whose a document is. `is_whole`: all that it says of that is in the origin, and was not too much."""

    origin: OriginKey
    is_whole: bool


def take_resource(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields that say who wrote a document; they leave `fields`."""
    names = [name for name in fields if name in _HOLDERS]
    if "." in "".join(fields):
        names += [name for name in fields if "." in name and name.partition(".")[0] in _HOLDERS]
    return {name: fields.pop(name) for name in names}


def source_of(resource: bytes, index: str) -> Source:
    """Whose a document is, by the JSON text of what `take_resource` took, and the index that it was sent to."""
    return _known_source(resource, index) if len(resource) <= _LONGEST_KNOWN else _source(resource, index)


def _source(resource: bytes, index: str) -> Source:
    attributes: dict[str, Any] = {}
    _flatten(attributes, "", load_exact_json(resource), 0)
    service = _first(attributes, _SERVICES) or _name(_DATED.sub("", index))
    instance = _first(attributes, _INSTANCES)
    if index:
        attributes[_INDEX] = index
    text = dump_json(attributes, sort=True) if attributes else b""
    if len(attributes) <= MAX_ATTRIBUTES and len(text) <= MAX_ATTRIBUTES_BYTES:
        return Source(OriginKey(service, instance, text), True)
    return Source(OriginKey(service, instance, dump_json({_INDEX: index})), False)


# Most documents of a host or a container have the same.
_known_source: Final = lru_cache(maxsize=1024)(_source)


def _flatten(into: dict[str, Any], prefix: str, fields: dict[str, Any], depth: int) -> None:
    for name, value in fields.items():
        if isinstance(value, dict) and value and depth < _DEEPEST:
            _flatten(into, f"{prefix}{name}.", value, depth + 1)
        else:
            into[prefix + name] = value


def _first(attributes: dict[str, Any], names: Iterable[str]) -> bytes:
    found = next((value for name in names if isinstance(value := attributes.get(name), str) and value), "")
    return _name(found)


def _name(text: str) -> bytes:
    return clean_text(text.encode("utf-8", "replace"), MAX_NAME_BYTES)
