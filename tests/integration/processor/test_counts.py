"""The counts say what the table holds, to the record, whatever came twice or was refused."""

from pathlib import Path

from tests.integration.processor.append_stream import columns_of
from tests.integration.processor.conftest import ServerStore
from tests.integration.processor.running import RunningProcessor, running_processor

from logmesh.record.columns import OriginKey

COUNTED = "SELECT minute, origin, severity, records FROM logmesh.counts ORDER BY 1, 2, 3"
HELD = (
    "SELECT date_trunc('minute', time) AS minute, origin, severity, count(*) AS records FROM logmesh.logs"
    " GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
)


async def _send(processor: RunningProcessor, spool_id: str | None) -> str:
    stream = processor.stream(spool_id)
    await stream.hello()
    for seq in range(1, 6):
        bodies = [b"body %d" % at for at in range(20 * seq)]
        # One entry of each batch is refused by the database and becomes a dead letter.
        attributes = [b'{"a": ' if at == 3 else b'{"a": 1}' for at in range(len(bodies))]
        origin = OriginKey(service_name=b"service-%d" % (seq % 2))
        await stream.send_columns(seq, columns_of(bodies, attributes=attributes, origin=origin))
    await stream.until_committed(*range(1, 6))
    return stream.spool_id


async def test_counts_are_those_of_the_table(store: ServerStore, tmp_path: Path) -> None:
    async with running_processor(store, tmp_path) as processor:
        spool_id = await _send(processor, None)
        await _send(processor, spool_id)
        await _send(processor, None)
        counted, held = await processor.query(COUNTED), await processor.query(HELD)
        assert [tuple(row) for row in counted] == [tuple(row) for row in held]
        assert sum(row["records"] for row in counted) == len(await processor.bodies()) > 0
        assert len(await processor.dead_letters()) == 10
