"""One rule as a rules file has it: a table with its lines, which is read to a rule or to what is wrong with it."""

import contextlib
import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, Final

import re2

from logmesh.filters import FilterError, parse_filter
from logmesh.producer.rules.actions import Action, drop
from logmesh.producer.rules.errors import RulesError
from logmesh.producer.rules.limit import Limit
from logmesh.producer.rules.matching import compile_matcher
from logmesh.producer.rules.patterns import BUILT_IN, NAMES, Pattern, compiled
from logmesh.producer.rules.redact import Redact
from logmesh.producer.rules.rename import Rename
from logmesh.producer.rules.rules import Rule
from logmesh.producer.rules.sample import Sample, read_share

MAX_OWN_PATTERNS: Final = 50
MAX_PATTERN_CHARACTERS: Final = 1_000

ACTION_KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "drop": (),
    "sample": ("keep",),
    "rename": ("attributes",),
    "redact": ("patterns", "own", "resource"),
    "limit": ("per_second", "interval_seconds"),
}
"""The keys of each action, beside `name`, `when` and `action`."""
_COMMON: Final = ("name", "when", "action")
_NAME: Final = re.compile(r"[^\x00-\x1f\x7f\"\\]{1,64}")
_PATTERN_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,31}")


class RuleTable:
    """Reads one rule: its table, and the lines that it is written in, of which the first has this number, from 0."""

    def __init__(self, table: dict[str, Any], path: str, begin: int, lines: list[str]) -> None:
        self._table, self._path, self._begin, self._lines = table, path, begin, lines
        self._name = ""

    def rule(self) -> Rule:
        """The rule. Raises RulesError."""
        self._name = self._text("name")
        if not _NAME.fullmatch(self._name):
            raise self.wrong(
                "name", "must have 1 to 64 characters, none of them a quote, a backslash or a control character"
            )
        kind = self._text("action")
        if kind not in ACTION_KEYS:
            raise self.wrong("action", f"{kind!r} is none of {', '.join(ACTION_KEYS)}{_meant(kind, ACTION_KEYS)}")
        known = (*_COMMON, *ACTION_KEYS[kind])
        for key in self._table:
            if key not in known:
                raise self.wrong(key, f"a rule that has action = {kind!r} knows {', '.join(known)}{_meant(key, known)}")
        when = self._text("when", "")
        try:
            matches = compile_matcher(parse_filter(when))
        except FilterError as error:
            raise self.wrong("when", f"{error} (docs/filters.md)") from error
        return Rule(self._name, kind, matches, self._action(kind))

    def wrong(self, key: str, why: str, at: str = "") -> RulesError:
        """What is wrong with a key's value, or with there being none; `at` is a key within it."""
        of = f" of rule {self._name!r}" if self._name else ""
        line = self._begin + (line_of(self._lines, at, 0) or line_of(self._lines, key))
        return RulesError(f"{self._path}:{line}: {key}{of}: {why}")

    def _action(self, kind: str) -> Action:
        match kind:
            case "sample":
                return Sample(self._share())
            case "rename":
                return Rename(self._names())
            case "redact":
                return Redact(self._patterns(), resource=self._is("resource"))
            case "limit":
                per_second = self._number("per_second", None, 0.1, 1e9)
                return Limit(self._name, per_second, int(self._number("interval_seconds", 10, 1, 3_600)))
            case _:
                return drop

    def _share(self) -> float:
        value = self._table.get("keep")
        share = 0.0
        with contextlib.suppress(TypeError, ValueError, OverflowError):
            share = read_share(value) if isinstance(value, str) else float(value)  # type: ignore[arg-type]
        if isinstance(value, bool) or not 0 < share < 1:
            raise self.wrong("keep", 'must be a share of the records between 0 and 1, such as "1/10" or 0.1')
        return share

    def _names(self) -> dict[str, str]:
        value = self._table.get("attributes")
        if not isinstance(value, dict) or not value:
            raise self.wrong("attributes", 'must say the new name of each old one: { "usr.id" = "user.id" }')
        names: dict[str, str] = {}
        for old, new in value.items():
            if not isinstance(new, str) or not old or not new:
                raise self.wrong(
                    "attributes",
                    f'the new name of {old!r} must be a text, and names with dots are quoted: {{ "usr.id" = "user.id" }}',
                )
            if old == new or new in names.values():
                raise self.wrong("attributes", f"{new!r} would be the name of two")
            names[old] = new
        return names

    def _patterns(self) -> list[Pattern]:
        wanted = self._table.get("patterns", list(NAMES))
        if not isinstance(wanted, list) or not all(isinstance(name, str) for name in wanted):
            raise self.wrong("patterns", f"must be a list of names out of {', '.join(NAMES)}")
        for name in wanted:
            if name not in NAMES:
                raise self.wrong(
                    "patterns",
                    f"{name!r} is none of {', '.join(NAMES)}{_meant(name, NAMES)}; patterns of your own go in own",
                )
        own = self._table.get("own", {})
        if not isinstance(own, dict):
            raise self.wrong("own", r"must have a name for each pattern: { order = 'ORD-\d{8}' }")
        if len(own) > MAX_OWN_PATTERNS:
            raise self.wrong("own", f"{len(own)} patterns, and {MAX_OWN_PATTERNS} are the most")
        patterns = [pattern for pattern in BUILT_IN if pattern.name in wanted]
        patterns += [self._own(name, source) for name, source in own.items()]
        if not patterns:
            raise self.wrong("patterns", "there is no pattern to look for")
        return patterns

    def _own(self, name: str, source: object) -> Pattern:
        if not _PATTERN_NAME.fullmatch(name) or name in NAMES:
            raise self.wrong(
                "own",
                f"{name!r} can't be a pattern's name: small letters, digits and _, 32 at most, and none of {', '.join(NAMES)}",
            )
        if not isinstance(source, str) or not 1 <= len(source) <= MAX_PATTERN_CHARACTERS:
            raise self.wrong(
                "own", f"the pattern {name} must be a text of 1 to {MAX_PATTERN_CHARACTERS} characters", name
            )
        try:
            regex = compiled(source)
        except re2.error as error:
            said = error.args[0].decode("utf-8", "replace") if isinstance(error.args[0], bytes) else error
            raise self.wrong("own", f"the pattern {name} is none of RE2's: {said}", name) from error
        if regex.search(b"") is not None:
            raise self.wrong("own", f"the pattern {name} matches nothing at all, and so everywhere", name)
        return Pattern(name, source, is_own=True)

    def _text(self, key: str, default: str | None = None) -> str:
        value = self._table.get(key, default)
        if value is None:
            raise self.wrong(key, "a rule must have one")
        if not isinstance(value, str):
            raise self.wrong(key, "must be a text in quotes")
        return value

    def _is(self, key: str) -> bool:
        value = self._table.get(key, False)
        if not isinstance(value, bool):
            raise self.wrong(key, "must be true or false")
        return value

    def _number(self, key: str, default: float | None, least: float, most: float) -> float:
        value = self._table.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
            raise self.wrong(key, f"must be a number from {least:,g} to {most:,g}")
        return value


def line_of(lines: list[str], key: str, otherwise: int = 1) -> int:
    """The number, from 1, of the line that sets a key, or begins its table."""
    sets = re.compile(rf"""\s*(?:\[\s*rule\s*\.\s*)?["']?{re.escape(key)}["']?\s*[=.\]]""")
    return next((number for number, line in enumerate(lines, 1) if sets.match(line)), otherwise)


def _meant(word: str, known: "Mapping[str, Any] | tuple[str, ...]") -> str:
    found = get_close_matches(word, known, n=1)
    return f"; did you mean {found[0]}?" if found else ""
