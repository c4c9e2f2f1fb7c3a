"""Counts of a file come back as they were, and are what counting by hand gives."""

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from logmesh.lake.counts import count, pack, unpack

NAMES = ["api", "checkout", "é"]
RECORDS = st.tuples(st.integers(0, (1 << 63) - 1), st.integers(0, len(NAMES) - 1), st.integers(0, 24))


@given(st.lists(RECORDS, max_size=30))
def test_counts_are_those_of_the_records(records: list[tuple[int, int, int]]) -> None:
    times, services, severities = (np.array(column, np.int64) for column in zip(*records, strict=True)) if records else (
        np.empty(0, np.int64),
    ) * 3  # fmt: skip
    counts = unpack(pack(count(times, services, severities, NAMES)))
    found = {
        (minute, counts.services[service], severity): records
        for minute, service, severity, records in zip(
            counts.minutes.tolist(),
            counts.of_service.tolist(),
            counts.severities.tolist(),
            counts.records.tolist(),
            strict=True,
        )
    }
    assert found == Counter((time // (60 * 10**9), NAMES[service], severity) for time, service, severity in records)
    assert list(found) == sorted(found)
