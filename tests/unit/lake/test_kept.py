"""What is kept stays within its bytes, and serves the question after."""

from hypothesis import given
from hypothesis import strategies as st

from logmesh.lake.store.kept import Kept


def ask(kept: Kept[int, str], keys: range, size: int = 10) -> int:
    """One question for some values of so many bytes; how many were not kept."""
    question = kept.question()
    missing = [key for key in keys if kept.get(question, key) is None]
    for key in missing:
        kept.put(question, key, f"value {key}", size)
    return len(missing)


def test_of_more_than_there_is_room_for_as_many_are_kept_as_there_is() -> None:
    kept = Kept[int, str](100)
    assert [ask(kept, range(30)) for _ in range(3)] == [30, 20, 20]
    assert ask(kept, range(10)) == 0, "those that it asked for first"


def test_those_that_were_asked_for_longest_ago_make_room() -> None:
    kept = Kept[int, str](100)
    ask(kept, range(5))
    ask(kept, range(5, 10))
    ask(kept, range(5))
    assert ask(kept, range(10, 13)) == 3
    assert ask(kept, range(5)) == 0 and ask(kept, range(10, 13)) == 0
    assert ask(kept, range(5, 10)) == 3


def test_what_two_questions_read_at_once_is_kept_once() -> None:
    kept = Kept[int, str](100)
    first, second = kept.question(), kept.question()
    for question in (first, second):
        for key in range(8):
            kept.put(question, key, "value", 10)
    assert ask(kept, range(8)) == 0 and ask(kept, range(8, 10)) == 2 and ask(kept, range(10)) == 0


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(0, 130)), max_size=40))
def test_no_more_bytes_are_kept_than_there_is_room_for(asked: list[tuple[int, int, int]]) -> None:
    """A value that has more by itself is none of them."""
    kept, sizes = Kept[int, int](100), dict[int, int]()
    for first, count, size in asked:
        question = kept.question()
        for key in range(first, first + count):
            if kept.get(question, key) is None:
                kept.put(question, key, key, sizes.setdefault(key, size))
        last = kept.question()
        there = [key for key in sizes if kept.get(last, key) is not None]
        assert sum(sizes[key] for key in there) <= 100
