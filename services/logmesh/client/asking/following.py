"""Where a live tail stands: what to ask for after a broken connection, and what to hand out. Pure; both clients use it."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import grpc
from google.protobuf.duration_pb2 import Duration

from logmesh.client.backoff import Backoff
from logmesh.client.moments import from_timestamp
from logmesh.v1.record_pb2 import LogRecord
from logmesh.v1.tail_service_pb2 import (
    TAIL_GAP_REASON_DATABASE_REPLACED,
    TAIL_GAP_REASON_UNSPECIFIED,
    TailGap,
    TailGapReason,
    TailRequest,
    TailResponse,
)

SILENCE_SECONDS: Final = 20.0
"""Four heartbeats. Longer, and the connection is given up for another."""
_REMEMBERED: Final = 20_000
_COMES_BACK: Final = (
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.INTERNAL,  # what a proxy's reset is to gRPC
    grpc.StatusCode.RESOURCE_EXHAUSTED,
)


@dataclass(frozen=True, slots=True)
class Gap:
    """Records that a tail has left out; a search finds them.

    `reason` is ``slow`` (this program read too slowly), ``processor_away``, ``disconnected`` (there was no resume token to go
    on with), ``forgotten`` (the token or the backlog reached back more than a day), ``database_replaced`` (what was stored
    before may be gone, and its ids may be given again) or ``unknown`` (one of a later release). `dropped` is how many, None
    for unknown. They came from `start` on and before `end`, where known.
    """

    reason: str
    dropped: int | None = None
    start: datetime | None = None
    end: datetime | None = None
    processor: str = ""

    @classmethod
    def of(cls, gap: TailGap) -> "Gap":
        """From the message."""
        return cls(
            reason_of(gap),
            gap.dropped or None,
            from_timestamp(gap.start_time) if gap.HasField("start_time") else None,
            from_timestamp(gap.end_time) if gap.HasField("end_time") else None,
            gap.processor,
        )


def reason_of(gap: TailGap) -> str:
    """Why there is a gap, as `Gap` has it. A server always says why; what says nothing is made here, of a broken connection."""
    if gap.reason == TAIL_GAP_REASON_UNSPECIFIED:
        return "disconnected"
    if gap.reason not in TailGapReason.values():
        return "unknown"
    return TailGapReason.Name(gap.reason).removeprefix("TAIL_GAP_REASON_").lower()


class Following:
    """`take` each answer. When the stream ends, ask `pause`, and begin another with `request`."""

    def __init__(
        self,
        filter_text: str,
        resume_token: str | None,
        backlog: timedelta | None,
        patience_seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Raises ValueError for a backlog together with a token, and for a filter that UTF-8 can't say."""
        if resume_token and backlog is not None:
            raise ValueError("backlog and resume_token exclude each other")
        filter_text.encode()  # here, and not when the request is made, which is when somebody waits for records
        self._filter, self._backlog, self._patience, self._clock = filter_text, backlog, patience_seconds, clock
        self.resume_token = resume_token or ""
        self.in_backlog = False
        self.connected = False
        self._backoff = Backoff()
        self._away_since: float | None = None
        self._lost_track = False
        self._recent: dict[str, None] = {}

    @property
    def is_away(self) -> bool:
        """Whether the server has answered before, and not since the connection broke."""
        return self._away_since is not None

    def request(self) -> TailRequest:
        """What to ask for now."""
        request = TailRequest(filter=self._filter, resume_token=self.resume_token)
        if self._backlog is not None and not self.resume_token and not self.connected:
            backlog = Duration()
            backlog.FromTimedelta(self._backlog)
            request.backlog.CopyFrom(backlog)
        return request

    def take(self, answer: TailResponse) -> list[LogRecord | TailGap]:
        """What is to be handed out. A record that came before, on an earlier connection or this one, is left out."""
        items: list[LogRecord | TailGap] = [TailGap()] if self._lost_track else []
        self.connected, self._lost_track = True, False
        self._away_since = None
        self._backoff.reset()
        self.in_backlog = answer.frame.backlog
        self.resume_token = answer.resume_token or self.resume_token
        if answer.HasField("gap"):
            if answer.gap.reason == TAIL_GAP_REASON_DATABASE_REPLACED:
                self._recent.clear()  # the same ids are other records from here on
            items.append(answer.gap)
        items += [record for record in answer.frame.records if self._is_new(record.id)]
        return items

    def pause(self, code: grpc.StatusCode | None) -> float | None:
        """How many seconds to wait before the next connection; None when there is no sense in one.

        `code` is how the stream ended, None for silence and for an end without an error. A server that never answered is
        not waited for, one that went away for as long as patience lasts.
        """
        if not self.connected or (code is not None and code not in _COMES_BACK):
            return None
        now = self._clock()
        self._away_since = now if self._away_since is None else self._away_since
        if now - self._away_since > self._patience:
            return None
        self._lost_track = not self.resume_token
        return self._backoff.pause()

    def _is_new(self, record_id: str) -> bool:
        if not record_id:
            return True
        if record_id in self._recent:
            return False
        self._recent[record_id] = None
        if len(self._recent) > _REMEMBERED:
            del self._recent[next(iter(self._recent))]
        return True
