"""Records of three services within twenty minutes, and files of them as the catalog knows them."""

from collections.abc import Sequence
from itertools import accumulate, count, pairwise

import numpy as np
import pyarrow as pa
from hypothesis import strategies as st

from logmesh.lake import bloom, counts, trigrams
from logmesh.lake.reading.statement import StoredFile
from logmesh.lake.store.catalog import FileIndex, KnownFile
from logmesh.v1.record_pb2 import LogRecord

MINUTE = 60 * 10**9
SERVICES = ["api", "cart", "unknown_service"]
_NUMBERS = count()
TRACES = [bytes([n]) * 16 for n in range(1, 6)]


@st.composite
def records(draw: st.DrawFn) -> LogRecord:
    record = LogRecord(
        time_unix_nano=draw(st.integers(0, 20 * MINUTE)),
        severity_number=draw(st.sampled_from([0, 9, 13, 17, 24])),  # type: ignore[arg-type]
        body=draw(st.sampled_from(["word", "other"])),
        trace_id=draw(st.sampled_from([b"", *TRACES])),
    )
    record.resource.service_name = draw(st.sampled_from(SERVICES))
    return record


def file_of(records: Sequence[LogRecord], row_groups: Sequence[int] = ()) -> KnownFile:
    """With trigrams where it has row groups, of so many rows each."""
    times = np.array([record.time_unix_nano for record in records], np.int64)
    services = np.array([SERVICES.index(record.resource.service_name) for record in records], np.int64)
    severities = np.array([record.severity_number for record in records], np.uint8)
    counted = counts.count(times, services, severities, SERVICES)
    traces = bloom.build(bloom.keys_of(b"".join(record.trace_id or bytes(16) for record in records)))
    ends = list(accumulate(row_groups))
    bodies = [[one.body for one in records[first:end]] for first, end in pairwise([0, *ends])]
    packed = trigrams.pack((trigrams.seen_in(pa.array(group)) for group in bodies), row_groups) if row_groups else None
    index = FileIndex(counts.unpack(counts.pack(counted)), traces, packed)
    return KnownFile(
        StoredFile(f"{next(_NUMBERS)}.parquet", 0, 0), int(times.min()), int(times.max()), len(records), index
    )
