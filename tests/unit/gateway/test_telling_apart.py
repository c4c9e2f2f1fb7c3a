"""The most frequent values over windows that name some of theirs alone."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from logmesh.gateway.figures.telling_apart import Values
from logmesh.store.counts import ValueCount

windows = st.lists(st.dictionaries(st.sampled_from("abcdefgh"), st.integers(1, 9), max_size=8), min_size=1, max_size=4)


def rows(window: dict[str, int], named: int) -> list[ValueCount]:
    """A window as it is counted in one bucket, its `named` most frequent values by name."""
    ranked = sorted(window, key=lambda value: (-window[value], value))
    found = [ValueCount(0, value, False, window[value]) for value in ranked[:named]]
    rest = sum(window[value] for value in ranked[named:])
    return found + ([ValueCount(0, None, True, rest)] if rest else [])


@given(windows, st.integers(2, 8), st.integers(1, 2))
def test_what_is_called_exact_is(counted: list[dict[str, int]], named: int, most: int) -> None:
    values, truth = Values(1), Counter[str]()
    for window in counted:
        values.add(rows(window, named))
        truth.update(window)
    apart = values.apart(most)
    assert sum(counts[0] for _, counts in apart.values) + apart.rest[0] == truth.total()
    if apart.exact:
        assert [counts[0] for _, counts in apart.values] == sorted(truth.values(), reverse=True)[:most]
        assert all(truth[value] == counts[0] for value, counts in apart.values)
    if named >= max(map(len, counted)):
        assert apart.exact


def test_a_value_that_may_be_hidden_is_not_exact() -> None:
    values = Values(2)
    values.add(
        [
            ValueCount(0, "a", False, 5),
            ValueCount(0, "b", False, 4),
            ValueCount(0, None, True, 9),
            ValueCount(0, None, False, 1),
        ]
    )
    assert values.apart(1).exact
    values.add([ValueCount(1, "c", False, 3), ValueCount(1, "b", False, 2), ValueCount(1, None, True, 2)])
    apart = values.apart(1)
    assert (apart.values, apart.none, apart.rest, apart.exact) == ([("b", [4, 2])], [1, 0], [14, 5], False)
