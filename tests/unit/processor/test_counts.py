"""Counts by minute, origin and severity are those that counting one by one gives."""

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from logmesh.processor.counts import count, count_keys, minutes

MINUTE = 60 * 10**9
records = st.lists(
    st.tuples(
        st.integers(0, (1 << 63) - 1) | st.integers(0, 3 * MINUTE),
        st.integers(1, 3) | st.just((1 << 63) - 1),
        st.integers(0, 24),
    )
)


@given(st.lists(records, max_size=4))
def test_batches_counted_and_added_are_what_counting_each_record_gives(
    batches: list[list[tuple[int, int, int]]],
) -> None:
    keys = [
        count_keys(
            np.array([time for time, _, _ in batch], np.int64),
            np.array([origin for _, origin, _ in batch], np.int64),
            np.array([severity for _, _, severity in batch], np.uint8),
        )
        for batch in batches
    ]
    rows = list(zip(*count(keys), strict=True))
    expected = Counter((time // MINUTE, origin, severity) for batch in batches for time, origin, severity in batch)
    assert rows == [(*key, expected[key]) for key in sorted(expected)]
    if rows:
        assert minutes(keys) == (rows[0][0], rows[-1][0])
