"""What a rule does to the records that match it, as a function of a chunk; and what of it all actions have in common."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, Final, Literal, Protocol

from logmesh.producer.rules.view import View
from logmesh.producer.sources import Chunk

Verb = Literal["dropped", "kept", "renamed", "redacted"]
"""What became of records, by which they are counted."""

_COLUMNS: Final = tuple(column.name for column in fields(Chunk) if column.name != "positions")


@dataclass(frozen=True, slots=True)
class Done:
    """A chunk after an action. `touched` are the places, before it, of the records that it changed or left out."""

    chunk: Chunk
    touched: Sequence[int] = ()
    counts: Mapping[Verb, int] = field(default_factory=dict)


class Action(Protocol):
    """Makes a new chunk, or gives back the one that came when nothing is to be changed. Positions always go on."""

    def __call__(self, view: View, places: list[int]) -> Done:
        """Act on the records at these places, which are those that match."""


def drop(view: View, places: list[int]) -> Done:
    """Leaves them out."""
    return without(view.chunk, places, {"dropped": len(places)})


def without(chunk: Chunk, places: Sequence[int], counts: Mapping[Verb, int]) -> Done:
    """The chunk without the records at these places."""
    if not places:
        return Done(chunk, counts=counts)
    gone = set(places)
    kept = [place for place in range(len(chunk)) if place not in gone]
    new = Chunk(positions=chunk.positions)
    for name in _COLUMNS:
        if values := getattr(chunk, name):
            setattr(new, name, [values[place] for place in kept])
    return Done(new, places, counts)


def changed(chunk: Chunk, verb: Verb, touched: Sequence[int], columns: Mapping[str, list[Any]]) -> Done:
    """The chunk with these columns, by name, in place of its own."""
    if not touched:
        return Done(chunk)
    new = replace(chunk)
    for name, column in columns.items():
        setattr(new, name, column)
    return Done(new, touched, {verb: len(touched)})
