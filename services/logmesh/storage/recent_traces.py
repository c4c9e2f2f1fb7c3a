"""How recent traces lie in Redis: two keys each, of which either may be there or not.

What processors append: records one after the other in the order of commit, in the form of their store; one may be there twice.
The key says of which layout they are: while two releases, or two stores, run that differ in it, each finds its own, and the rest in
the store. And what a gateway has read of its store: a message of records. A key holds the first megabyte of its trace: what is beyond,
the store has, too.
"""

from typing import Final, Literal, TypeAlias

EXPIRY_SECONDS: Final = 300
MAX_BYTES: Final = 1 << 20
"""Of one trace: else a service that never changes its trace id would fill Redis by itself, and a gateway with it."""

Layout: TypeAlias = Literal["3", "lake-1", "read-1"]
ROWS: Final[Layout] = "3"
"""COPY rows (`copy_rows`). Counted up when the columns of a row change, or their widths."""
LAKE: Final[Layout] = "lake-1"
"""Slices of batches (`lake/trace_slices`). Counted up when their form changes."""
READ: Final[Layout] = "read-1"
"""A GetTraceResponse. Counted up when what a record says changes."""


def trace_key(tenant: str, trace_id: bytes, layout: Layout = ROWS) -> str:
    """The Redis key of a trace."""
    return f"logmesh:trace:{layout}:{tenant}:{trace_id.hex()}"
