"""What a flush takes of a group: not what is stored, not what is of another copy, not what is somebody else's."""

from collections.abc import Sequence

import pytest

from logmesh.processor.frame import Header
from logmesh.processor.payload import Link
from logmesh.processor.writer.prepare import Prepared
from logmesh.processor.writer.sort import Branches, Flushed, LedgerRow, sort
from logmesh.record.batch import chained
from logmesh.record.ranges import RangeSet
from logmesh.storage.ledger import SpoolKey

KEY = SpoolKey("default", "00000000-0000-0000-0000-000000000001")
SPOOL = 7


def chain_of(name: str, last: int, fork_after: int = 0) -> dict[int, Link]:
    """Links of the batches 1 to `last` of one copy; up to `fork_after` all copies have the same."""
    links: dict[int, Link] = {}
    chain = 0
    for seq in range(1, last + 1):
        crc = hash((seq, name if seq > fork_after else "")) & 0xFFFFFFFF
        chain = chained(chain, crc)
        links[seq] = Link(crc, chain)
    return links


def batches(
    links: dict[int, Link], seqs: Sequence[int], principal: str = "a", *, provisional: bool = True
) -> list[Prepared]:
    return [Prepared(Header(KEY, seq, 1, "producer", principal, 0, provisional), SPOOL, links[seq]) for seq in seqs]


def numbers(prepared: Sequence[Prepared]) -> list[int]:
    return [one.batch.seq for one in prepared]


def flushed(row: LedgerRow, branches: Branches, group: list[Prepared]) -> Flushed:
    return sort(group, {SPOOL: row}, branches)


@pytest.mark.parametrize("group", [range(4, 13), range(5, 13)], ids=["from the fork", "behind it"])
def test_nothing_of_another_copy_is_stored_behind_a_batch_that_did_not_fit(group: range) -> None:
    ours, theirs = chain_of("ours", 10, fork_after=3), chain_of("theirs", 14, fork_after=3)
    row = LedgerRow(RangeSet([(1, 10)]), 10, ours[10].chain, "a")
    branches = Branches()
    first = flushed(row, branches, batches(theirs, group))
    assert (numbers(first.stored), numbers(first.forked)) == ([], [10, 11, 12])
    # And in a later group.
    second = flushed(row, branches, batches(theirs, [13, 14]))
    assert (numbers(second.stored), numbers(second.forked)) == ([], [13, 14])
    assert row.committed == RangeSet([(1, 10)])


def test_what_a_failed_transaction_sorted_is_sorted_alike_again() -> None:
    ours, theirs = chain_of("ours", 10, fork_after=3), chain_of("theirs", 14, fork_after=3)
    row = LedgerRow(RangeSet([(1, 10)]), 10, ours[10].chain, "a")
    branches = Branches()
    flushed(row, branches, batches(theirs, range(10, 13)))
    for _ in range(2):
        assert numbers(flushed(row, branches.copy(), batches(theirs, [13])).forked) == [13]


def test_a_copy_that_a_restored_database_has_taken_after_all_goes_on() -> None:
    ours, theirs = chain_of("ours", 4, fork_after=3), chain_of("theirs", 6, fork_after=3)
    branches = Branches()
    flushed(LedgerRow(RangeSet([(1, 4)]), 4, ours[4].chain, "a"), branches, batches(theirs, [4]))
    restored = LedgerRow(RangeSet([(1, 3)]), 3, ours[3].chain, "a")
    assert numbers(flushed(restored, branches, batches(theirs, [4, 5])).stored) == [4, 5]
    assert numbers(flushed(restored, branches, batches(theirs, [6])).stored) == [6]


@pytest.mark.parametrize(
    ("owner", "sender", "provisional", "is_stored"),
    [
        ("a", "a", True, True),
        ("a", "b", True, False),
        ("a", "b", False, True),  # the ledger was asked
        ("anonymous", "b", True, True),  # it was nobody's
        ("a", "anonymous", True, True),  # nobody knows who sends
    ],
)
def test_a_batch_that_came_without_the_ledger_s_word_is_stored_for_the_owner_alone(
    owner: str, sender: str, provisional: bool, is_stored: bool
) -> None:
    links = chain_of("ours", 1)
    found = flushed(
        LedgerRow(RangeSet(), principal=owner), Branches(), batches(links, [1], sender, provisional=provisional)
    )
    assert (len(found.stored), len(found.foreign)) == (is_stored, not is_stored)
