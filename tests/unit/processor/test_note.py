"""What a flush notes of itself: batches that follow each other are one span, and each tenant has its own."""

from typing import Any, cast

from logmesh.processor.writer.note import note
from logmesh.storage.ledger import SpoolKey


class Batch:
    """Of a prepared batch, what a note looks at."""

    def __init__(self, tenant: str, spool: int, seq: int) -> None:
        self.key, self.spool, self.seq = SpoolKey(tenant, ""), spool, seq
        self.batch = self


def test_batches_are_few_spans_by_tenant() -> None:
    batches = [("b", 2, 1), ("a", 1, 2), ("a", 1, 1), ("b", 2, 3), ("a", 3, 3), ("b", 2, 2)]
    stored = cast(Any, [Batch(*one) for one in batches])
    assert note(stored, {"a": (5, 7), "b": (3, 3)}) == (
        [5, 3], [7, 3], ["a", "b"], [1, 3], [2, 3], [1, 3, 2], [1, 3, 1], [2, 3, 3],
    )  # fmt: skip


def test_a_tenant_without_rows_has_no_minutes() -> None:
    stored = cast(Any, [Batch("a", 1, 1), Batch("b", 2, 1)])
    assert note(stored, {"b": (5, 7)})[:3] == ([None, 5], [None, 7], ["a", "b"])
