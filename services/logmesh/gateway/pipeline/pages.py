"""What lists of the ledger have in common: pages none longer than asked for, and how rows are said."""

from typing import Any, Final

from google.protobuf.duration_pb2 import Duration

from logmesh.gateway.requests.checks import RequestError, read_limit
from logmesh.storage.multirange import from_multirange
from logmesh.v1 import pipeline_service_pb2 as pb
from logmesh.v1.ingest_service_pb2 import SeqRange

DEFAULT_PAGE_SIZE: Final = 100
MAX_PAGE_SIZE: Final = 1_000
MAX_RANGES: Final = 100
"""Of one entry's numbers: a spool may have any number of gaps, and a message has a limit."""


def page_size(request: pb.ListLedgerRequest | pb.ListFactsRequest | pb.ListAcknowledgementsRequest) -> int:
    """How many entries a page has. Raises RequestError."""
    return read_limit("page_size", request.page_size, default=DEFAULT_PAGE_SIZE, most=MAX_PAGE_SIZE)


def total(rows: list[Any]) -> int:
    """How many rows there are on all pages; a page behind the last one can't say, and says 0."""
    return int(rows[0]["total"]) if rows else 0


def ranges(text: str) -> list[SeqRange]:
    """The ranges of a multirange."""
    return [SeqRange(first=first, last=last) for first, last in from_multirange(text)]


def to_duration(seconds: float) -> Duration:
    """As answers carry it."""
    duration = Duration()
    duration.FromNanoseconds(int(seconds * 1e9))
    return duration


def read_kind(value: Any) -> str:
    """The name of a fact's kind. Raises RequestError."""
    if not isinstance(value, str) or "\0" in value:
        raise RequestError("kind is not the name of a kind")
    return value
