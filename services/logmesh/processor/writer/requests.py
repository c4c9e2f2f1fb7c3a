"""Tells batches of requests that are stored already from others: a sender repeats a request whose answer was lost, perhaps to another
receiver, and then two spools have the same records.

It is decided in the flush transaction, by the digest that travels with the batch (see `Batch.request`).
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeAlias

import asyncpg

from logmesh.processor.writer.prepare import Prepared
from logmesh.storage.sql import load

Request: TypeAlias = tuple[str, bytes]
"""Tenant and digest."""


class Told(NamedTuple):
    """Batches whose records are to be stored, and those whose records are or will be by another batch, each in the order they had."""

    new: list[Prepared]
    repeated: list[Prepared]


async def remember(connection: "asyncpg.Connection", batches: Sequence[Prepared]) -> Told:
    """Tell them apart, and remember what is new for as long as the transaction lasts, and beyond it where that is committed."""
    if not (requests := _requests_of(batches)):
        return Told(list(batches), [])
    rows = await connection.fetch(load("remember_requests"), *zip(*requests, strict=True))
    return _tell(batches, requests.difference((tenant, digest) for tenant, digest in rows))


async def look_up(connection: "asyncpg.Connection", batches: Sequence[Prepared]) -> Told:
    """Tell them apart as far as it is known now, and remember nothing."""
    if not (requests := _requests_of(batches)):
        return Told(list(batches), [])
    rows = await connection.fetch(load("known_requests"), *zip(*requests, strict=True))
    return _tell(batches, {(tenant, digest) for tenant, digest in rows})


def _requests_of(batches: Iterable[Prepared]) -> set[Request]:
    return {(one.batch.key.tenant, one.request) for one in batches if one.request}


def _tell(batches: Sequence[Prepared], known: set[Request]) -> Told:
    told, known = Told([], []), set(known)
    for one in batches:
        request = one.batch.key.tenant, one.request
        if not one.request or request not in known:
            known.add(request)
            told.new.append(one)
        else:
            told.repeated.append(one)
    return told
