"""What fuzzing of the doors begins with: a request of each kind as a sender writes it."""

import gzip
import zlib
from typing import Final

import cramjam
import zstandard
from google.protobuf.json_format import MessageToJson
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from logmesh.producer.receivers.http.loki.messages import PushRequest


def _otlp() -> ExportLogsServiceRequest:
    request = ExportLogsServiceRequest()
    of_resource = request.resource_logs.add(schema_url="https://opentelemetry.io/schemas/1.30.0")
    of_resource.resource.attributes.add(key="service.name").value.string_value = "shop"
    of_scope = of_resource.scope_logs.add()
    of_scope.scope.name = "orders"
    record = of_scope.log_records.add(
        time_unix_nano=1_764_590_000_000_000_000, observed_time_unix_nano=1, severity_number=9, severity_text="INFO",
        trace_id=bytes(range(16)), span_id=bytes(range(8)), flags=1, event_name="order.paid", dropped_attributes_count=1,
    )  # fmt: skip
    record.body.string_value = "paid"
    record.attributes.add(key="user").value.string_value = "u7"
    record.attributes.add(key="ms").value.int_value = 300
    record.attributes.add(key="ratio").value.double_value = 0.5
    record.attributes.add(key="raw").value.bytes_value = b"\0\xff"
    record.attributes.add(key="tags").value.array_value.values.add().bool_value = True
    nested = of_scope.log_records.add().body.kvlist_value.values.add(key="a")
    nested.value.kvlist_value.values.add(key="b").value.string_value = "c"
    return request


def _loki() -> bytes:
    push = PushRequest()
    stream = push.streams.add(labels=b'{app="shop", level="warn"}')
    entry = stream.entries.add(line=b"level=info msg=paid user=7")
    entry.timestamp.seconds, entry.timestamp.nanos = 1_764_590_000, 5
    entry.metadata.add(name=b"trace_id", value=b"0123456789abcdef0123456789abcdef")
    return bytes(push.SerializeToString())


_BULK: Final = b"""\
{"create":{"_index":"logs-shop"}}
{"@timestamp":"2026-01-02T03:04:05.678Z","message":"paid","log":{"level":"warn"},"service":{"name":"shop"},"labels":{"a":[1,2.5,null]}}
{"index":{"_id":"1"}}
{"message":{"a":1},"trace":{"id":"0123456789abcdef0123456789abcdef"}}
{"delete":{"_index":"logs","_id":"2"}}
{"update":{"_index":"logs","_id":"3"}}
{"doc":{"a":1}}
"""
_LINES: Final = b"""\
2026-01-02T03:04:05.678+01:00 ERROR [main] payment failed
Traceback (most recent call last):
  File "a.py", line 1, in <module>
ValueError: no
level=info ts=2026-01-02T03:04:05Z msg="a \\"b\\"" trace_id=0123456789abcdef0123456789abcdef
192.0.2.7 - - [02/Jan/2026:03:04:05 +0100] "GET / HTTP/1.1" 200 12 "-" "curl/8"
"""
_SYSLOG: Final = (
    b"\x40<165>1 2026-01-02T03:04:05.678Z host app 7 ID47 [a@1 b=\"c \\] d\"][e f=\"g\"] \xef\xbb\xbfpaid\n",
    b"\x07" + b"".join(b"%d %b" % (len(one), one) for one in (b"<13>Jan  2 03:04:05 host app[7]: paid", b'<14>1 - - - - - - {"a":1}')),
    b"\xff<999>" + b"no syslog at all\0" + b"<34>Feb 29 23:59:60 host su: 'su root' failed\r\n" + b"x" * 600,
)  # fmt: skip
_otlp_request: Final = _otlp()
_push: Final = _loki()
SEEDS: Final[dict[str, tuple[bytes, ...]]] = {
    "otlp": (_otlp_request.SerializeToString(),),
    "otlp-json": (MessageToJson(_otlp_request, indent=None).encode(),),
    "loki": (_push,),
    "loki-snappy": (bytes(cramjam.snappy.compress_raw(_push)),),
    "loki-json": (
        b'{"streams":[{"stream":{"app":"shop"},"values":[["1764590000000000000","paid",{"user":"7"}],["1","level=warn a=b"]]}]}',
    ),
    "bulk": (_BULK, _BULK.replace(b"\n", b"\r\n")),
    "document": (_BULK.splitlines()[1], b'{"a":{"b":{"c":[{"d":1e400}]}},"a.b":2,"@timestamp":1764590000000}'),
    "lines": (_LINES, b'{"time":"2026-01-02T03:04:05Z","level":"warn","msg":"a","n":1.5}\n{"a":null}', b"[1,[2],{}]"),
    "syslog": _SYSLOG,
    "unpacking": (
        gzip.compress(_LINES), gzip.compress(b"") * 3, zlib.compress(_LINES), zstandard.compress(_LINES),
        bytes(cramjam.snappy.compress_raw(_LINES)),
    ),
}  # fmt: skip
