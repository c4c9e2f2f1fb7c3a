"""Which transactions were over when the database was asked, as PostgreSQL's own snapshots tell it. Pure."""

from typing import NamedTuple


class Snapshot(NamedTuple):
    """It sees every transaction below `xmax` but the `running` ones, which are sorted. Numbers are 64 bits wide and never wrap."""

    xmax: int
    running: tuple[int, ...] = ()

    @property
    def oldest(self) -> int:
        """All transactions below it are seen."""
        return self.running[0] if self.running else self.xmax

    def sees(self, xid: int) -> bool:
        """Whether the transaction was over."""
        return xid < self.xmax and xid not in self.running

    def with_those_of(self, later: "Snapshot", last: int) -> "Snapshot":
        """One that sees what this one does, and of what `later` sees all up to `last`."""
        xmax = max(self.xmax, min(later.xmax, last + 1))
        unseen = (
            xid
            for xid in {*self.running, *later.running}
            if xid < xmax and not self.sees(xid) and not (xid <= last and later.sees(xid))
        )
        return Snapshot(xmax, tuple(sorted(unseen)))


class Place(NamedTuple):
    """How far a reader of one incarnation of the database has come: what `snapshot` sees, by the database's clock at `moment`
    (microseconds since 1970, for people)."""

    incarnation: bytes
    snapshot: Snapshot
    moment: int
