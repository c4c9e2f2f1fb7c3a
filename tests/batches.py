"""Batches as producers of releases before chains send them, which processors take as ever."""

from uuid import UUID

from logmesh.record.batch import encode_link
from logmesh.v1.ingest_service_pb2 import AppendRequest
from logmesh.v1.record_pb2 import LogColumns


def encode_batch(seq: int, columns: LogColumns, compress: bool = False) -> bytes:
    """`encode_link`, without the spool id and the chain."""
    encoded, _ = encode_link(seq, columns, compress, str(UUID(int=0)), 0)
    request = AppendRequest.FromString(encoded)
    request.batch.ClearField("spool_id")
    request.batch.ClearField("chain")
    return request.SerializeToString()
