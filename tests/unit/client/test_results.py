"""What a gateway answers, as plain values."""

from logmesh.client.asking.results import Trace
from logmesh.v1.query_service_pb2 import GetTraceResponse
from logmesh.v1.record_pb2 import LogRecord


def test_who_reads_a_trace_s_messages_has_no_records_made() -> None:
    trace = Trace.of(GetTraceResponse(records=[LogRecord(body="first"), LogRecord(body="last")], truncated=True))
    assert ([message.body for message in trace.messages], trace.truncated) == (["first", "last"], True)
    assert "records" not in vars(trace)
    assert [record.body for record in trace.records] == ["first", "last"]
    assert trace.records is trace.records  # made once
