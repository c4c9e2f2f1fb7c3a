"""Hello and Welcome, as an outbox's lanes say and understand them. Pure."""

from collections.abc import Iterable
from typing import Final, NamedTuple

from logmesh.client.delivering.lanes import Known
from logmesh.client.delivering.outbox import Outbox
from logmesh.record.ranges import RangeSet
from logmesh.v1 import ingest_service_pb2 as pb

MAX_EARLIER: Final = 1_000
"""Lanes that one Hello names beside the newest."""


class Sender(NamedTuple):
    """Who sends: its name for people, and, for one that takes records in for others, whose they are (see `Hello.tenant`)."""

    producer: str
    tenant: str = ""


def hello_of(outbox: Outbox, sender: Sender) -> pb.Hello:
    """Name all lanes. Of very many those come first that hold what is not committed, the others with a later stream."""
    *earlier, newest = outbox.held()
    lowest = outbox.lowest_uncommitted()
    if len(earlier) > MAX_EARLIER and lowest:
        first = next((at for at, lane in enumerate(earlier) if lane.spool_id == outbox.at(lowest)[0].spool_id), 0)
        earlier = earlier[first:]
    return pb.Hello(
        spool_id=newest.spool_id,
        lowest_seq=newest.lowest_seq,
        last_seq=newest.last_seq,
        follows=newest.follows,
        producer=sender.producer,
        tenant=sender.tenant,
        abandoned=_proto_ranges(newest.abandoned),
        earlier=[
            pb.HeldSpool(
                spool_id=lane.spool_id,
                lowest_seq=lane.lowest_seq,
                last_seq=lane.last_seq,
                follows=lane.follows,
                abandoned=_proto_ranges(lane.abandoned),
            )
            for lane in earlier[:MAX_EARLIER]
        ],
    )


def known_of(spool_id: str, welcome: pb.Welcome) -> dict[str, Known]:
    """The ledger's word, by spool id; `spool_id` is the Hello's own."""
    known = {
        spool_id: Known(_ranges(welcome.committed), welcome.newest_seq, welcome.newest_chain, welcome.rewound_batches)
    }
    for lane in welcome.earlier:
        known[lane.spool_id] = Known(_ranges(lane.committed), lane.newest_seq, lane.newest_chain, lane.rewound_batches)
    return known


def _ranges(ranges: Iterable[pb.SeqRange]) -> RangeSet:
    return RangeSet((part.first, part.last) for part in ranges)


def _proto_ranges(ranges: RangeSet) -> list[pb.SeqRange]:
    return [pb.SeqRange(first=first, last=last) for first, last in ranges]
