"""Certificates and their authority are exchanged under load: no stream is refused, no record is lost, nothing is restarted."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from tests.integration.edge.running import running_gateway, tls_files
from tests.integration.processor.append_stream import columns_of
from tests.integration.processor.conftest import ServerStore
from tests.integration.processor.running import running_processor
from tests.integration.renewed import Authority, Renewing, Volume, ends
from tests.waiting import until, until_true

from logmesh import AsyncClient
from logmesh.cli.local.certificates import spiffe_id
from logmesh.client.delivering.spool import Spool
from logmesh.producer.forwarder import Forwarder
from logmesh.producer.settings import ProducerSettings
from logmesh.runtime import metrics

_WORKLOADS = ("log-producer", "log-processor", "gateway", "operator")
_LIFE_SECONDS = 8


async def test_no_stream_is_refused_while_certificates_and_their_authority_are_exchanged(
    store: ServerStore, tmp_path: Path
) -> None:
    old, new = Authority(_LIFE_SECONDS), Authority(_LIFE_SECONDS)
    volumes = {workload: Volume(tmp_path / workload, workload, old) for workload in _WORKLOADS}
    files = {workload: volume.files for workload, volume in volumes.items()}
    first_ends = ends(files["log-processor"].cert)
    spool = Spool(tmp_path / "spool", max_bytes=64 << 20, retain_seconds=0)
    refused: list[str] = []
    operator = tls_files(files["operator"])
    rotated = metrics.RECONNECTS.labels("rotated")._value
    batches = questions = 0

    with Renewing(volumes.values(), old.pem) as renewing:
        async with (
            running_processor(
                store,
                tmp_path,
                server=files["log-processor"],
                client=files["gateway"],
                callers=[spiffe_id("gateway")],
                max_connection_age_seconds=1,  # what is renewed shows where connections are made
            ) as processor,
            running_gateway(
                store.reader_dsn, files, callers=[spiffe_id("operator")], processors=f"ipv4:{processor.target}"
            ) as gateway,
            AsyncClient(gateway, tls=operator, server_name="gateway", timeout=10) as client,
            client.tail() as tail,
        ):
            producer = files["log-producer"]
            settings = ProducerSettings(
                target=processor.target, spool_dir=spool.directory, metrics_port=0, rotate_seconds=(0.2, 0.3),
                tls_cert=producer.cert, tls_key=producer.key, tls_ca=producer.ca,
            )  # fmt: skip
            forwarder = Forwarder(settings, spool, failed=refused.append)

            async def load() -> None:
                nonlocal batches
                while True:
                    spool.add(await asyncio.to_thread(spool.append, columns_of([b"one"]), {}))
                    forwarder.spooled()
                    batches += 1
                    await asyncio.sleep(0.01)

            async def ask() -> None:
                nonlocal questions
                while True:
                    assert [state.ready for state in await client.processors()] == [True]
                    async with AsyncClient(gateway, tls=operator, server_name="gateway", timeout=10) as another:
                        await another.summary()  # over a connection of its own
                    questions += 1
                    await asyncio.sleep(0.05)

            async def follow() -> None:
                async for _ in tail:
                    pass

            async def used() -> None:
                """What is in the files by now has opened streams and answered questions."""
                streams, asked = rotated.get() + 2, questions + 2

                async def both() -> bool:
                    return rotated.get() >= streams and questions >= asked

                await until(both, every_seconds=0.05)

            tasks = [asyncio.create_task(work) for work in (forwarder.run(), load(), ask(), follow())]
            try:
                for authority, believed in (
                    (old, old.pem),
                    (old, old.pem + new.pem),
                    (new, old.pem + new.pem),
                    (new, new.pem),
                ):
                    await renewing.change(authority=authority, believed=believed)
                    await used()
                await until_true(lambda: datetime.now(UTC) > first_ends)
                await used()
                assert not any(task.done() for task in tasks), [task for task in tasks if task.done()]
                tasks[1].cancel()
                await asyncio.gather(tasks[1], return_exceptions=True)
                async with asyncio.timeout(20):
                    await forwarder.all_committed()
                assert refused == []
                (row,) = await processor.query("SELECT stored FROM logmesh.spools")
                assert row["stored"] == batches
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
                spool.close()
