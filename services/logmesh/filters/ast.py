"""What a filter means: a tree of typed conditions, each of which is true or false of a record, never unknown.

`!=`, `!~` and conditions on values in parentheses are written with And, Or and Not, so that a backend has few leaves
to know.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Literal

from logmesh.filters.regex import Regex

TextColumn = Literal["service", "instance", "body"]
IdColumn = Literal["trace_id", "span_id"]
MapColumn = Literal["attributes", "resource"]


class Order(Enum):
    """The comparisons that a backend must know, by their sign in both SQL and the filter language."""

    EQ = "="
    LT = "<"
    LE = "<="
    GT = ">"
    GE = ">="


@dataclass(frozen=True, slots=True)
class Path:
    """A value within attributes or the resource. `a.b` is the member "a.b" or, where there is none, `b` within `a`."""

    column: MapColumn
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Literals:
    """What a value may mean among JSON values: a text, and a number or a boolean where it reads like one."""

    text: str
    number: Decimal | None = None
    boolean: bool | None = None


@dataclass(frozen=True, slots=True)
class TextCompare:
    """Text compared by code points, case included."""

    column: TextColumn
    order: Order
    value: str


@dataclass(frozen=True, slots=True)
class TextContains:
    """The column contains `value`; the case of ASCII letters doesn't matter."""

    column: TextColumn
    value: str


@dataclass(frozen=True, slots=True)
class TextMatches:
    """The pattern matches somewhere in the column."""

    column: TextColumn
    pattern: Regex


@dataclass(frozen=True, slots=True)
class TextPresent:
    """The column is not empty."""

    column: TextColumn


@dataclass(frozen=True, slots=True)
class SeverityCompare:
    """Severity number, 0 to 24, compared."""

    order: Order
    number: int


@dataclass(frozen=True, slots=True)
class TimeCompare:
    """Time compared, in nanoseconds since 1970 UTC."""

    order: Order
    unix_nano: int


@dataclass(frozen=True, slots=True)
class IdEquals:
    """A trace id of 16 bytes or a span id of 8."""

    column: IdColumn
    value: bytes


@dataclass(frozen=True, slots=True)
class IdPresent:
    """The record has such an id."""

    column: IdColumn


@dataclass(frozen=True, slots=True)
class MapEquals:
    """The value at `path` is the text, the number or the boolean."""

    path: Path
    value: Literals


@dataclass(frozen=True, slots=True)
class MapHas:
    """A text contains it (ASCII case aside), a list has it as an item, an object has it as a key; else it is equal."""

    path: Path
    value: Literals


@dataclass(frozen=True, slots=True)
class MapCompare:
    """Numbers compare with numbers and texts with texts; never EQ."""

    path: Path
    order: Order
    value: str | Decimal


@dataclass(frozen=True, slots=True)
class MapMatches:
    """The value is a text and the pattern matches somewhere in it."""

    path: Path
    pattern: Regex


@dataclass(frozen=True, slots=True)
class MapPresent:
    """There is a value, and it is not null."""

    path: Path


@dataclass(frozen=True, slots=True)
class And:
    """True when all children are; without children, true."""

    children: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Or:
    """True when any child is."""

    children: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Not:
    """True when the child is not."""

    child: "Node"


Leaf = (
    TextCompare | TextContains | TextMatches | TextPresent | SeverityCompare | TimeCompare | IdEquals | IdPresent
    | MapEquals | MapHas | MapCompare | MapMatches | MapPresent
)  # fmt: skip
Node = Leaf | And | Or | Not
EVERYTHING = And(())
