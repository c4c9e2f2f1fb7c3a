"""Numbers of origins, resolved once and remembered: a batch names its few origins in full, a row bears a number."""

import hashlib
from collections.abc import Iterable

import asyncpg
import orjson

from logmesh.processor.prepare import clean_text, service_of
from logmesh.record.entry import EntryRefused, check_body
from logmesh.record.limits import MAX_NAME_BYTES
from logmesh.storage.sql import load
from logmesh.v1.record_pb2 import Origin

_REMEMBERED = 200_000


class Origins:
    """`numbers` by (tenant, serialised origin). Cleared when the database was replaced."""

    def __init__(self) -> None:
        self.numbers: dict[tuple[str, bytes], int] = {}

    async def resolve(self, connection: "asyncpg.Pool", tenant: str, origins: Iterable[bytes]) -> None:
        """Find or make the numbers of `origins`. Raises what asyncpg raises."""
        if len(self.numbers) > _REMEMBERED:
            self.numbers.clear()
        for key in origins:
            origin = Origin.FromString(key)
            fields = (
                tenant,
                service_of(origin).decode(),
                clean_text(origin.service_instance_id, MAX_NAME_BYTES).decode(),
                stored_resource(origin.resource_attributes),
                clean_text(origin.scope_name, MAX_NAME_BYTES).decode(),
                clean_text(origin.scope_version, MAX_NAME_BYTES).decode(),
            )
            digest = hashlib.sha256(orjson.dumps(fields)).digest()
            # No row comes back when another processor makes the same origin at this very moment; then it is there.
            while (number := await self._find(connection, fields, digest)) is None:
                continue
            self.numbers[tenant, key] = number

    async def _find(self, connection: "asyncpg.Pool", fields: tuple[str, ...], digest: bytes) -> int | None:
        try:
            return await connection.fetchval(load("find_origin"), *fields, digest)  # type: ignore[no-any-return]
        except asyncpg.DataError:
            # JSON that PostgreSQL refuses all the same; a resource must not hold its records up for ever.
            plain = (*fields[:3], orjson.dumps({"logmesh.invalid": fields[3][:1_000]}).decode(), *fields[4:])
            return await connection.fetchval(load("find_origin"), *plain, digest)  # type: ignore[no-any-return]


def stored_resource(text: bytes) -> str:
    """The resource's attributes as JSON that the database takes; what is not JSON is kept as text in one field."""
    try:
        return check_body(b"", text)[1].decode() or "{}"
    except EntryRefused:
        return orjson.dumps({"logmesh.invalid": clean_text(text, 1_000).decode()}).decode()
