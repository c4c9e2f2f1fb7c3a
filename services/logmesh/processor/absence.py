"""Whether the database can be asked just now, as whoever has asked it last found."""

from logmesh.runtime import metrics


class Absence:
    """Shared by all that ask on behalf of streams. `reason` says why it can't be asked, in words; empty while it can."""

    def __init__(self) -> None:
        self.reason = ""

    def began(self, reason: str) -> None:
        """The database is away."""
        self.reason = reason
        metrics.DATABASE_AWAY.set(1)

    def ended(self) -> None:
        """It has answered."""
        self.reason = ""
        metrics.DATABASE_AWAY.set(0)
