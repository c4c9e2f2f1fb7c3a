"""What drop, sample, rename and limit do to the records that match, and that positions go on whatever they do."""

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from time import sleep

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.producer.rules.chunks import SHOP, TIME, chunk_of

from logmesh.producer.rules import limit as limit_module
from logmesh.producer.rules.actions import drop
from logmesh.producer.rules.limit import MAX_INTERVALS, Limit
from logmesh.producer.rules.rename import Rename
from logmesh.producer.rules.sample import Sample, read_share
from logmesh.producer.rules.view import View
from logmesh.record.columns import OriginKey
from logmesh.record.rare import NOTHING_RARE, Rare

SECOND = 10**9


def test_dropped_records_are_gone_from_every_column_and_positions_go_on() -> None:
    chunk = chunk_of([b"a", b"b", b"c"], severities=[1, 2, 3])
    chunk.rares = [NOTHING_RARE, Rare(flags=1), Rare(flags=2)]
    done = drop(View(chunk, 0), [0, 1])
    assert (done.chunk.bodies, done.chunk.severities, done.chunk.times) == ([b"c"], [3], [TIME + 2])
    assert done.chunk.rares == [Rare(flags=2)]
    assert done.chunk.positions == {"7": {"offset": 100}}
    assert done.counts == {"dropped": 2}
    assert len(chunk) == 3


def test_a_share_of_records_is_kept_the_same_ones_again() -> None:
    chunk = chunk_of([b"took %d ms" % at for at in range(10_000)])
    once = Sample(0.1)(View(chunk, 5), list(range(10_000)))
    assert 850 < len(once.chunk) < 1_150
    assert once.counts == {"kept": len(once.chunk), "dropped": 10_000 - len(once.chunk)}
    later = Sample(0.1)(View(chunk_of(chunk.bodies[::-1], times=chunk.times[::-1]), 77), list(range(10_000)))
    assert later.chunk.bodies == once.chunk.bodies[::-1]


def test_a_trace_is_kept_as_a_whole() -> None:
    traces = [at.to_bytes(16) for at in range(1, 501)] * 4
    done = Sample(0.5)(View(chunk_of([b"%d" % at for at in range(2_000)], trace_ids=traces), 0), list(range(2_000)))
    counts = Counter(done.chunk.trace_ids)
    assert set(counts.values()) == {4}
    assert 200 < len(counts) < 300


def test_of_records_without_a_time_a_share_is_kept_though_all_are_alike() -> None:
    done = Sample(0.25)(View(chunk_of([b"tick"] * 4_000, times=[0] * 4_000), TIME), list(range(4_000)))
    assert 850 < len(done.chunk) < 1_150


def test_only_what_matches_is_sampled() -> None:
    done = Sample(1e-9)(View(chunk_of([b"a", b"b", b"c"]), 0), [1])
    assert done.chunk.bodies == [b"a", b"c"]


@pytest.mark.parametrize(("text", "share"), [("1/10", 0.1), (" 3 / 4 ", 0.75)])
def test_a_share_is_read(text: str, share: float) -> None:
    assert read_share(text) == share


@pytest.mark.parametrize("text", ["1", "1/0", "a/b", "-1/2", "1/2/3", ""])
def test_what_is_no_share_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^"):
        read_share(text)


def renamed(attributes: bytes, names: dict[str, str]) -> bytes:
    return Rename(names)(View(chunk_of([b"x"], attributes=[attributes]), 0), [0]).chunk.attributes[0]


def test_attributes_get_other_names_and_keep_values_and_places() -> None:
    assert renamed(b'{"a":1.0,"usr.id":12345678901234567890.5,"z":{"usr.id":2}}', {"usr.id": "user.id"}) == (
        b'{"a":1.0,"user.id":12345678901234567890.5,"z":{"usr.id":2}}'
    )
    assert renamed(b'{"\\u0061":1}', {"a": "b"}) == b'{"b":1}'
    assert renamed(b'{"b":2,"a":1}', {"a": "b"}) == b'{"b":1}'
    assert renamed(b'{"b":2,"a":1}', {"a": "b", "b": "a"}) == b'{"a":2,"b":1}'


@pytest.mark.parametrize("attributes", [b"", b"{}", b'{"b":"a"}', b'{"x":{"a":1}}', b'{"a":1', b'["a"]'])
def test_attributes_without_such_a_name_stay_as_they_came(attributes: bytes) -> None:
    done = Rename({"a": "c"})(View(chunk := chunk_of([b"x"], attributes=[attributes]), 0), [0])
    assert done.chunk is chunk


@given(st.dictionaries(st.text(max_size=3), st.one_of(st.integers(), st.text(max_size=3), st.none()), max_size=5))
def test_renaming_loses_no_value_but_one_that_gives_way(fields: dict[str, int | str | None]) -> None:
    text = json.dumps(fields).encode()
    new = json.loads(renamed(text, {"a": "b"}))
    expected = {name: value for name, value in fields.items() if name not in ("a", "b")}
    if "a" in fields or "b" in fields:
        expected["b"] = fields["a"] if "a" in fields else fields["b"]
    assert new == expected


def test_what_is_over_the_limit_is_left_out_and_one_record_says_so() -> None:
    limit = Limit("noise", 2, 1)
    other = OriginKey(b"other")
    bodies = [b"a", b"b", b"c", b"d", b"e", b"f"]
    times = [TIME, TIME, TIME, TIME, TIME + SECOND, TIME]
    chunk = chunk_of(bodies, times=times, origins=[SHOP] * 5 + [other], severities=[9] * 6, trace_ids=[b"\1" * 16] * 6)
    done = limit(View(chunk, 0), list(range(6)))
    said = b"more than 2 records a second: others of this stream are left out up to 11:31:43 UTC (rule noise)"
    assert done.chunk.bodies == [b"a", b"b", said, b"e", b"f"]
    assert done.chunk.severities[2] == 13
    assert done.chunk.trace_ids[2] == b""
    assert done.chunk.times[2] == TIME
    assert done.chunk.origins[2] is SHOP
    assert json.loads(done.chunk.attributes[2]) == {"logmesh.rule": "noise", "logmesh.limit": 2}
    assert done.counts == {"dropped": 2}
    assert list(done.touched) == [2, 3]
    again = limit(View(chunk_of([b"g", b"h", b"i"], times=[TIME, TIME + SECOND, TIME + SECOND]), 0), [0, 1, 2])
    assert again.chunk.bodies[0] == b"h"
    assert again.chunk.bodies[1].startswith(b"more than 2 records")
    assert len(again.chunk) == 2


def test_a_stream_that_was_held_up_has_as_much_as_if_it_had_come_in_time() -> None:
    times = [TIME + at * SECOND // 2 for at in range(1_000)]
    chunk = chunk_of([b"x"] * 1_000, times=times)
    assert Limit("l", 2, 10)(View(chunk, TIME + 10**15), list(range(1_000))).chunk is chunk


def test_the_order_in_which_seconds_come_does_not_matter() -> None:
    limit = Limit("l", 1, 1)
    later = limit(View(chunk_of([b"a"], times=[TIME + 60 * SECOND]), 0), [0])
    earlier = limit(View(chunk_of([b"b"], times=[TIME]), 0), [0])
    assert (later.chunk.bodies, earlier.chunk.bodies) == ([b"a"], [b"b"])


def test_several_threads_share_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    class Interval:
        """One that another thread may count in at any moment."""

        said = False
        _records = 0

        @property
        def records(self) -> int:
            found = self._records
            sleep(0.001)
            return found

        @records.setter
        def records(self, records: int) -> None:
            self._records = records

    monkeypatch.setattr(limit_module, "_new_interval", lambda *of: Interval())
    limit = Limit("l", 100, 1)
    with ThreadPoolExecutor(4) as pool:
        views = [View(chunk_of([b"a"] * 10), 0) for _ in range(40)]
        kept = sum(len(done.chunk) for done in pool.map(lambda view: limit(view, list(range(10))), views))
    assert kept == 101, "the limit, and one that says that others are left out"


def test_tenants_have_limits_of_their_own() -> None:
    limit = Limit("l", 1, 1)
    for tenant in ("one", "other"):
        assert limit(View(chunk_of([b"a"]), 0, tenant), [0]).chunk.bodies == [b"a"]
    assert limit(View(chunk_of([b"b"]), 0, "one"), [0]).counts == {"dropped": 1}


def test_records_without_a_time_count_for_now() -> None:
    done = Limit("l", 1, 1)(View(chunk_of([b"a", b"b", b"c"], times=[0, 0, 0]), TIME), [0, 1, 2])
    assert done.chunk.bodies == [
        b"a", b"more than 1 records a second: others of this stream are left out for up to 1 s (rule l)",
    ]  # fmt: skip
    assert done.chunk.times == [0, 0]


def test_only_so_many_intervals_are_remembered() -> None:
    limit = Limit("l", 1, 1)
    count = MAX_INTERVALS + 5
    chunk = chunk_of([b"x"] * count, times=[SECOND * (at + 1) for at in range(count)])
    assert limit(View(chunk, 0), list(range(count))).chunk is chunk
    assert limit._interval.cache_info().currsize == MAX_INTERVALS


@given(st.lists(st.tuples(st.sampled_from([1, 2, 3]), st.booleans()), min_size=1, max_size=40), st.integers(1, 4))
def test_no_interval_of_a_stream_has_more_than_its_records_and_one_that_says_so(
    records: list[tuple[int, bool]], most: int
) -> None:
    limit, kept, other = Limit("l", most, 1), Counter[tuple[int, bytes, bool]](), OriginKey(b"other")
    for begin in range(0, len(records), 7):
        part = records[begin : begin + 7]
        chunk = chunk_of(
            [b"x"] * len(part), times=[second * SECOND for second, _ in part], origins=[SHOP if shop else other for _, shop in part]
        )  # fmt: skip
        new = limit(View(chunk, 0), list(range(len(part)))).chunk
        kept.update(zip(new.times, (o.service_name for o in new.origins), (b != b"x" for b in new.bodies), strict=True))
    came = Counter((second * SECOND, (SHOP if shop else other).service_name) for second, shop in records)
    for (time, service), count in came.items():
        assert kept[time, service, False] == min(count, most)
        assert kept[time, service, True] == (count > most)
