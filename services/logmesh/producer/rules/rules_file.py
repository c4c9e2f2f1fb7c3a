"""Rules of a file that may change while they are in force."""

from pathlib import Path
from typing import Final

import structlog

from logmesh.producer.rules.errors import RulesError
from logmesh.producer.rules.reading import read_rules
from logmesh.producer.sources import Chunk
from logmesh.runtime import metrics

log = structlog.get_logger()

LOOK_SECONDS: Final = 5
"""How often the file is looked at, while records come."""


class RulesFile:
    """Applies a file's rules. Once it has changed it is read again; while what it says is wrong, the rules before stay in force.

    Limits begin anew with other rules. Any thread may apply them.
    """

    def __init__(self, path: Path) -> None:
        """Raises RulesError."""
        self._path = path
        self._seen = _stamp(path)
        self._rules = read_rules(path)
        self._look_at = 0
        metrics.RULES_STALE.set(0)

    def apply(self, chunk: Chunk, now_unix_nano: int, tenant: str = "") -> Chunk:
        """See `Rules.apply`."""
        if now_unix_nano >= self._look_at:
            self._look_at = now_unix_nano + LOOK_SECONDS * 10**9
            self._look()
        return self._rules.apply(chunk, now_unix_nano, tenant)

    def _look(self) -> None:
        stamp = _stamp(self._path)
        if stamp == self._seen:
            return
        self._seen = stamp
        try:
            self._rules = read_rules(self._path)
        except RulesError as error:
            metrics.RULES_STALE.set(1)
            log.error("the rules can't be read, those before stay in force", event_name="rules_stale", error=str(error))
        else:
            metrics.RULES_STALE.set(0)
            log.info("the rules have changed", event_name="rules_changed", rules=len(self._rules.rules))


def _stamp(path: Path) -> tuple[int, int, int] | None:
    """What differs once the file is another one; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size
