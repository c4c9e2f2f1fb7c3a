"""Batches to be stored."""

import time

from logmesh.record.packed import pack_times
from logmesh.v1.record_pb2 import LogColumns, Origin


def columns(count: int, *, at: int = 0, name: str = "line") -> LogColumns:
    """So many records of two services, a nanosecond apart; `at`: from when on, else from now."""
    at = at or time.time_ns()
    return LogColumns(
        origins=[Origin(service_name=b"api"), Origin(service_name=b"checkout", scope_name=b"s")][:count],
        origin_indexes=[each % 2 for each in range(count)],
        times_unix_nano=pack_times([at + each for each in range(count)]),
        severity_numbers=bytes(9 + 8 * (each % 50 == 0) for each in range(count)),
        bodies=[b"%s %d" % (name.encode(), each) for each in range(count)],
        attributes=[b'{"n":%d}' % each for each in range(count)],
        trace_ids=b"".join(each.to_bytes(16, "big") for each in range(count)),
    )
