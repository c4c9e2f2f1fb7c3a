"""How many records can't be stored under their own time, and what is said of them."""

from logmesh.cli.ship import not_at_their_time
from logmesh.producer.outside import Outside

NOW = 1_796_040_000 * 10**9
DAY = 86_400 * 10**9


def test_what_is_outside_of_what_is_stored_is_counted() -> None:
    outside = Outside()
    outside.count([0, NOW, NOW - 6 * DAY, NOW - 8 * DAY, NOW + 11 * 60 * 10**9], NOW)
    outside.count([NOW - 900 * DAY, NOW + 9 * 60 * 10**9], NOW)
    outside.count([], NOW)
    assert outside == Outside(older=2, later=1, oldest=NOW - 900 * DAY)


def test_nothing_is_too_old_where_any_age_is_kept() -> None:
    assert Outside(older=2, later=1, oldest=NOW - 900 * DAY).of_any_age() == Outside(later=1)


def test_where_they_stand_is_said() -> None:
    assert list(not_at_their_time(Outside())) == []
    older, later = not_at_their_time(Outside(older=1200, later=3, oldest=NOW - 900 * DAY))
    assert older.startswith("1,200 of them are older than 7 days, the oldest of 2024-06-")
    assert "--since 8d" in older and "original_time" in older
    assert later.startswith("3 of them are more than 10 minutes ahead") and "--timezone" in later
