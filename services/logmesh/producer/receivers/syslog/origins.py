"""Hosts and programs of syslog as origins: each is made once, and known by its names from then on."""

from functools import lru_cache
from typing import Final

from logmesh.record.columns import OriginKey
from logmesh.record.entry import clean_text
from logmesh.record.json_text import dump_json
from logmesh.record.limits import MAX_NAME_BYTES

_MOST_REMEMBERED: Final = 4_096
_LONGEST_REMEMBERED: Final = 1_024
"""Bytes of a host's name: anybody can send another with each message."""


def origin_of(host: bytes, app: bytes) -> OriginKey:
    """The origin of what a program on a host says."""
    return _remembered(host, app) if len(host) <= _LONGEST_REMEMBERED else _made(host, app)


def _made(host: bytes, app: bytes) -> OriginKey:
    name = clean_text(host, MAX_NAME_BYTES)
    resource = dump_json({"host.name": name.decode()}) if name else b""
    return OriginKey(clean_text(app, MAX_NAME_BYTES), name, resource)


_remembered: Final = lru_cache(_MOST_REMEMBERED)(_made)
