from datetime import UTC, datetime, timedelta

import pytest

from logmesh.gateway.figures.rises import gone_quiet, rank
from logmesh.store.counts import Totals

START = datetime(2026, 11, 30, 10, tzinfo=UTC)
QUARTER = timedelta(minutes=15)


def steady(records: int = 300, minutes: int = 15) -> Totals:
    """Written in so many minutes, to the end of a quarter of an hour."""
    return Totals(records, 0, 0, minutes, START + timedelta(minutes=15 - minutes), START + timedelta(minutes=14))


def changes_of(now: Totals, before: Totals, **others: tuple[Totals, Totals]) -> dict[str, tuple[bool, bool]]:
    pairs = {"one": (now, before), **others}
    ranked = rank({name: pair[0] for name, pair in pairs.items()}, {name: pair[1] for name, pair in pairs.items()})
    return {one.service: (one.errors_rose, one.fatal_rose) for one in ranked}


@pytest.mark.parametrize(
    ("now", "before", "rose"),
    [
        (Totals(1_800, 60), Totals(900, 30), False),  # twice the traffic, twice the errors
        (Totals(9_000, 300), Totals(900, 30), False),
        (Totals(900, 240), Totals(900, 12), True),
        (Totals(450, 120), Totals(900, 120), True),  # half the traffic, as many errors
        (Totals(900, 31), Totals(900, 30), False),
        (Totals(900, 3), Totals(900, 0), False),  # chance
        (Totals(900, 9), Totals(900, 0), True),
        (Totals(50, 9), Totals(), True),  # a new service
        (Totals(500, 500), Totals(5, 5), True),  # it writes errors alone: there is no traffic to measure it by
        (Totals(12, 12), Totals(10, 10), False),
    ],
)
def test_errors_rise_against_traffic_and_beyond_chance(now: Totals, before: Totals, rose: bool) -> None:
    assert changes_of(now, before)["one"] == (rose, False)


def test_what_writes_errors_alone_is_measured_by_what_is_usual_among_the_others() -> None:
    doubled = {f"s{n}": (Totals(2_000), Totals(1_000)) for n in range(3)}
    assert changes_of(Totals(200, 200), Totals(100, 100), **doubled)["one"] == (False, False)
    assert changes_of(Totals(200, 200), Totals(100, 100))["one"] == (True, False)


def test_the_first_fatal_record_is_news_and_comes_first() -> None:
    now = {"loud": Totals(1_000, 800), "calm": Totals(1_000, 1, 1), "usual": Totals(1_000, 9, 9), "quiet": Totals(5)}
    before = {"loud": Totals(1_000, 10), "calm": Totals(1_000), "usual": Totals(1_000, 8, 8), "gone": Totals(30, 3)}
    ranked = rank(now, before, silent=["gone"])
    assert [one.service for one in ranked] == ["calm", "loud", "gone", "usual", "quiet"]
    assert [one.fatal_rose for one in ranked] == [True, False, False, False, False]
    assert (ranked[0].fatal, ranked[0].previous_fatal, ranked[2].silent, ranked[2].previous_records) == (1, 0, True, 30)
    assert ranked[1].expected_errors == pytest.approx(2.03, abs=0.1)  # hardly anything of it is no error any more


def test_a_service_is_missed_that_wrote_steadily_and_writes_nothing() -> None:
    before = {
        "steady": steady(),
        "more": steady(900),
        "here": steady(),
        "few": steady(19),
        "burst": steady(minutes=3),
        "scattered": Totals(300, 0, 0, 4, START, START + timedelta(minutes=14)),
    }
    assert gone_quiet({"here": Totals(1)}, before, QUARTER, 10) == ["more", "steady"]
    assert gone_quiet({}, before, QUARTER, 1) == ["more"]
    # An hourly job is not missed within the hour, and a day of it is.
    hourly = Totals(480, 0, 0, 24, START, START + timedelta(hours=23))
    assert gone_quiet({}, {"hourly": hourly}, timedelta(days=1), 10) == ["hourly"]
    assert gone_quiet({}, {"hourly": Totals(20, 0, 0, 1, START, START)}, timedelta(hours=1), 10) == []
