"""Which entries of a batch are kept, and what is counted of them."""

from logmesh.processor.entries import check_entries
from logmesh.processor.frame import Header
from logmesh.processor.payload import decode_payload
from logmesh.storage.ledger import SpoolKey
from logmesh.v1 import ingest_service_pb2 as pb
from logmesh.v1.record_pb2 import LogColumns, Origin


def test_what_becomes_a_dead_letter_is_not_counted_as_kept_as_text() -> None:
    nul = b'{"a":"\\u0000"}'
    columns = LogColumns(
        origins=[Origin(service_name=b"s")],
        times_unix_nano=bytes(16),
        severity_numbers=bytes((9, 99)),
        bodies=[b"kept", b"refused"],
        attributes=[nul, nul],
    ).SerializeToString()
    raw = pb.AppendRequest(batch=pb.Batch(seq=1, count=2, raw_size=len(columns), columns=columns)).SerializeToString()
    header = Header(SpoolKey("default", "00000000-0000-0000-0000-000000000001"), 1, 2, "test", "test", 1)
    kept, dead = check_entries(decode_payload(raw, header), strict=True)
    assert ([entry.reason for entry in dead], kept.bodies, kept.texts) == (["severity above 24"], [b"kept"], 1)
