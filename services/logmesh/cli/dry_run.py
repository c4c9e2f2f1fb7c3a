"""`logmesh ship --dry-run`: reads as `ship` does, sends nothing, and shows what rules would do."""

import json
import time
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from rich.text import Text

from logmesh.cli.local.errors import WrongOption
from logmesh.cli.present import clean
from logmesh.cli.writing import OutputConsole
from logmesh.producer.rules import Applied, RulesError, read_rules
from logmesh.producer.rules.actions import Verb
from logmesh.producer.sources import Chunk, Source

EXAMPLES: Final = 3
"""How many records of each rule are shown."""
_READ_RECORDS: Final = 1_000
_WAIT_SECONDS: Final = 0.5
_BEFORE_CHANGE: Final = 40
_WIDTH: Final = 200


class DryRunOutput(StrEnum):
    """How what rules would do is written."""

    JSON = "json"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Example:
    """One record before a rule and after it: its body and its attributes; None after it where it is left out."""

    before: tuple[str, str]
    after: tuple[str, str] | None


@dataclass(slots=True)
class Effect:
    """What one rule does to all that is read."""

    name: str
    action: str
    matched: int = 0
    counts: Counter[Verb] = field(default_factory=Counter)
    examples: list[Example] = field(default_factory=list)

    def add(self, applied: Applied) -> None:
        """Of one more chunk."""
        self.matched += len(applied.places)
        self.counts.update(applied.done.counts)
        after, before = applied.done.chunk, applied.before
        # Places are the same on both sides unless records are left out.
        stay = len(after) == len(before)
        for place in applied.done.touched[: EXAMPLES - len(self.examples)]:
            self.examples.append(Example(_texts(before, place), _texts(after, place) if stay else None))


@dataclass(slots=True)
class Effects:
    """What rules do to all that is read."""

    rules: list[Effect]
    records: int = 0
    left: int = 0
    """Records that would be sent."""

    def written(self) -> dict[str, Any]:
        """The same for a program."""
        return {
            "records": self.records,
            "sent": self.left,
            "rules": [
                {
                    "name": rule.name,
                    "action": rule.action,
                    "matched": rule.matched,
                    "counts": dict(rule.counts),
                    "examples": [
                        {"before": _named(example.before), "after": _named(example.after)} for example in rule.examples
                    ],
                }
                for rule in self.rules
            ],
        }


async def effects_of(source: Source, path: Path) -> Effects:
    """What the rules of a file do to all that a source has. The source is closed. Raises WrongOption for wrong rules."""
    effects = Effects([])
    by_name: dict[str, Effect] = {}
    try:
        rules = read_rules(path, lambda applied: by_name[applied.rule.name].add(applied))
        effects.rules = [Effect(rule.name, rule.kind) for rule in rules.rules]
        by_name.update({effect.name: effect for effect in effects.rules})
        while (chunk := await source.read(_READ_RECORDS, _WAIT_SECONDS)) is not None:
            effects.records += len(chunk)
            effects.left += len(rules.apply(chunk, time.time_ns()))
    except RulesError as error:
        raise WrongOption(str(error)) from error
    finally:
        await source.close()
    return effects


def show(effects: Effects, output: DryRunOutput) -> None:
    """Write it to standard output; in colours on a terminal."""
    if output is DryRunOutput.JSON:
        print(json.dumps(effects.written(), ensure_ascii=False))
        return
    console = OutputConsole(soft_wrap=True)
    console.print(f"{effects.records:,} records were read, and {effects.left:,} would be sent")
    for rule in effects.rules:
        line = Text()
        line.append(f"\n{rule.name}", style="bold")
        line.append(f" ({rule.action}): ")
        counted = ", ".join(f"{records:,} {verb}" for verb, records in rule.counts.items() if records)
        line.append(
            f"{rule.matched:,} match{f', {counted}' if counted else ''}" if rule.matched else "no record matches"
        )
        console.print(line)
        for example in rule.examples:
            for text in _lines(example):
                console.print(text)


def _lines(example: Example) -> list[Text]:
    if example.after is None:
        return [Text(f"  - {_cut(example.before[0], 0)}", style="red")]
    lines = []
    for before, after in zip(example.before, example.after, strict=True):
        if before != after:
            begin = max(0, _common(before, after) - _BEFORE_CHANGE)
            lines += [
                Text(f"  - {_cut(before, begin)}", style="red"),
                Text(f"  + {_cut(after, begin)}", style="green"),
            ]
    return lines or [Text(f"  - {_cut(example.before[0], 0)}", style="red")]


def _cut(text: str, begin: int) -> str:
    end = begin + _WIDTH
    shown = clean(text[begin:end]).replace("\n", " ⏎ ")
    return f"{'…' if begin else ''}{shown}{'…' if end < len(text) else ''}"


def _common(before: str, after: str) -> int:
    """How many characters two texts begin with in common."""
    pairs = zip(before, after, strict=False)
    return next((at for at, (one, other) in enumerate(pairs) if one != other), min(len(before), len(after)))


def _texts(chunk: Chunk, place: int) -> tuple[str, str]:
    return chunk.bodies[place].decode("utf-8", "replace"), chunk.attributes[place].decode("utf-8", "replace")


def _named(texts: tuple[str, str] | None) -> dict[str, str] | None:
    return None if texts is None else {"body": texts[0], "attributes": texts[1]}
