"""What the owner of a container wants of whoever reads its log, said by annotations of its pod or by labels of its container.

`logmesh.io/exclude: "true"` and its like; `logmesh.io/exclude.NAME` speaks of the pod's container of that name alone, and goes first.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from logmesh.producer.timestamps.zones import zone_of
from logmesh.record.limits import MAX_NAME_BYTES

PREFIX: Final = "logmesh.io/"

_TRUTHS: Final = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


class Hints(NamedTuple):
    """None and the empty text leave it to the reader's settings."""

    excluded: bool = False
    """Its log is not read."""
    service: str = ""
    """`service.name` of its records."""
    join: bool | None = None
    """Whether lines that continue a record are joined to it."""
    timezone: str = ""
    """Zone of times that name none."""
    faults: tuple[str, ...] = ()
    """What was said and can't be followed, each in words."""


NO_HINTS: Final = Hints()


def read_hints(said: Mapping[str, str], container: str = "") -> Hints:
    """The hints among these annotations or labels, for the container of this name. Never raises: see `Hints.faults`."""
    given = {key: value.strip() for key, value in said.items() if key.startswith(PREFIX)}
    if not given:
        return NO_HINTS
    faults: list[str] = []

    def text(name: str) -> tuple[str, str]:
        own = f"{PREFIX}{name}.{container}"
        key = own if container and own in given else PREFIX + name
        return key, given.get(key, "")

    def truth(name: str) -> bool | None:
        key, value = text(name)
        if value and value.lower() not in _TRUTHS:
            faults.append(f'{key} is {value[:64]!r}, and not "true" or "false"')
        return _TRUTHS.get(value.lower())

    excluded, join = truth("exclude"), truth("join")
    key, service = text("service")
    if len(service.encode("utf-8", "replace")) > MAX_NAME_BYTES:
        faults.append(f"{key} is longer than {MAX_NAME_BYTES} bytes")
        service = ""
    key, timezone = text("timezone")
    if timezone:
        try:
            zone_of(timezone)
        except ValueError as error:
            faults.append(f"{key}: {error}")
            timezone = ""
    return Hints(bool(excluded), service, join, timezone, tuple(faults))
