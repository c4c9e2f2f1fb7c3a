"""Hosts and programs of syslog as origins, of which each is a row in the store: anybody may send another with each message, and so
there is a bound to how many are new.
"""

from typing import Final

from logmesh.producer.timestamps.clock import SECOND
from logmesh.record.columns import OriginKey
from logmesh.record.entry import clean_text
from logmesh.record.json_text import dump_json
from logmesh.record.limits import MAX_NAME_BYTES

MOST_NEW: Final = 10_000
"""Hosts' programs of one tenant that are new within an hour. What others say is stored as of one origin, `UNLISTED`."""
MOST_KNOWN: Final = 50_000
"""Of those that were there before and are not new again within an hour."""
UNLISTED: Final = OriginKey(b"syslog")
_HOUR: Final = 3_600 * SECOND


class Origins:
    """The origins of one tenant's messages."""

    def __init__(self) -> None:
        self.hour = 0
        """The number of the hour, of those since 1970."""
        self._now: dict[tuple[bytes, bytes], OriginKey] = {}
        self._before: dict[tuple[bytes, bytes], OriginKey] = {}
        self._new = 0

    def set(self, now_unix_nano: int) -> None:
        """It is that time: a new hour forgets what was not there in the last one."""
        if (hour := now_unix_nano // _HOUR) != self.hour:
            self.hour, self._new = hour, 0
            self._before, self._now = self._now, {}

    def of(self, host: bytes, app: bytes) -> OriginKey:
        """The origin of what a program on a host says; `UNLISTED` where too many are new."""
        if len(host) > MAX_NAME_BYTES:
            host = clean_text(host, MAX_NAME_BYTES)
        key = host, app
        if (origin := self._now.get(key)) is not None:
            return origin
        origin = self._before.get(key) if len(self._now) < MOST_KNOWN else None
        if origin is None:
            if self._new == MOST_NEW:
                return UNLISTED
            self._new += 1
            origin = _made(host, app)
        self._now[key] = origin
        return origin


def _made(host: bytes, app: bytes) -> OriginKey:
    name = clean_text(host, MAX_NAME_BYTES)
    resource = dump_json({"host.name": name.decode()}) if name else b""
    return OriginKey(clean_text(app, MAX_NAME_BYTES), name, resource)
