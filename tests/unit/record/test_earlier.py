"""Records that a release before logged are read with all that they say."""

from typing import Any

from google.protobuf.struct_pb2 import Struct

from logmesh.record.earlier import read_structs
from logmesh.record.values import plain
from logmesh.v1.record_pb2 import LogRecord

FIELDS: dict[str, Any] = {"n": 42.0, "half": 0.5, "huge": 1e300, "text": "x", "none": None, "list": [1.0, {"a": True}]}


def _struct(number: int) -> bytes:
    struct = Struct()
    struct.update(FIELDS)
    raw = struct.SerializeToString()
    return bytes([number << 3 | 2, len(raw) & 0x7F | 0x80, len(raw) >> 7]) + raw


def _record() -> LogRecord:
    resource = b"\x0a\x04cart" + _struct(3)
    return LogRecord.FromString(
        b"\x32\x04body" + _struct(7) + bytes([10 << 3 | 2, len(resource) & 0x7F | 0x80, len(resource) >> 7]) + resource
    )


def test_attributes_that_were_a_struct_are_read() -> None:
    record = _record()
    assert not record.attributes
    read_structs(record)
    expected = FIELDS | {"n": 42, "list": [1, {"a": True}]}
    assert plain(record.attributes) == plain(record.resource.attributes) == expected
    assert type(plain(record.attributes)["n"]) is int
    assert record.resource.service_name == "cart"


def test_attributes_of_now_go_before() -> None:
    record = _record()
    record.attributes["now"].int_value = 1
    read_structs(record)
    assert plain(record.attributes) == {"now": 1}
