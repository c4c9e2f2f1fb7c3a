"""Bad input of every kind that a single record can carry, and what must become of it."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.integration.processor.append_stream import columns_of

from logmesh.record.limits import MAX_BODY_BYTES
from logmesh.record.packed import pack_times
from logmesh.record.values import set_values
from logmesh.v1.record_pb2 import AnyValue, LogColumns, LogRecord, Resource

STORED = ""
NOT_JSON = "attributes are not valid JSON"
NOT_A_RECORD = "record is not a LogRecord, or its text not UTF-8"
BEFORE, AFTER = b"good one before", b"good one after"


@dataclass(frozen=True, slots=True)
class BadColumns:
    """Three records, of which the middle one is bad; the reason of its dead letter, empty when it is stored."""

    columns: LogColumns
    reason: str = STORED


def _body(body: bytes, reason: str = STORED) -> BadColumns:
    return BadColumns(columns_of([BEFORE, body, AFTER]), reason)


def _attributes(text: bytes, reason: str = NOT_JSON) -> BadColumns:
    return BadColumns(columns_of([BEFORE, b"bad one", AFTER], attributes=[b'{"n":1}', text, b""]), reason)


def _origin(**fields: bytes) -> BadColumns:
    columns = columns_of([BEFORE, b"bad one", AFTER])
    columns.origins.add(**fields)
    columns.origin_indexes.extend([0, 1, 0])
    return BadColumns(columns)


def _column(change: Callable[[LogColumns], None], reason: str = STORED) -> BadColumns:
    columns = columns_of([BEFORE, b"bad one", AFTER])
    change(columns)
    return BadColumns(columns, reason)


def _severity(columns: LogColumns) -> None:
    columns.severity_numbers = bytes([9, 25, 9])


def _time(nanoseconds: int) -> BadColumns:
    return _column(lambda columns: setattr(columns, "times_unix_nano", pack_times([0, nanoseconds, 0])))


def _texts(text: bytes) -> BadColumns:
    return _column(lambda columns: columns.severity_texts.extend([b"INFO", text, b""]))


BAD_COLUMNS: dict[str, BadColumns] = {
    "NUL in body": _body(b"a\0b"),
    "invalid UTF-8 in body": _body(b"caf\xe9 \xff\xfe"),
    "lone surrogate in body": _body(b"\xed\xa0\x80"),
    "body over the limit": _body(b"x" * (MAX_BODY_BYTES + 1), "body over 256 KiB"),
    "3 MB line": _body(b"y" * 3_000_000, "body over 256 KiB"),
    "256 KiB of invalid UTF-8": _body(b"\xff" * MAX_BODY_BYTES),
    "empty body": _body(b""),
    "NUL in JSON": _attributes(rb'{"a":"b\u0000c"}', STORED),
    "NUL in a key": _attributes(rb'{"a\u0000":1}', STORED),
    "NUL deep in JSON": _attributes(b'{"a":' + b"[" * 200 + rb'"\u0000"' + b"]" * 200 + b"}", STORED),
    "NUL byte in attributes": _attributes(b'{"a":"\0"}'),
    "a word with a backslash before u0000": _attributes(rb'{"a":"\\u0000"}', STORED),
    "lone surrogate in JSON": _attributes(rb'{"a":"\ud800"}', STORED),
    "lone low surrogate in JSON": _attributes(rb'{"\udc00":1}', STORED),
    "invalid UTF-8 in attributes": _attributes(b'{"a":"\xff"}'),
    "JSON 10,000 deep": _attributes(b'{"a":' + b"[" * 10_000 + b"]" * 10_000 + b"}", STORED),
    "JSON 10,000 objects deep": _attributes(b'{"a":' * 10_000 + b"1" + b"}" * 10_000, STORED),
    "JSON 200 deep": _attributes(b'{"a":' + b"[" * 200 + b"]" * 200 + b"}", STORED),
    "JSON 300 deep": _attributes(b'{"a":' + b"[" * 300 + b"]" * 300 + b"}", STORED),
    "NaN": _attributes(b'{"a":NaN}'),
    "infinity": _attributes(b'{"a":infinity}'),
    "-Infinity": _attributes(b'{"a":-Infinity}'),
    "1e400000": _attributes(b'{"a":1e400000}', STORED),
    "-1e400000 in an array": _attributes(b'{"a":[1,-1e400000]}', STORED),
    "1e-400000": _attributes(b'{"a":1e-400000}', STORED),
    "100 digits": _attributes(b'{"a":' + b"9" * 100 + b"}", STORED),
    "an array": _attributes(b"[1]", "attributes are not a JSON object"),
    "a bare word": _attributes(b"hello"),
    "cut off": _attributes(b'{"a":'),
    "two objects": _attributes(b'{"a":1}{"b":2}'),
    "200 attributes": _attributes(
        b"{" + b",".join(b'"%d":1' % key for key in range(200)) + b"}", "more than 128 attributes"
    ),
    "70 kB of attributes": _attributes(b'{"a":"' + b"x" * 70_000 + b'"}', "attributes over 64 KiB"),
    "severity 25": _column(_severity, "severity above 24"),
    "time 2^64-1": _time((1 << 64) - 1),
    "time 2^63": _time(1 << 63),
    "year 1970": _time(1),
    "service name of 12 kB": _origin(service_name=b"s" * 12_000),
    "service name of 12 kB of random-looking text": _origin(
        service_name=b"".join(b"%x" % (i * i) for i in range(2500))
    ),
    "service name with NUL": _origin(service_name=b"a\0b"),
    "service name in invalid UTF-8": _origin(service_name=b"\xff\xfe"),
    "service name cut within a character": _origin(service_name=b"x" + "é".encode() * 200),
    "instance with NUL": _origin(service_name=b"s", service_instance_id=b"\0"),
    "scope in invalid UTF-8": _origin(service_name=b"s", scope_name=b"\xff", scope_version=b"\0" * 300),
    "resource that is not JSON": _origin(service_name=b"s", resource_attributes=b"{oops"),
    "resource with NaN": _origin(service_name=b"s", resource_attributes=b'{"a":NaN}'),
    "resource with NUL": _origin(service_name=b"s", resource_attributes=rb'{"a":"\u0000"}'),
    "resource with a lone surrogate": _origin(service_name=b"s", resource_attributes=rb'{"a":"\udfff"}'),
    "resource with 1e400000": _origin(service_name=b"s", resource_attributes=b'{"a":1e400000}'),
    "resource 10,000 deep": _origin(service_name=b"s", resource_attributes=b'{"a":' * 10_000 + b"1" + b"}" * 10_000),
    "resource of 100 kB": _origin(service_name=b"s", resource_attributes=b'{"a":"' + b"x" * 100_000 + b'"}'),
    "level with NUL": _texts(b"IN\0FO"),
    "level in invalid UTF-8": _texts(b"\xff\xff"),
    "level of 1 kB": _texts(b"L" * 1_000),
}


@dataclass(frozen=True, slots=True)
class BadRecord:
    """One serialised `LogRecord`; the reason of its dead letter, empty when it is stored."""

    entry: bytes
    reason: str = STORED


def _record(**fields: object) -> bytes:
    return LogRecord(**fields).SerializeToString()  # type: ignore[arg-type]


def _values(**fields: object) -> dict[str, AnyValue]:
    record = LogRecord()
    set_values(record.attributes, fields)
    return dict(record.attributes)


def _field(number: int, value: bytes) -> bytes:
    """A length-delimited field as it stands on the wire."""
    size, length = len(value), b""
    while size > 0x7F:
        length += bytes([size & 0x7F | 0x80])
        size >>= 7
    return bytes([number << 3 | 2]) + length + bytes([size]) + value


def _nested(depth: int) -> bytes:
    """A record whose attributes are nested `depth` deep, which protobuf's own parsers refuse to read."""
    value = _field(1, b"leaf")
    for _ in range(depth):
        value = _field(6, _field(1, _field(1, b"a") + _field(2, value)))
    return _field(13, _field(1, b"a") + _field(2, value))


def _nested_struct(depth: int) -> bytes:
    """The same where attributes were a Struct."""
    value = _field(3, b"leaf")
    for _ in range(depth):
        value = _field(5, _field(1, _field(1, b"a") + _field(2, value)))
    return _field(7, _field(1, _field(1, b"a") + _field(2, value)))


BAD_RECORDS: dict[str, BadRecord] = {
    "garbage": BadRecord(b"\xff\xff\xff\xff", NOT_A_RECORD),
    "invalid UTF-8 in body": BadRecord(_field(6, b"caf\xe9"), NOT_A_RECORD),
    "lone surrogate in body": BadRecord(_field(6, b"\xed\xa0\x80"), NOT_A_RECORD),
    "invalid UTF-8 in level": BadRecord(_field(5, b"\xff"), NOT_A_RECORD),
    "invalid UTF-8 in service name": BadRecord(_field(10, _field(1, b"\xff")), NOT_A_RECORD),
    "invalid UTF-8 in scope": BadRecord(_field(11, _field(1, b"\xff")), NOT_A_RECORD),
    "invalid UTF-8 in attributes": BadRecord(_field(13, _field(1, b"\xff")), NOT_A_RECORD),
    "attributes 1,000 deep": BadRecord(_nested(1_000), NOT_A_RECORD),
    "attributes 10,000 deep": BadRecord(_nested(10_000), NOT_A_RECORD),
    "attributes of a release before": BadRecord(_nested_struct(20)),
    "attributes of a release before, 10,000 deep": BadRecord(_nested_struct(10_000), NOT_A_RECORD),
    "a decimal that is none": BadRecord(_record(body="bad", attributes={"a": AnyValue(decimal_value="ten")})),
    "an int beyond 64 bits": BadRecord(_record(body="bad", attributes=_values(a=10**30))),
    "bytes": BadRecord(_record(body="bad", attributes=_values(a=b"\0\xff"))),
    "empty record": BadRecord(b""),
    "NUL in body": BadRecord(_record(body="a\0b")),
    "NUL in level": BadRecord(_record(body="bad", severity_text="\0")),
    "NUL in service name": BadRecord(_record(body="bad", resource=Resource(service_name="\0"))),
    "NUL in attributes": BadRecord(_record(body="bad", attributes=_values(a="\0"))),
    "NaN": BadRecord(_record(body="bad", attributes=_values(a=float("nan")))),
    "infinity": BadRecord(_record(body="bad", attributes=_values(a=float("inf")))),
    "300 attributes": BadRecord(
        _record(body="bad", attributes=_values(**{str(key): 1 for key in range(300)})), "more than 128 attributes"
    ),
    "body over the limit": BadRecord(_record(body="x" * (MAX_BODY_BYTES + 1)), "body over 256 KiB"),
    "trace id of 15 bytes": BadRecord(_record(trace_id=bytes(15)), "trace_id is not 16 bytes, or span_id not 8"),
    "span id of 16 bytes": BadRecord(_record(span_id=bytes(16)), "trace_id is not 16 bytes, or span_id not 8"),
    "severity 99": BadRecord(b"\x20\x63", "severity above 24"),
    "severity -1": BadRecord(b"\x20" + b"\xff" * 9 + b"\x01", "severity above 24"),
    "time 2^64-1": BadRecord(_record(body="bad", time_unix_nano=(1 << 64) - 1)),
    "service name of 12 kB": BadRecord(_record(body="bad", resource=Resource(service_name="s" * 12_000))),
    "resource with NUL": BadRecord(_record(body="bad", resource=Resource(attributes=_values(a="\0")))),
}
