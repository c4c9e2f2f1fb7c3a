"""Whether an appender reaches a processor, since when, and when a person should hear of it. Pure; time is an argument."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal, NamedTuple

from logmesh.client.errors import LogmeshError

SILENCE_SECONDS: Final = 5.0
"""How long nobody may be reached before it is said."""

Status = Literal["idle", "connecting", "connected", "failed", "closed"]


@dataclass(frozen=True, slots=True)
class State:
    """How an appender, or a handler, stands."""

    status: Status
    """`idle` before the first record; `connecting` while no processor has welcomed it; `connected`; `failed`, for
    good, when it takes nothing more and `last_error` says why; `closed`."""
    since: datetime
    """When that began."""
    processor: str
    """The name of the processor that is reached, empty for none."""
    last_error: LogmeshError | None
    """Why the last connection ended or failed; kept when another one is open. None for never."""
    pending: int
    """Records that are not committed yet."""
    dropped: int = 0
    """Records that a handler found no room for."""


class _Connection(NamedTuple):
    """Replaced as one, so that another thread reads what belongs together."""

    status: Status
    since: datetime
    processor: str


class Reach:
    """Is told what becomes of each connection, and says what a person should know of it."""

    def __init__(self, target: str) -> None:
        self._target = target
        self._connection = _Connection("idle", datetime.now(UTC), "")
        self.last_error: LogmeshError | None = None
        self._missing_since = 0.0
        self._said = False

    def connecting(self, now: float) -> bool:
        """A connection is wanted; return whether that is new, and not so since an earlier one failed."""
        if self._connection.status == "connecting":
            return False
        self._become("connecting")
        self._missing_since = now
        return True

    def connected(self, processor: str, now: float) -> str | None:
        """A processor has welcomed it. Return the sentence that is due."""
        missing = now - self._missing_since
        said, self._said = self._said, False
        self._become("connected", processor)
        return f"{self._target} is reached again after {missing:.0f} s" if said else None

    def failed(self, error: LogmeshError) -> None:
        """A connection has ended, or was not made."""
        self.last_error = error

    def give_up(self, error: LogmeshError) -> None:
        """Nothing is sent any more, for this reason."""
        self.last_error = error
        self._become("failed")

    def silent(self, pending: int, now: float) -> str | None:
        """The sentence that is due while no processor is reached; once until one is."""
        if self._connection.status != "connecting" or self._said or now - self._missing_since < SILENCE_SECONDS:
            return None
        self._said = True
        why = f" ({self.last_error})" if self.last_error else ""
        return f"no processor was reached at {self._target} for {now - self._missing_since:.0f} s{why}; {pending} records wait"

    def close(self) -> None:
        """No connection is wanted any more."""
        self._become("closed")

    def state(self, pending: int) -> State:
        """How it stands; from any thread."""
        status, since, processor = self._connection
        return State(status, since, processor, self.last_error, pending)

    def _become(self, status: Status, processor: str = "") -> None:
        self._connection = _Connection(status, datetime.now(UTC), processor)
