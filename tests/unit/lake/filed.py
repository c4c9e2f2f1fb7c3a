"""Records of three services within twenty minutes, and files of them as the catalog knows them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, count, pairwise

import numpy as np
import pyarrow as pa
from hypothesis import strategies as st

from logmesh.filters import parse_filter
from logmesh.lake import bloom, counts, trigrams
from logmesh.lake.reading.statement import StoredFile
from logmesh.lake.store.catalog import Index, KnownFile
from logmesh.lake.store.plan import Plan
from logmesh.v1.record_pb2 import LogRecord

MINUTE = 60 * 10**9
SERVICES = ["api", "cart", "unknown_service"]
_NUMBERS = count()
TRACES = [bytes([n]) * 16 for n in range(1, 6)]


@dataclass(frozen=True, slots=True)
class Filed(KnownFile):
    """A file with the indexes that the catalog has of it."""

    packed: Mapping[Index, bytes] = field(default_factory=dict)


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


def file_of(records: Sequence[LogRecord], row_groups: Sequence[int] = ()) -> Filed:
    """With trigrams where it has row groups, of so many rows each."""
    times = np.array([record.time_unix_nano for record in records], np.int64)
    services = np.array([SERVICES.index(record.resource.service_name) for record in records], np.int64)
    severities = np.array([record.severity_number for record in records], np.uint8)
    counted = counts.count(times, services, severities, SERVICES)
    traces = bloom.build(bloom.keys_of(b"".join(record.trace_id or bytes(16) for record in records)))
    ends = list(accumulate(row_groups))
    bodies = [[one.body for one in records[first:end]] for first, end in pairwise([0, *ends])]
    packed: dict[Index, bytes] = {"traces": traces}
    if row_groups:
        packed["trigrams"] = trigrams.pack((trigrams.seen_in(pa.array(group)) for group in bodies), row_groups)
    number = next(_NUMBERS)
    return Filed(
        StoredFile(f"{number}.parquet", 0, 0), number, int(times.min()), int(times.max()), len(records),
        counts.unpack(counts.pack(counted)), {kind: len(index) for kind, index in packed.items()}, packed=packed,
    )  # fmt: skip


def planned(text: str, *files: Filed) -> Plan:
    """The plan of a question that has seen the indexes of some files that its kind needs."""
    plan, packed = Plan(parse_filter(text)), {file.stored: file.packed for file in files}
    for kind in plan.indexes:
        for file in plan.unseen(kind, files):
            plan.see(kind, file, packed[file.stored][kind])
    return plan
