"""The questions, of a gateway over gRPC."""

import json
import time
from collections.abc import Callable
from typing import Any

import grpc
from google.protobuf.timestamp_pb2 import Timestamp
from grpc_health.v1 import health_pb2, health_pb2_grpc

from benchmarks.peers.day import Day
from benchmarks.peers.questions import Question
from logmesh.v1.query_service_pb2 import FacetsRequest, GetTraceRequest, HistogramRequest, SearchRequest
from logmesh.v1.query_service_pb2_grpc import QueryServiceStub

_MINUTES = 1_000  # as many buckets as there may be: of a minute, for sixteen hours


class Asking:
    """A client of the gateway at `target`."""

    def __init__(self, target: str, day: Day) -> None:
        self._stub: Any = QueryServiceStub(grpc.insecure_channel(target))
        self._day: dict[str, Any] = {"start_time": _timestamp(day.start), "end_time": _timestamp(day.end)}
        self._questions = self._made(day)

    def ask(self, question: Question) -> int:
        """How many records, or rows, the answer has."""
        return self._questions[question]()

    def count(self, text: str = "") -> int:
        """How many records match."""
        return sum(sum(series.counts) for series in self._histogram(text, 1).series)

    def _made(self, day: Day) -> dict[Question, Callable[[], int]]:
        asked = day.asked
        service = f'service = "{asked.service}"'
        pattern = json.dumps(asked.regex)
        return {
            Question.PHRASE: lambda: self.count(f'body:"{asked.phrase}"'),
            Question.SUBSTRING: lambda: self.count(f'body =~ "{asked.phrase[1:-1]}"'),
            Question.REGEX: lambda: self.count(f"body =~ {pattern}"),
            Question.HISTOGRAM: self._cells,
            Question.TOP: self._top,
            Question.EQUAL: lambda: self.count("attributes.status = 503"),
            Question.TRACE: lambda: self._trace(asked.trace),
            Question.WARNINGS: lambda: self._search(f"{service} AND severity >= WARNING"),
            Question.LAST: lambda: self._search(""),
            Question.RARE: lambda: self._search(f'"{asked.rare}"'),
            Question.NUMBER: lambda: self._search(f'"{asked.number}"'),
            Question.NOWHERE: lambda: self._search(f'"{asked.nowhere}"'),
            Question.FIRST: lambda: self._first(f'body:"{asked.phrase}"'),
        }

    def _histogram(self, text: str, buckets: int) -> Any:
        request = HistogramRequest(filter=text, buckets=buckets, **self._day)
        answer = self._stub.Histogram(request)
        assert answer.exact
        return answer

    def _cells(self) -> int:
        return sum(count > 0 for series in self._histogram("", _MINUTES).series for count in series.counts)

    def _top(self) -> int:
        answer = self._stub.Facets(FacetsRequest(fields=["attributes.route"], values=10, **self._day))
        (facet,) = answer.facets
        assert facet.exact
        return len(facet.values)

    def _trace(self, trace: str) -> int:
        return len(self._stub.GetTrace(GetTraceRequest(trace_id=trace, **self._day)).records)

    def _search(self, text: str) -> int:
        answers = self._stub.Search(SearchRequest(filter=text, page_size=100, **self._day))
        return sum(len(answer.rows.records) for answer in answers)

    def _first(self, text: str) -> int:
        """As VictoriaLogs is asked for it: a page of one row."""
        answers = self._stub.Search(SearchRequest(filter=text, page_size=1, **self._day))
        return sum(len(answer.rows.records) for answer in answers)


def wait_until_serving(target: str) -> None:
    """Return when the server says so by gRPC's health service."""
    with grpc.insecure_channel(target) as channel:
        health: Any = health_pb2_grpc.HealthStub(channel)
        while True:
            answer = health.Check(health_pb2.HealthCheckRequest(), wait_for_ready=True, timeout=60)
            if answer.status == health_pb2.HealthCheckResponse.SERVING:
                return
            time.sleep(0.1)


def _timestamp(unix_nano: int) -> Timestamp:
    return Timestamp(seconds=unix_nano // 10**9, nanos=unix_nano % 10**9)
