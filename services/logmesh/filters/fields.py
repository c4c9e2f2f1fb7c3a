"""Fields that records can be grouped by, named as in a filter, and what of them is in every record."""

from dataclasses import dataclass
from typing import Final, Literal

from logmesh.filters.ast import MapPresent, Path, TextPresent
from logmesh.filters.errors import FilterError
from logmesh.filters.parser import parse_filter

GROUPABLE: Final = ("level", "service", "instance", "attributes.<key>", "resource.<key>")
LEVELS: Final = ("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL")
"""Values of `level`: each is four severity numbers, from 1 on. Severity 0 is no level."""


@dataclass(frozen=True, slots=True)
class Column:
    """A field that every record has, though it may be empty."""

    name: Literal["level", "service", "instance"]


Field = Column | Path


def parse_field(text: str) -> Field:
    """Read a field's name by the rules of the filter language. Raises FilterError with a suggestion."""
    if text == "level":
        return Column("level")
    try:
        # "Has a value" is the one condition that all fields know; anything more than a field makes it another one.
        node = parse_filter(f"{text}:*")
    except FilterError as error:
        suggestion = "level" if error.suggestion == "severity" else error.suggestion
        raise FilterError(error.problem, error.position, expected=GROUPABLE, suggestion=suggestion) from None
    match node:
        case MapPresent(path):
            return path
        case TextPresent("service" | "instance" as name):
            return Column(name)
        case _:
            suggestion = "level" if text == "severity" else ""
            raise FilterError(f'"{text[:60]}" can\'t be grouped by', 0, expected=GROUPABLE, suggestion=suggestion)
