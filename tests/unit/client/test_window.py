"""The credit window: what was sent and not yet logged."""

from hypothesis import given
from hypothesis import strategies as st

from logmesh.client.delivering.window import Window


def test_batches_and_bytes_are_both_bounded() -> None:
    window = Window(2, 100)
    window.sent(1, 60)
    assert window.has_room(40) and not window.has_room(41)
    window.sent(2, 1)
    assert not window.has_room(1)


def test_one_batch_may_always_be_sent_however_large() -> None:
    assert Window(1, 10).has_room(1_000_000)
    assert Window(0, 0).has_room(1)


def test_a_refused_batch_gives_its_credit_back() -> None:
    window = Window(1, 100)
    window.sent(1, 100)
    window.returned(1)
    window.returned(1)
    assert window.has_room(100) and len(window) == 0


@given(
    st.lists(st.integers(1, 100), max_size=40),
    st.lists(st.tuples(st.integers(1, 60), st.integers(0, 1 << 60)), max_size=10),
)
def test_credit_that_returns_is_that_of_batches_still_out(sizes: list[int], logged: list[tuple[int, int]]) -> None:
    window = Window(1_000, 1 << 40)
    out = dict(enumerate(sizes, start=1))
    for seq, size in out.items():
        window.sent(seq, size)
    for first, length in logged:
        span = (first, first + length)
        window.logged([span])
        out = {seq: size for seq, size in out.items() if not span[0] <= seq <= span[1]}
    assert len(window) == len(out)
    if out:
        assert window.has_room((1 << 40) - sum(out.values()))
        assert not window.has_room((1 << 40) - sum(out.values()) + 1)
