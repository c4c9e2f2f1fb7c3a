"""A container whose log is read: its service, its attributes, and what its owner wants of the reader."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from logmesh.producer.containers.hints import NO_HINTS, PREFIX, Hints

MOST_LABELS: Final = 64
"""Most labels of one container, and most annotations of one pod; the first ones by name are taken."""

MOST_KEY_BYTES: Final = 317
"""Longest name of a label: what Kubernetes allows, prefix and all."""

MOST_VALUE_BYTES: Final = 512
"""Longest text of a label or annotation; the rest is cut off."""


MOST_LABELS_BYTES: Final = 16 << 10
"""Most bytes of all labels' names and texts of one container, and of all annotations' of one pod."""


class Container(NamedTuple):
    """What is known of a container; names of attributes come from OpenTelemetry's conventions."""

    service: str
    """Its `service.name`: the workload's, or what a hint says."""
    instance: str
    """Its `service.instance.id`."""
    attributes: dict[str, Any]
    """Of its resource: `k8s.namespace.name`, `container.name` and others."""
    hints: Hints = NO_HINTS


def labels_as_attributes(prefix: str, labels: Mapping[str, str], wanted: Iterable[str]) -> dict[str, str]:
    """The `wanted` ones of `labels` as attributes below `prefix`, by name, as far as the bounds above allow. Hints are none."""
    fitting = (key for key in wanted if len(key.encode()) <= MOST_KEY_BYTES and not key.startswith(PREFIX))
    attributes: dict[str, str] = {}
    left = MOST_LABELS_BYTES
    for key in sorted(fitting)[:MOST_LABELS]:
        text = cut_text(labels[key], MOST_VALUE_BYTES)
        left -= len(key.encode()) + len(text.encode())
        if left < 0:
            break
        attributes[f"{prefix}.{key}"] = text
    return attributes


def cut_text(text: str, most_bytes: int) -> str:
    """So much of `text` as fits into so many bytes of UTF-8."""
    return text.encode("utf-8", "replace")[:most_bytes].decode("utf-8", "ignore")
