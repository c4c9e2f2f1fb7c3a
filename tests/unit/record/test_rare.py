"""What few records say is written as it is read again, whichever of it there is."""

from hypothesis import given
from hypothesis import strategies as st

from logmesh.record.columns import ColumnsBuilder
from logmesh.record.json_text import load_exact_json
from logmesh.record.rare import Rare, add_rare, rare_text, rare_texts, read_rare
from logmesh.v1.record_pb2 import LogRecord

TIME = 1_764_590_000_000_000_000
seen = st.builds(
    lambda observed, flags: Rare(observed, flags=flags),
    st.sampled_from([0, TIME, TIME + 5, (1 << 64) - 1]),
    st.sampled_from([0, 1, (1 << 32) - 1]),
)
all_of_it = st.builds(
    Rare,
    observed_time_unix_nano=st.sampled_from([0, TIME, TIME + 5]),
    structured=st.booleans(),
    event_name=st.sampled_from([b"", b"order.paid", b'"\xff\0']),
    flags=st.integers(0, 255),
    dropped_attributes=st.integers(0, 3),
)


@given(st.one_of(st.lists(seen, min_size=1, max_size=5), st.lists(all_of_it, min_size=1, max_size=5)))
def test_texts_are_those_of_each_record_and_are_read_again(rares: list[Rare]) -> None:
    builder = ColumnsBuilder()
    for _ in rares:
        builder.append(b"{}", time_unix_nano=TIME)
    columns = builder.build(TIME)
    add_rare(columns, rares)
    texts = rare_texts(columns, range(len(rares))) or [b""] * len(rares)
    assert texts == [rare_text(rare, TIME) for rare in rares]
    assert rare_texts(columns, [len(rares) - 1]) in ([], texts[-1:])
    for rare, text in zip(rares, texts, strict=True):
        record = LogRecord(time_unix_nano=TIME, body="{}")
        if text:
            assert load_exact_json(text)
            read_rare(text, record)
        assert record.observed_time_unix_nano == (
            0 if rare.observed_time_unix_nano == TIME else rare.observed_time_unix_nano
        )
        assert (record.flags, record.dropped_attributes_count) == (rare.flags, rare.dropped_attributes)
        assert record.HasField("structured_body") == rare.structured
        assert bool(record.event_name) == bool(rare.event_name)
