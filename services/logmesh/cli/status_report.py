"""The state of the pipeline, asked in parts: what one part does not answer, the others still say."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from logmesh.cli.errors import INCOMPLETE, said
from logmesh.client import Client
from logmesh.client.asking.listing import Listed
from logmesh.client.asking.pipeline import Fact, LedgerEntry, ProcessorState, Summary
from logmesh.client.errors import LogmeshError

_PARTS = ("summary", "ledger", "facts", "processors")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Report:
    """The state, as far as it is known: `failures` says why a part is not, by its name, and then the part says nothing."""

    summary: Summary | None
    ledger: Listed[LedgerEntry]
    facts: Listed[Fact]
    processors: list[ProcessorState]
    failures: Mapping[str, str] = field(default_factory=dict)

    @property
    def nobody_answers(self) -> bool:
        """Whether there should be processors, and none says how it is."""
        return ("processors" in self.failures or bool(self.processors)) and not self.answering

    @property
    def answering(self) -> list[ProcessorState]:
        """Those whose state is their own answer."""
        return [state for state in self.processors if state.version]

    @property
    def is_empty(self) -> bool:
        """Whether it is known that no record was ever stored, and that none is on its way."""
        known = self.summary is not None and not {"ledger", "processors"} & self.failures.keys()
        waiting = sum(state.unwritten_batches for state in self.processors)
        return known and self.summary is not None and self.summary.last_commit is None and not waiting

    @property
    def exit_code(self) -> int:
        """0, or INCOMPLETE when a part is not known."""
        unknown = {"summary", "ledger", "facts"} & self.failures.keys()
        return INCOMPLETE if unknown or self.nobody_answers else 0


def ask(client: Client, *, producers: int, facts: int) -> Report:
    """Ask for all parts, of the lists so many rows. Raises LogmeshError when the gateway answers none of them."""
    failures: dict[str, LogmeshError] = {}

    def part(name: str, question: Callable[[], T], otherwise: T) -> T:
        try:
            return question()
        except LogmeshError as error:
            failures[name] = error
            return otherwise

    no_entries, no_facts = Listed[LedgerEntry](), Listed[Fact]()
    # The processors before the ledger: what they write in between is in it then.
    processors = part("processors", client.processors, list[ProcessorState]())
    summary = part("summary", client.summary, None)
    ledger = part("ledger", lambda: client.ledger(limit=producers), no_entries)
    listed = part("facts", lambda: client.facts(limit=facts), no_facts)
    if len(failures) == len(_PARTS):
        raise failures["processors"]
    known = {name: said(failures[name]) for name in _PARTS if name in failures}
    return Report(summary, ledger, listed, processors, known)
