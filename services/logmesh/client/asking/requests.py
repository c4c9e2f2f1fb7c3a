"""Requests from the arguments of the clients' methods. Pure; wrong arguments are ValueError before anything is sent."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

from logmesh.client.asking.pipeline import Fact
from logmesh.client.moments import Moment, time_range, to_timestamp
from logmesh.client.record import Record
from logmesh.v1 import query_service_pb2 as pb
from logmesh.v1.pipeline_service_pb2 import AcknowledgeFactsRequest
from logmesh.v1.token_service_pb2 import CreateTokenRequest

_MOST_FACTS: Final = 1_000

Since = timedelta | None
When = Moment | None


def search(filter_text: str, since: Since, start: When, end: When) -> pb.SearchRequest:
    """For `Pages`."""
    start_time, end_time = time_range(since, start, end, datetime.now(UTC))
    return pb.SearchRequest(filter=filter_text, start_time=start_time, end_time=end_time)


def histogram(
    filter_text: str, since: Since, start: When, end: When, buckets: int, by: str, previous: bool
) -> pb.HistogramRequest:
    """About `buckets` buckets, stacked by the field `by`."""
    start_time, end_time = time_range(since, start, end, datetime.now(UTC))
    return pb.HistogramRequest(
        filter=filter_text, start_time=start_time, end_time=end_time, buckets=buckets, group_by=by, previous=previous
    )


def facets(
    filter_text: str, since: Since, start: When, end: When, fields: Iterable[str], values: int
) -> pb.FacetsRequest:
    """At most `values` values of each field."""
    if isinstance(fields, str):
        raise ValueError(f"fields is one text; write [{fields!r}]")  # as for all wrong arguments
    start_time, end_time = time_range(since, start, end, datetime.now(UTC))
    return pb.FacetsRequest(filter=filter_text, start_time=start_time, end_time=end_time, fields=fields, values=values)


def trace(trace_id: str, start: When, end: When, limit: int) -> pb.GetTraceRequest:
    """At most `limit` records."""
    return pb.GetTraceRequest(
        trace_id=trace_id,
        start_time=None if start is None else to_timestamp(start),
        end_time=None if end is None else to_timestamp(end),
        page_size=limit,
    )


def context(record: Record | str, before: int, after: int) -> pb.GetContextRequest:
    """A record is found at once; an id alone makes the server look everywhere."""
    if isinstance(record, str):
        return pb.GetContextRequest(record_id=record, before=before, after=after)
    return pb.GetContextRequest(record_id=record.id, time_unix_nano=record.time_unix_nano, before=before, after=after)


def patterns(filter_text: str, since: Since, start: When, end: When, limit: int) -> pb.ListPatternsRequest:
    """At most `limit` templates."""
    start_time, end_time = time_range(since, start, end, datetime.now(UTC))
    return pb.ListPatternsRequest(filter=filter_text, start_time=start_time, end_time=end_time, page_size=limit)


def changes(since: Since, start: When, end: When, limit: int) -> pb.ListChangesRequest:
    """At most `limit` services."""
    start_time, end_time = time_range(since, start, end, datetime.now(UTC))
    return pb.ListChangesRequest(start_time=start_time, end_time=end_time, page_size=limit)


def acknowledge(facts: Iterable[Fact], reason: str, by: str) -> Iterator[AcknowledgeFactsRequest]:
    """As many as it takes; none for no facts."""
    messages = [fact.message() for fact in facts]
    for first in range(0, len(messages), _MOST_FACTS):
        yield AcknowledgeFactsRequest(facts=messages[first : first + _MOST_FACTS], reason=reason, by=by)


def create_token(name: str, lifetime: timedelta | None, tenant: str, by: str) -> CreateTokenRequest:
    """Good for `lifetime`; None: until it is revoked."""
    request = CreateTokenRequest(name=name, tenant=tenant, by=by)
    if lifetime is not None:
        request.lifetime.FromTimedelta(lifetime)
    return request
