"""Makes messages of what waits in a ring, and counts what was said."""

from collections.abc import Sequence
from typing import Any

from logmesh.live.frames import FRAME_BYTES, TailResponse
from logmesh.live.offer import LeftOut, Offer
from logmesh.live.ring import Ring
from logmesh.v1 import tail_service_pb2 as pb


class MessageRing(Ring):
    """A ring with the counters of its tail."""

    def __init__(self, max_bytes: int) -> None:
        super().__init__(max_bytes)
        self._received = self._sent = self._dropped_in_all = 0

    def next_message(self) -> tuple[Any, Sequence[Offer | LeftOut]] | None:
        """The next message, of about 64 KiB at most, and what it is made of; None when nothing waits.

        It is a gap, a frame, or a heartbeat where nothing that waited had matched.
        """
        message, size = TailResponse(), 0
        made_of: list[Offer | LeftOut] = []
        while size < FRAME_BYTES and (item := self.take()) is not None:
            made_of.append(item)
            if isinstance(item, LeftOut):
                self._received += item.looked
                self._dropped_in_all += item.dropped
                fill_gap(message.gap, item)
                break
            self._received += item.looked
            self._sent += len(item.records)
            if item.records:
                message.frame.records.extend(item.records)
            size += item.size
        if not made_of:
            return None
        if message.WhichOneof("message") is None:
            message.heartbeat.SetInParent()
        self.count(message)
        return message, made_of

    def heartbeat(self) -> Any:
        """A message for when there is nothing to say."""
        message = TailResponse()
        message.heartbeat.SetInParent()
        self.count(message)
        return message

    def said(self, records: int) -> None:
        """Records that were sent past the ring."""
        self._received += records
        self._sent += records

    def count(self, message: Any) -> None:
        """Put the counters into a message."""
        counters = message.counters
        counters.received, counters.sent, counters.dropped = self._received, self._sent, self._dropped_in_all


def fill_gap(message: Any, left_out: LeftOut) -> None:
    """Say that a reader was too slow for the records of `left_out`."""
    message.reason, message.dropped = pb.TAIL_GAP_REASON_SLOW, left_out.dropped
    message.start_time.seconds, message.start_time.nanos = divmod(left_out.start_unix_nano, 10**9)
    message.end_time.seconds, message.end_time.nanos = divmod(left_out.end_unix_nano, 10**9)
