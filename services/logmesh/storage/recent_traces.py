"""How recent traces lie in Redis: a key each, whose value is the COPY rows of its records one after the other.

Processors append to it, gateways read it. Rows come in the order of commit, and one may be there twice.
"""

from typing import Final

EXPIRY_SECONDS: Final = 300


def trace_key(tenant: str, trace_id: bytes) -> str:
    """The Redis key of a trace."""
    return f"logmesh:trace:{tenant}:{trace_id.hex()}"
