"""What is counted, and from where: the rollup of minutes where it knows all that is asked, else the records themselves.

The rollup knows service, instance, severity and resource of every record, and its time to the minute.
"""

from typing import Final, assert_never

from logmesh.filters.ast import (
    And,
    IdEquals,
    IdPresent,
    MapCompare,
    MapEquals,
    MapHas,
    MapMatches,
    MapPresent,
    Node,
    Not,
    Or,
    Path,
    SeverityCompare,
    TextCompare,
    TextContains,
    TextMatches,
    TextPresent,
    TimeCompare,
)
from logmesh.filters.fields import Field
from logmesh.rows.matching import over_matches
from logmesh.rows.records import to_timestamp
from logmesh.storage.statement import Statement
from logmesh.store.time_range import TimeRange

MINUTE_NANO: Final = 60 * 10**9


def is_countable(node: Node) -> bool:
    """Tell whether a filter asks for nothing but what the rollup knows."""
    match node:
        case And(children) | Or(children):
            return all(map(is_countable, children))
        case Not(child):
            return is_countable(child)
        case SeverityCompare():
            return True
        case TextCompare(column) | TextContains(column) | TextMatches(column) | TextPresent(column):
            return column != "body"
        case MapEquals(path) | MapHas(path) | MapCompare(path) | MapMatches(path) | MapPresent(path):
            return path.column == "resource"
        case TimeCompare() | IdEquals() | IdPresent():
            return False
        case _:
            assert_never(node)


def is_countable_field(field: Field) -> bool:
    """Tell whether the rollup knows the values of a field."""
    return not isinstance(field, Path) or field.column == "resource"


def whole_minutes(span: TimeRange) -> TimeRange:
    """The whole minutes within a range; where there is none, an empty range at the start of the minute that it ends in."""
    last = span.end_unix_nano // MINUTE_NANO * MINUTE_NANO
    return TimeRange(min(-(-span.start_unix_nano // MINUTE_NANO) * MINUTE_NANO, last), last)


def from_counts(node: Node, span: TimeRange) -> Statement:
    """Begin a statement over `counted`, which is of the rollup but for parts of minutes; `node` must be countable."""
    minutes = whole_minutes(span)
    return over_matches(
        "from_counts",
        node,
        span,
        first_minute=to_timestamp(minutes.start_unix_nano)[0],
        last_minute=to_timestamp(minutes.end_unix_nano)[0],
    )


def from_records(node: Node, span: TimeRange) -> Statement:
    """Begin a statement over `counted`, which is each record that matches."""
    return over_matches("from_records", node, span)


def from_newest(node: Node, span: TimeRange, most: int) -> Statement:
    """Begin a statement over `counted`, which is the newest records that match, `most` of them."""
    return over_matches("from_newest", node, span, most=most)
