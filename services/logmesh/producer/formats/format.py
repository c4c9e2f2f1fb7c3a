"""One way of writing a line: a pattern that says where its time, its level and its fields are, and lines that are its examples."""

import re
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from logmesh.producer.attributes import attributes_of, replaced
from logmesh.producer.fields import may_end_in_fields
from logmesh.producer.level_names import WORDS
from logmesh.producer.levels import find_level
from logmesh.producer.parsed import Parsed
from logmesh.producer.timestamps import kinds
from logmesh.producer.timestamps.clock import Clock
from logmesh.producer.timestamps.kinds import Kind
from logmesh.producer.traces import find_trace

KINDS: Final[dict[bytes, Kind]] = {
    name.lower().encode(): kind for name, kind in vars(kinds).items() if isinstance(kind, Kind)
}
"""What may stand in braces in a pattern, beside `level`."""

_NAMED: Final = re.compile(rb"\{([a-z]\w*)\}")
_OWN_GROUPS: Final = frozenset(("t", "f", "x", "s", "level"))


class Example(NamedTuple):
    """A line as it is written, and what it says: its time in UTC with as many digits as it has, its level, and its fields."""

    line: bytes
    time: str
    level: str = ""
    fields: Mapping[str, str | int] = {}


class Format:
    """A format of the table. `{iso}` and such in `pattern` are kinds of times, `{level}` is a level's word; other groups are fields
    that become attributes: under their own name, or the one that `fields` gives them.

    Where the pattern has no level, it is looked for behind what the pattern matches. `levels` says what the level's text means,
    which is kept unless it is a code; what it doesn't know is of another format.
    """

    def __init__(
        self,
        name: str,
        pattern: bytes,
        *examples: Example,
        levels: Mapping[bytes, int] = WORDS,
        fields: Mapping[str, str] | None = None,
        numbers: tuple[str, ...] = (),
        holds: bytes = b"",
        loose: bool = False,
    ) -> None:
        """`holds` is what every line of the format has, where that spares a search. `numbers` are fields whose values are numbers.

        `loose` formats have a message of any kind: where fields may be in it, they leave the line to those who look for them.
        """
        self.name = name
        self.loose = loose
        self.examples = examples
        of_time = [KINDS[word] for word in _NAMED.findall(pattern) if word != b"level"]
        self._pattern = re.compile(_NAMED.sub(_written_out, pattern))
        self._read_time = of_time[0].reader(self._pattern)
        self._levels = levels
        self._coded = all(not word.isalpha() for word in levels)
        self._level_group = self._pattern.groupindex.get("level", 0)
        self._holds = holds
        named = fields or {}
        self._fields = [
            (group, named.get(group, group))
            for group in self._pattern.groupindex
            if group not in _OWN_GROUPS - set(named)
        ]
        self._numbers = numbers

    def read(self, line: bytes, clock: Clock) -> Parsed | None:
        """What a line of this format says; None for any other."""
        if self._holds and self._holds not in line:
            return None
        match = self._pattern.match(line)
        if match is None or (self.loose and may_end_in_fields(line)) or not (time := self._read_time(match, clock)):
            return None
        if self._level_group:
            text = match[self._level_group]
            severity = self._levels.get(text, 0)
            if not severity:
                return None
            if self._coded:
                text = b""
        else:
            severity, text = find_level(line, match.end())
        trace_id, span_id = find_trace(line)
        return Parsed(time, severity, text, self._attributes(match) if self._fields else b"", trace_id, span_id)

    def _attributes(self, match: re.Match[bytes]) -> bytes:
        fields: dict[str, str | int] = {}
        for group, name in self._fields:
            value = match[group]
            if value and value != b"-":
                fields[name] = int(value[:18]) if group in self._numbers else replaced(value)
        return attributes_of(fields, match.end())


def _written_out(found: re.Match[bytes]) -> bytes:
    # Atomic: what a time has taken is not given back, digit by digit, where something else doesn't fit.
    return rb"(?P<level>[A-Za-z]{1,13})" if found[1] == b"level" else rb"(?>" + KINDS[found[1]].pattern + rb")"


class FormatByFunction:
    """A format that takes more than a pattern: `read` says what its lines say, None for any other."""

    def __init__(
        self,
        name: str,
        read: Callable[[bytes, Clock], Parsed | None],
        *examples: Example,
        holds: bytes = b"",
        begins: bytes = b"",
        wraps: bool = False,
    ) -> None:
        """`holds` is what all lines of the format have, and `begins` how all of them begin. One that `wraps` reads a prefix, and
        has what is behind it read as a line of its own."""
        self.wraps = wraps
        self.name = name
        self.examples = examples
        self.loose = False
        self.read = self._guarded if begins or holds else read
        """See `Format.read`."""
        self._unguarded = read
        self._holds = holds
        self._begins = begins

    def _guarded(self, line: bytes, clock: Clock) -> Parsed | None:
        return self._unguarded(line, clock) if line.startswith(self._begins) and self._holds in line else None
