"""A filter holds every trace that is in it, and few others, however much alike ids are."""

import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logmesh.lake.bloom import build, keys_of, may_hold

IDS = st.binary(min_size=16, max_size=16).filter(any)


@given(st.lists(IDS, max_size=50))
def test_what_is_in_it_is_found(ids: list[bytes]) -> None:
    built = build(keys_of(b"".join(ids) + bytes(16)))
    assert all(may_hold(built, one) for one in ids)
    assert not may_hold(built, bytes(16))


@pytest.mark.parametrize("kind", ["random", "counted", "counted in both halves"])
def test_one_in_a_hundred_others_is_taken_for_one_at_most(kind: str) -> None:
    chance = random.Random(7)
    kinds: dict[str, Callable[[int], bytes]] = {
        "random": lambda at: chance.randbytes(16),
        "counted": lambda at: at.to_bytes(16, "big"),
        "counted in both halves": lambda at: at.to_bytes(8, "little") * 2,
    }
    make = kinds[kind]
    there = [make(at) for at in range(1, 501)]
    built = build(keys_of(b"".join(there) * 3))
    assert len(built) < 1_000
    others = [make(at) for at in range(501, 10_501)]
    assert sum(may_hold(built, one) for one in others) < 100


def test_no_traces_make_no_filter() -> None:
    assert build(keys_of(bytes(160))) == b"" and not may_hold(b"", b"t" * 16)
