"""Row groups follow each other in time, have room for their texts, and are sorted by service."""

import random

import numpy as np
import pytest

from logmesh.lake.layout import row_groups
from logmesh.lake.schema import ROW_GROUP_BYTES, ROW_GROUP_ROWS


def test_rows_are_sorted_by_service_within_a_stretch_of_time() -> None:
    chance = np.random.default_rng(1)
    count = 2 * ROW_GROUP_ROWS + 5
    times, services = chance.permutation(count), chance.integers(0, 3, count)
    groups, left = row_groups(times, services, 3)
    assert list(map(len, groups)) == [ROW_GROUP_ROWS, ROW_GROUP_ROWS, 5] and not len(left)
    for group in groups:
        keys = list(zip(services[group].tolist(), times[group].tolist(), strict=True))
        assert keys == sorted(keys)
    assert sorted(np.concatenate(groups).tolist()) == list(range(count))
    assert times[groups[0]].max() < times[groups[1]].min()


def test_what_may_be_followed_is_left() -> None:
    times = np.arange(ROW_GROUP_ROWS + 100)
    services = np.zeros(len(times), np.int64)
    groups, left = row_groups(times, services, 1, before=ROW_GROUP_ROWS + 50)
    assert [len(groups), len(left)] == [1, 100]
    groups, left = row_groups(times, services, 1, before=ROW_GROUP_ROWS - 1)
    assert [len(groups), len(left)] == [0, len(times)]


@pytest.mark.parametrize("seed", range(20))
def test_a_row_group_has_so_many_bytes_or_one_row(seed: int) -> None:
    chance = random.Random(seed)
    longest = chance.choice((10, 200_000, ROW_GROUP_BYTES, 2 * ROW_GROUP_BYTES))
    sizes = np.array([chance.randrange(longest) for _ in range(chance.choice((1, 300, 30_000)))], np.int64)
    times = np.arange(len(sizes))
    groups, left = row_groups(times, np.zeros(len(sizes), np.int64), 1, sizes)
    assert np.concatenate(groups).tolist() == times.tolist() and not len(left)
    totals = [int(sizes[group].sum()) for group in groups]
    for at, group in enumerate(groups):
        assert len(group) <= ROW_GROUP_ROWS and (totals[at] <= ROW_GROUP_BYTES or len(group) == 1)
        if at + 1 < len(groups):
            assert len(group) == ROW_GROUP_ROWS or totals[at] + sizes[groups[at + 1][0]] > ROW_GROUP_BYTES
    sure, left = row_groups(times, np.zeros(len(sizes), np.int64), 1, sizes, before=len(times))
    assert list(map(len, sure)) == list(map(len, groups[: len(sure)])) and len(groups) - len(sure) <= 1
