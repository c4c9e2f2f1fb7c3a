"""A statement put together from named files: each says `:name` where a value is bound or a compiled expression stands."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from logmesh.storage.sql import load

# Not `::`, which is a cast. A colon in a comment is followed by a space.
_NAME: Final = re.compile(r"(?<!:):([a-z_]+)\b")


@dataclass(frozen=True, slots=True)
class Expression:
    """SQL that a compiler of ours wrote; what users wrote is bound to it."""

    sql: str


class Statement:
    """SQL and the parameters bound to it, in the order of their numbers."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self.parameters: list[object] = []

    @property
    def sql(self) -> str:
        """The text of all parts."""
        return "".join(self._parts)

    def compile(self, compiler: Callable[[int], tuple[str, list[object]]]) -> Expression:
        """Have an expression written whose parameters are numbered from the next free one."""
        sql, parameters = compiler(len(self.parameters) + 1)
        self.parameters += parameters
        return Expression(sql)

    def add(self, name: str, **values: object) -> "Statement":
        """Append ``<name>.sql`` with an Expression or a bound value for each of its names. Raises KeyError without one."""
        places: dict[str, str] = {}

        def place(match: re.Match[str]) -> str:
            key = match[1]
            if key not in places:
                value = values[key]
                if isinstance(value, Expression):
                    places[key] = value.sql
                else:
                    self.parameters.append(value)
                    places[key] = f"${len(self.parameters)}"
            return places[key]

        self._parts.append(_NAME.sub(place, load(name)))
        return self
