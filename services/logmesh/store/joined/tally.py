"""What a store counted by bucket and value, and the most frequent values of what two stores counted. Pure."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence

from logmesh.store.counts import KeyCount, ValueCount


class Tally:
    """Records by bucket: of the values that are named, of those without a value, and of all others.

    `least` is how many records a value may have at most that is not named.
    """

    def __init__(self) -> None:
        self.named: dict[str, Counter[int]] = {}
        self.none: Counter[int] = Counter()
        self.rest: Counter[int] = Counter()
        self.least = 0

    def add(self, rows: Iterable[ValueCount]) -> None:
        """Add what a store counted of its most frequent values."""
        for bucket, value, is_rest, records in rows:
            if value is not None:
                self.named.setdefault(value, Counter())[bucket] += records
            else:
                (self.rest if is_rest else self.none)[bucket] += records
        if self.rest:
            self.least = min((of_value.total() for of_value in self.named.values()), default=self.rest.total())

    def learn(self, rows: Iterable[KeyCount], keys: Sequence[str]) -> None:
        """Name values that were among the others, by what the store counted of them."""
        learnt = {key: Counter[int]() for key in keys}
        for bucket, key, records in rows:
            if 0 < key <= len(keys):
                learnt[keys[key - 1]][bucket] += records
        for value, counts in learnt.items():
            self.named[value] = counts
            self.rest -= counts

    def total(self, value: str) -> int:
        """Records with a value."""
        return self.named[value].total() if value in self.named else 0

    def most_of(self, value: str) -> int:
        """How many it may have at most."""
        return self.total(value) if value in self.named else self.least


def contenders(one: Tally, other: Tally, most: int) -> list[str]:
    """Values that may be among the `most` most frequent of both, by what is known of each."""
    values = one.named.keys() | other.named.keys()
    certain = sorted((one.total(value) + other.total(value) for value in values), reverse=True)
    bar = certain[most - 1] if len(certain) >= most > 0 else 0
    return sorted(value for value in values if one.most_of(value) + other.most_of(value) >= bar)


def ranked(one: Tally, other: Tally, values: Collection[str], most: int) -> list[str]:
    """The `most` most frequent of some values, which both have counted; equal ones by their text."""
    return sorted(values, key=lambda value: (-one.total(value) - other.total(value), value))[:most]


def is_certain(one: Tally, other: Tally, chosen: Sequence[str], most: int) -> bool:
    """Whether no value that neither names belongs before the last that was chosen.

    Where one store names all of its values, the other's most frequent ones are enough: any value behind them is behind those.
    """
    if not one.least or not other.least:
        return True
    return len(chosen) == most and one.total(chosen[-1]) + other.total(chosen[-1]) > one.least + other.least


def summed(tallies: Sequence[Tally], chosen: Sequence[str]) -> Iterator[ValueCount]:
    """The sum by bucket, where the chosen values are named, and all others are the rest."""
    none, rest = Counter[int](), Counter[int]()
    named = {value: Counter[int]() for value in chosen}
    for tally in tallies:
        none.update(tally.none)
        rest.update(tally.rest)
        for value, counts in tally.named.items():
            named.get(value, rest).update(counts)
    for value, counts in named.items():
        yield from (ValueCount(bucket, value, False, records) for bucket, records in counts.items() if records)
    for is_rest, counts in ((False, none), (True, rest)):
        yield from (ValueCount(bucket, None, is_rest, records) for bucket, records in counts.items() if records)
