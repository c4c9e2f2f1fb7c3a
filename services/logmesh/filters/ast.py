"""What a filter means: a tree of typed conditions, each of which is true or false of a record, never unknown.

`!=`, `!~` and conditions on values in parentheses are written with And, Or and Not, so that a backend has few leaves
to know.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Literal

from logmesh.filters.quantities import Quantity
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
    """What a value may mean among JSON values: a text, and a number or a boolean where it reads like one.

    `structure` is the text where it reads like a list or an object in JSON.
    """

    text: str
    number: Decimal | None = None
    boolean: bool | None = None
    structure: str | None = None


@dataclass(frozen=True, slots=True)
class TextCompare:
    """Text compared by code points, case included."""

    column: TextColumn
    order: Order
    value: str


@dataclass(frozen=True, slots=True)
class TextContains:
    """The column contains `value`, whatever the case."""

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
    """The value at `path` is the text, the number, the boolean, the list or the object."""

    path: Path
    value: Literals


@dataclass(frozen=True, slots=True)
class MapHas:
    """A text contains it (case aside), a list has it as an item, an object has it as a key; or it is equal."""

    path: Path
    value: Literals


@dataclass(frozen=True, slots=True)
class MapCompare:
    """Compared by what the bound is; never EQ.

    Literals: texts by code points with the text, and numbers with the number, if it is one. Decimal: numbers, and texts that
    are written as numbers. Quantity: texts that are such quantities, and numbers whose unit is known.
    """

    path: Path
    order: Order
    bound: Literals | Decimal | Quantity


@dataclass(frozen=True, slots=True)
class MapMatches:
    """The value is a text, a number or a boolean, and the pattern matches somewhere in it as it is written."""

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


MapLeaf = MapEquals | MapHas | MapCompare | MapMatches | MapPresent
"""What is said of one value within attributes or the resource."""
Leaf = (
    TextCompare | TextContains | TextMatches | TextPresent | SeverityCompare | TimeCompare | IdEquals | IdPresent | MapLeaf
)  # fmt: skip
Node = Leaf | And | Or | Not
EVERYTHING = And(())
