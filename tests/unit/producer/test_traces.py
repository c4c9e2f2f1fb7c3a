"""Which trace and span a line belongs to, in the shapes and places that tracers and loggers write them."""

import json

import pytest

from logmesh.producer.parsing import parse_line
from logmesh.producer.timestamps.clock import Clock

CLOCK = Clock(reference_unix_nano=1_735_819_200 * 10**9)
TRACE = "0af7651916cd43dd8448eb211c80319c"
SHORT = "8448eb211c80319c"
SPAN = "b7ad6b7169203331"
DECIMAL = str(int(SHORT, 16))


@pytest.mark.parametrize(
    ("fields", "trace", "span"),
    [
        *[
            ({trace: TRACE, span: SPAN}, TRACE, SPAN)
            for trace, span in (
                ("trace_id", "span_id"), ("traceId", "spanId"), ("traceID", "spanID"), ("TraceId", "SpanId"),
                ("TraceID", "SpanID"), ("trace.id", "span.id"), ("TRACE_ID", "SPAN_ID"), ("otelTraceID", "otelSpanID"),
                ("@tr", "@sp"), ("X-B3-TraceId", "X-B3-SpanId"), ("dd.trace_id", "dd.span_id"), ("trace", "span"),
            )
        ],
        ({"trace_id": "0af76519-16cd-43dd-8448-eb211c80319c"}, TRACE, ""),
        ({"traceId": SHORT}, SHORT.zfill(32), ""),
        ({"dd.trace_id": DECIMAL, "dd.span_id": "1234"}, SHORT.zfill(32), f"{1234:016x}"),
        ({"dd": {"trace_id": TRACE, "span_id": "1234"}}, TRACE, f"{1234:016x}"),
        ({"dd": {"trace_id": int(DECIMAL), "span_id": 7}}, SHORT.zfill(32), f"{7:016x}"),
        ({"traceparent": f"00-{TRACE}-{SPAN}-01"}, TRACE, SPAN),
        ({"b3": f"{TRACE}-{SPAN}-1"}, TRACE, SPAN),
        ({"b3": f"{SHORT}-{SPAN}-1-{SPAN}"}, SHORT.zfill(32), SPAN),
        ({"uber-trace-id": f"{SHORT.lstrip('0')}:{SPAN}:0:1"}, SHORT.zfill(32), SPAN),
        ({"logging.googleapis.com/trace": f"projects/p-1/traces/{TRACE}", "logging.googleapis.com/spanId": SPAN}, TRACE, SPAN),
        ({"X-Cloud-Trace-Context": f"{TRACE}/{int(SPAN, 16)};o=1"}, TRACE, SPAN),
        ({"X-Amzn-Trace-Id": f"Root=1-{TRACE[:8]}-{TRACE[8:]};Parent={SPAN};Sampled=1"}, TRACE, SPAN),
        ({"xray_trace_id": f"1-{TRACE[:8]}-{TRACE[8:]}"}, TRACE, ""),
        ({"sentry-trace": f"{TRACE}-{SPAN}-1"}, TRACE, SPAN),
        ({"trace": {"id": TRACE}, "span": {"id": SPAN}}, TRACE, SPAN),
        ({"trace": {"trace_id": TRACE, "span_id": SPAN}}, TRACE, SPAN),
        ({"fields": {"trace_id": TRACE}}, TRACE, ""),
        ({"context": {"trace_id": TRACE, "span_id": SPAN}}, TRACE, SPAN),
        ({"mdc": {"traceId": TRACE, "spanId": SPAN}}, TRACE, SPAN),
        ({"record": {"extra": {"trace_id": TRACE}}}, TRACE, ""),
        ({"Scopes": [{"Message": "x"}, {"TraceId": TRACE, "SpanId": SPAN}]}, TRACE, SPAN),
        ({"span": SPAN}, "", SPAN),
        ({"request_id": TRACE}, "", ""),
        ({"correlationId": TRACE, "id": TRACE}, "", ""),
        ({"trace_id": "0" * 32}, "", ""),
        ({"dd.trace_id": "0"}, "", ""),
        ({"trace": "at a.b(C.java:7)"}, "", ""),
        ({"b3": "0"}, "", ""),
    ],
)  # fmt: skip
def test_fields(fields: dict[str, object], trace: str, span: str) -> None:
    parsed = parse_line(json.dumps(fields).encode(), CLOCK)
    assert (parsed.trace_id.hex(), parsed.span_id.hex()) == (trace, span)


@pytest.mark.parametrize(
    ("line", "span"),
    [
        (f"ts=2025-01-02T03:04:05Z level=info traceID={TRACE} msg=x", ""),
        (f"ts=2025-01-02T03:04:05Z level=info trace={TRACE} msg=x", ""),
        (f"2025-01-02 03:04:05,123 INFO  traceId={TRACE}, parentId=, spanId={SPAN}, sampled=true [a.B] (x) y", SPAN),
        (f"2025-01-02 03:04:05,123 INFO [a] [dd.service=s dd.trace_id={TRACE} dd.span_id=1234] - x", f"{1234:016x}"),
        (f"2025-01-02T03:04:05Z INFO X-Amzn-Trace-Id: Root=1-{TRACE[:8]}-{TRACE[8:]}", ""),
        (f"2025-01-02T03:04:05Z INFO uber-trace-id: {TRACE}:{SPAN}:0:1", SPAN),
        (f"2025-01-02T03:04:05Z INFO traceparent: 00-{TRACE}-{SPAN}-01", SPAN),
        (f"2025-01-02T03:04:05Z INFO X-B3-TraceId: {TRACE}", ""),
        (f"2025-01-02 03:04:05.123  INFO [shop,{TRACE},{SPAN}] 7 --- [main] a.B : x", SPAN),
        (f"2025-01-02T03:04:05.123Z  INFO 7 --- [shop] [main] [{TRACE}-{SPAN}] a.B : x", SPAN),
        (f"2025-01-02T03:04:05Z INFO b3: {TRACE}-{SPAN}-1", SPAN),
        (f"Calling the store with b3={TRACE}-{SPAN}", SPAN),
        (f"calling it now, b3: '{TRACE}-{SPAN}-d-{SPAN}'", SPAN),
        (f"2025-01-02T03:04:05Z INFO see projects/p-1/traces/{TRACE}", ""),
        (f"Jan  2 03:04:05 host shop[7]: took 3 ms trace_id={TRACE} span_id={SPAN}", SPAN),
        (f"<13>1 2025-01-02T03:04:05Z host shop 7 - - took 3 ms trace_id={TRACE}", ""),
        (f"I0102 03:04:05.123456 7 a.go:1] took 3 ms trace_id={TRACE}", ""),
        (f'10.0.0.1 - - [02/Jan/2025:03:04:05 +0000] "GET / HTTP/1.1" 200 12 "-" "a" trace_id={TRACE}', ""),
        (f'10.0.0.1 - - [02/Jan/2025:03:04:05 +0000] "GET / HTTP/1.1" 200 12 "-" "a" "00-{TRACE}-{SPAN}-01"', SPAN),
    ],
)
def test_text(line: str, span: str) -> None:
    parsed = parse_line(line.encode(), CLOCK)
    assert (parsed.trace_id.hex(), parsed.span_id.hex()) == (TRACE, span)


@pytest.mark.parametrize(
    "line",
    [
        f"b3: {TRACE}",
        f"x-b3: {TRACE}-{SPAN}",
        f"b3: {TRACE}-{SPAN}{SPAN}",
        f"request_id={TRACE} done",
        f"[{TRACE}] done",
        "the trace: " + "x" * 40,
        f"id {TRACE}-12",
    ],
)
def test_other_ids_are_no_trace(line: str) -> None:
    assert parse_line(line.encode(), CLOCK).trace_id == b""


def test_an_id_alone_leaves_the_attributes_and_a_header_stays() -> None:
    parsed = parse_line(json.dumps({"traceID": TRACE, "b3": f"{TRACE}-{SPAN}-1", "n": 1}).encode(), CLOCK)
    assert json.loads(parsed.attributes) == {"b3": f"{TRACE}-{SPAN}-1", "n": 1}
