"""Rules in their order: what each finds, it acts on, and the next sees what is left."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from logmesh.producer.rules.actions import Action, Done
from logmesh.producer.rules.matching import Matcher
from logmesh.producer.rules.view import View
from logmesh.producer.sources import Chunk
from logmesh.runtime import metrics


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: `matches` finds the records that `action` is to act on."""

    name: str
    kind: str
    """The action's name in the file."""
    matches: Matcher
    action: Action


@dataclass(frozen=True, slots=True)
class Applied:
    """What one rule did with one chunk: it came as `before`, and these places of it matched."""

    rule: Rule
    before: Chunk
    places: Sequence[int]
    done: Done


class Rules:
    """Rules that are applied to one chunk after the other, by any thread, also by several at once."""

    def __init__(self, rules: Sequence[Rule], applied: Callable[[Applied], None] | None = None) -> None:
        """`applied` hears of each rule that found records; without it they are counted in the process's metrics."""
        self.rules = rules
        self._applied = applied or _count

    def apply(self, chunk: Chunk, now_unix_nano: int, tenant: str = "") -> Chunk:
        """What becomes of a chunk of one tenant; the one that came is not changed, and its positions go on whatever is left out.

        `now_unix_nano` is the time that records without one are taken to have. Streams of different tenants have limits of their own.
        """
        view = View(chunk, now_unix_nano, tenant)
        for rule in self.rules:
            if not (places := rule.matches(view, range(len(view)))):
                continue
            done = rule.action(view, places)
            self._applied(Applied(rule, view.chunk, places, done))
            if done.chunk is not view.chunk:
                view = View(done.chunk, now_unix_nano, tenant)
        return view.chunk


def _count(applied: Applied) -> None:
    for verb, records in applied.done.counts.items():
        if records:
            metrics.RULE_RECORDS.labels(applied.rule.name, verb).inc(records)
