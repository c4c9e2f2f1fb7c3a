"""Reads a rules file. Whatever is wrong is a RulesError with the file, the line, and what would be right."""

import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Final

from logmesh.producer.rules.errors import RulesError
from logmesh.producer.rules.rule_table import RuleTable, line_of
from logmesh.producer.rules.rules import Applied, Rule, Rules

MAX_FILE_BYTES: Final = 1 << 20
MAX_RULES: Final = 100

_RULE: Final = re.compile(r"\s*\[\[\s*rule\s*\]\]")
_AT_LINE: Final = re.compile(r" \(at line (\d+), column (\d+)\)$")


def read_rules(path: Path, applied: Callable[[Applied], None] | None = None) -> Rules:
    """The rules of a file; `applied` as `Rules` has it. Raises RulesError."""
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise RulesError(f"{path}: the rules can't be read: {error.strerror or error}") from error
    if len(raw) > MAX_FILE_BYTES:
        raise RulesError(f"{path}: the rules have more than {MAX_FILE_BYTES} bytes")
    try:
        return Rules(parse_rules(raw.decode(), str(path)), applied)
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise RulesError(f"{path}:{line}: the rules are not UTF-8") from error


def parse_rules(text: str, path: str) -> list[Rule]:
    """The rules that a text says, in their order; `path` is for errors. Raises RulesError."""
    try:
        document = tomllib.loads(text)
    except (
        ValueError,
        RecursionError,
    ) as error:  # TOMLDecodeError, and what Python says of endless numbers and nesting
        at = _AT_LINE.search(str(error))
        line = int(at[1]) if at else text.count("\n") + 1
        where = f" at column {at[2]}" if at else ""
        raise RulesError(f"{path}:{line}: this is not TOML: {_AT_LINE.sub('', str(error))}{where}") from error
    lines = text.splitlines()
    for key in document:
        if key != "rule":
            raise RulesError(f"{path}:{line_of(lines, key)}: there is no {key!r}; each rule begins with [[rule]]")
    tables = document.get("rule", [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise RulesError(f"{path}:{line_of(lines, 'rule')}: each rule begins with [[rule]]")
    if len(tables) > MAX_RULES:
        raise RulesError(f"{path}: {len(tables)} rules, and {MAX_RULES} are the most")
    begins = [number for number, line in enumerate(lines) if _RULE.match(line)]
    ends = [*begins[1:], len(lines)]
    if len(begins) != len(tables):  # written in another way that TOML has
        begins, ends = [0] * len(tables), [len(lines)] * len(tables)
    readers = [
        RuleTable(table, path, begin, lines[begin:end]) for table, begin, end in zip(tables, begins, ends, strict=False)
    ]
    rules: list[Rule] = []
    for reader in readers:
        rule = reader.rule()
        if rule.name in {other.name for other in rules}:
            raise reader.wrong("name", "another rule has it already, and counts would be mixed up")
        rules.append(rule)
    return rules
