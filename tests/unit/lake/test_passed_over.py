"""Files whose merge failed are left alone for a while."""

from logmesh.lake.tending.passed_over import FIRST_SECONDS, MOST_SECONDS, PassedOver


def test_the_while_doubles_from_try_to_try_and_ends() -> None:
    passed_over, now, whiles = PassedOver(), 0.0, []
    for _ in range(8):
        passed_over.add([7], now)
        began = now
        while passed_over.files(now):
            now += FIRST_SECONDS / 2
        whiles.append(now - began)
    assert whiles == [60, 120, 240, 480, 960, 1_920, MOST_SECONDS, MOST_SECONDS]


def test_it_does_not_grow_where_the_disk_was_at_fault() -> None:
    passed_over = PassedOver()
    for now in (0.0, 100.0):
        passed_over.add([7, 8], now, FIRST_SECONDS)
        assert passed_over.files(now + FIRST_SECONDS - 1) == [7, 8]
        assert passed_over.files(now + FIRST_SECONDS) == []


def test_one_that_was_well_for_long_begins_anew() -> None:
    passed_over = PassedOver()
    for _ in range(7):
        passed_over.add([7], 0.0)
    assert passed_over.files(2 * MOST_SECONDS) == []
    passed_over.add([7], 2 * MOST_SECONDS)
    assert passed_over.files(2 * MOST_SECONDS + FIRST_SECONDS) == []
