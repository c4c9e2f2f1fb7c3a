"""Reads a Hello: what is wrong with it, and which spool ids it names. Pure."""

import uuid
from collections.abc import Iterable
from typing import Final

from logmesh.record.limits import MAX_NAME_BYTES, MAX_SEQ
from logmesh.record.ranges import RangeSet
from logmesh.storage.ledger import Held
from logmesh.v1 import ingest_service_pb2 as pb

MAX_ABANDONED_RANGES: Final = 10_000
MAX_EARLIER: Final = 1_000
NO_HELLO: Final = "the first message must be a Hello whose every spool_id is a UUID"


def fault_of(hello: pb.Hello) -> str | None:
    """Why a Hello is not taken, or None."""
    spool_ids = [hello.spool_id, *(spool.spool_id for spool in hello.earlier)]
    if not all(map(_is_uuid, spool_ids)):
        return NO_HELLO
    if not all(map(_is_uuid, filter(None, [hello.follows, *(spool.follows for spool in hello.earlier)]))):
        return "follows is not a UUID"
    if len({uuid.UUID(spool_id) for spool_id in spool_ids}) < len(spool_ids):
        return "Hello names a spool_id twice"
    if len(hello.earlier) > MAX_EARLIER:
        return f"Hello names {len(hello.earlier)} earlier spool ids, and {MAX_EARLIER} are the most"
    if any(not 1 <= spool.last_seq <= MAX_SEQ for spool in hello.earlier) or hello.last_seq > MAX_SEQ:
        return "last_seq is not from 1 to 2^49 - 1"
    if len(hello.producer.encode()) > MAX_NAME_BYTES or "\0" in hello.producer:
        return f"the producer's name is longer than {MAX_NAME_BYTES} bytes, or has a NUL"
    if len(hello.tenant.encode()) > MAX_NAME_BYTES or "\0" in hello.tenant:
        return f"the tenant's name is longer than {MAX_NAME_BYTES} bytes, or has a NUL"
    return None


def held_of(hello: pb.Hello) -> list[Held]:
    """The spool ids of a sound Hello, its own one first."""
    last_seq = hello.last_seq if hello.HasField("last_seq") else None
    own = Held(
        str(uuid.UUID(hello.spool_id)),
        _number(hello.lowest_seq),
        _abandoned(hello.abandoned),
        last_seq,
        follows=hello.follows or None,
    )
    return [own] + [
        Held(
            str(uuid.UUID(spool.spool_id)),
            _number(spool.lowest_seq),
            _abandoned(spool.abandoned),
            spool.last_seq,
            closed=True,
            follows=spool.follows or None,
        )
        for spool in hello.earlier
    ]


def _is_uuid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


def _number(seq: int) -> int:
    return min(seq, MAX_SEQ)


def _abandoned(ranges: Iterable[pb.SeqRange]) -> RangeSet:
    sound = [(part.first, part.last) for part in ranges if 1 <= part.first <= part.last <= MAX_SEQ]
    return RangeSet(sound[:MAX_ABANDONED_RANGES])
