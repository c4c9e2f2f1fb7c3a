"""Where records come from: each source is pulled for a chunk at a time, and says with it where to go on.

generate · file · stdin  ->  Chunk (parallel lists + positions)  ->  batcher
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from logmesh.producer.parsed import Parsed
from logmesh.record.columns import OriginKey
from logmesh.record.rare import Rare

Position = dict[str, Any]
"""Where one part of a source stands, as JSON. Only the source that wrote it reads it."""


@dataclass(slots=True)
class Chunk:
    """Records column by column, all lists of one length (`rares` may be empty: no record says anything of it), and where the source
    stands after them.

    `positions` holds what has changed since the chunk before; None says that an entry is to be forgotten.
    A chunk without records may carry positions too.
    """

    times: list[int] = field(default_factory=list)
    severities: list[int] = field(default_factory=list)
    severity_texts: list[bytes] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    attributes: list[bytes] = field(default_factory=list)
    trace_ids: list[bytes] = field(default_factory=list)
    span_ids: list[bytes] = field(default_factory=list)
    origins: list[OriginKey] = field(default_factory=list)
    rares: list[Rare] = field(default_factory=list)
    positions: dict[str, Position | None] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.bodies)

    def extend(self, bodies: Sequence[bytes], said: Sequence[Parsed], origin: OriginKey) -> None:
        """Adds records of one origin: their bodies, and what each of them says."""
        if not bodies:
            return
        times, severities, severity_texts, attributes, trace_ids, span_ids = zip(*said, strict=True)
        self.times += times
        self.severities += severities
        self.severity_texts += severity_texts
        self.bodies += bodies
        self.attributes += attributes
        self.trace_ids += trace_ids
        self.span_ids += span_ids
        self.origins += [origin] * len(bodies)


class Source(Protocol):
    """Something that records are pulled from. Not asking it is how it is paused."""

    async def read(self, limit: int, wait_seconds: float) -> Chunk | None:
        """At most `limit` records, waiting for the first at most `wait_seconds`; None when no more will ever come.

        A chunk without records means that nothing came in time.
        """

    def positions(self) -> dict[str, Position]:
        """Where every part stands after the last chunk that was handed out."""

    async def close(self) -> None:
        """Lets go of files and descriptors. Safe to call twice."""
