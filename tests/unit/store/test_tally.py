"""The most frequent values of two stores, of which each names its own most frequent ones."""

import random
from collections import Counter

import pytest

from logmesh.store.counts import KeyCount, ValueCount
from logmesh.store.joined.tally import Tally, contenders, is_certain, ranked, summed


def tally_of(counts: dict[str, int], most: int) -> Tally:
    """What a store says of so many values, all in bucket 0."""
    ordered = sorted(counts, key=lambda value: (-counts[value], value))
    rows = [ValueCount(0, value, False, counts[value]) for value in ordered[:most]]
    if rest := sum(counts[value] for value in ordered[most:]):
        rows.append(ValueCount(0, None, True, rest))
    tally = Tally()
    tally.add(rows)
    return tally


def learn(tally: Tally, counts: dict[str, int], names: list[str]) -> None:
    missing = [name for name in names if name not in tally.named]
    tally.learn([KeyCount(0, at, counts.get(name, 0)) for at, name in enumerate(missing, 1)], missing)


@pytest.mark.parametrize("seed", range(300))
def test_what_is_certain_is_right_and_all_records_are_counted(seed: int) -> None:
    draw = random.Random(seed)
    shape, most = draw.choice([0.4, 1.0, 3.0]), draw.choice([1, 3, 10])
    asked = most * draw.choice([1, 2, 4])
    stores = [
        dict(Counter(f"v{int(draw.paretovariate(shape)) % 60}" for _ in range(draw.randrange(1, 400)))) for _ in "ab"
    ]
    one, other = (tally_of(counts, asked) for counts in stores)
    names = contenders(one, other, most)
    for tally, counts in zip((one, other), stores, strict=True):
        learn(tally, counts, names)
    chosen = ranked(one, other, names, most)
    both = Counter(stores[0])
    both.update(stores[1])
    rows = list(summed([one, other], chosen))
    assert sum(row.records for row in rows) == both.total()
    assert {row.value: row.records for row in rows if row.value} == {value: both[value] for value in chosen}
    if is_certain(one, other, chosen, most):
        assert chosen == sorted(both, key=lambda value: (-both[value], value))[:most]


def test_it_is_certain_where_one_store_names_all_of_its_values() -> None:
    few, many = {"a": 1, "z": 9}, {f"v{n}": 2 for n in range(50)}
    one, other = tally_of(few, 8), tally_of(many, 8)
    names = contenders(one, other, 3)
    learn(other, many, names)
    assert ranked(one, other, names, 3) == ["z", "v0", "v1"]
    assert is_certain(one, other, ["z", "v0", "v1"], 3)


def test_it_is_not_certain_where_a_value_that_neither_names_may_be_as_frequent() -> None:
    one, other = tally_of({"a": 5, "b": 4, "x": 3}, 2), tally_of({"c": 5, "d": 4, "x": 3}, 2)
    assert not is_certain(one, other, ["a", "c"], 2)
