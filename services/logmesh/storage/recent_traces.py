"""How recent traces lie in Redis: a key each, whose value is the COPY rows of its records one after the other.

Processors append to it, gateways read it. Rows come in the order of commit, and one may be there twice. The key says of which
layout they are (`copy_rows`): while two releases run that differ in it, each finds its own, and the rest in the database. It holds
the first megabyte of its trace: what is beyond, the database has, too.
"""

from typing import Final

EXPIRY_SECONDS: Final = 300
LAYOUT: Final = 3
"""Counted up when the columns of a row change, or their widths."""
MAX_BYTES: Final = 1 << 20
"""Of one trace: else a service that never changes its trace id would fill Redis by itself, and a gateway with it."""


def trace_key(tenant: str, trace_id: bytes) -> str:
    """The Redis key of a trace."""
    return f"logmesh:trace:{LAYOUT}:{tenant}:{trace_id.hex()}"
