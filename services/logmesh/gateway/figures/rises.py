"""What changed between two periods beyond chance: errors against traffic, and services that fell silent. Pure."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from statistics import median
from typing import Final

from logmesh.store.counts import Totals
from logmesh.v1.query_service_pb2 import ServiceChange

_DEVIATIONS: Final = 2.6
"""Two counts differ by more than this many standard deviations once in some hundred times by chance."""
_FEWEST_FOR_TRAFFIC: Final = 20
"""Records that are no errors, in the period before: fewer don't tell how much a service has to do."""
_FEWEST_BEFORE_SILENCE: Final = 20
_STEADY_MINUTES: Final = (3, 10)
"""A service that wrote in ten minutes of a period, or half of a short one but three at least, is missed when it writes nothing."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """How many times as much there is to do as before, and the variance of that estimate."""

    factor: float = 1.0
    variance: float = 0.0


def rank(now: Mapping[str, Totals], before: Mapping[str, Totals], silent: Iterable[str] = ()) -> list[ServiceChange]:
    """Every service of either period: those with more fatal records first, then those with more errors, the greatest rise of each
    first, then those in `silent`; then the most errors, the most records, the name.

    A rise is what there is more than the service's traffic leads to expect: what is no error now, against before. One that wrote
    hardly anything else is measured by what is usual among the others, and by no less than what it had.
    """
    quiet = frozenset(silent)
    nothing = Totals()
    pairs = {name: (now.get(name, nothing), before.get(name, nothing)) for name in now.keys() | before.keys()}
    own = {name: _traffic(*pair) for name, pair in pairs.items()}
    usual = Traffic(max(1.0, median([one.factor for one in own.values() if one] or [1.0])))
    changes = [_change(name, *pair, own[name] or usual, name in quiet) for name, pair in pairs.items()]
    return sorted(changes, key=_order)


def gone_quiet(now: Mapping[str, Totals], before: Mapping[str, Totals], length: timedelta, most: int) -> list[str]:
    """Services that wrote steadily through the period before, of this length, and nothing now; those that wrote most first."""
    least, enough = _STEADY_MINUTES
    wanted = max(least, min(enough, math.ceil(length / timedelta(minutes=2))))

    def is_missed(name: str, one: Totals) -> bool:
        if name in now or one.records < _FEWEST_BEFORE_SILENCE or one.minutes < wanted:
            return False
        return one.oldest is not None and one.newest is not None and one.newest - one.oldest >= length / 2

    missed = [name for name, one in before.items() if is_missed(name, one)]
    return sorted(missed, key=lambda name: (-before[name].records, name))[:most]


def _traffic(now: Totals, before: Totals) -> Traffic | None:
    fine, fine_before = now.records - now.errors, before.records - before.errors
    if fine_before < _FEWEST_FOR_TRAFFIC:
        return None
    factor = (fine + 1) / (fine_before + 1)
    return Traffic(factor, factor**2 * (1 / (fine + 1) + 1 / (fine_before + 1)))


def _change(name: str, now: Totals, before: Totals, traffic: Traffic, silent: bool) -> ServiceChange:
    return ServiceChange(
        service=name,
        records=now.records,
        errors=now.errors,
        previous_records=before.records,
        previous_errors=before.errors,
        fatal=now.fatal,
        previous_fatal=before.fatal,
        expected_errors=before.errors * traffic.factor,
        errors_rose=_rose(now.errors, before.errors, traffic),
        # The first of its kind is news, however few there are.
        fatal_rose=now.fatal > 0 and (before.fatal == 0 or _rose(now.fatal, before.fatal, traffic)),
        silent=silent,
    )


def _rose(count: int, previous: int, traffic: Traffic) -> bool:
    """Whether there are more than the traffic explains, by more than chance: all three figures vary as counts do."""
    variance = count + traffic.factor**2 * previous + traffic.variance * previous**2
    return count - previous * traffic.factor > _DEVIATIONS * math.sqrt(variance)


def _order(one: ServiceChange) -> tuple[bool | int | float | str, ...]:
    rise = one.errors - one.expected_errors
    return (
        not one.fatal_rose,
        -(one.fatal - one.previous_fatal) if one.fatal_rose else 0,
        not one.errors_rose,
        -rise if one.errors_rose else 0.0,
        not one.silent,
        -one.previous_records if one.silent else 0,
        -one.errors,
        -one.records,
        one.service,
    )
