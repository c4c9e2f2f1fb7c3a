"""Logmesh with its lake as other people's senders see it: the same as `Logmesh`, and a receiver that takes OTLP over gRPC."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc

from benchmarks.peers.asking import wait_until_serving
from benchmarks.peers.batches import Batches
from benchmarks.peers.day import SPOOLS, Day
from benchmarks.peers.logmesh import Logmesh
from benchmarks.servers import ADDRESS
from logmesh.cli.local.ports import free_port

_EXPORT = "/opentelemetry.proto.collector.logs.v1.LogsService/Export"
_STORED = "SELECT coalesce(sum(stored), 0)::bigint AS stored FROM logmesh.spools"
_LOOK_SECONDS = 0.2


class Receiving(Logmesh):
    """See `Peer`."""

    def __init__(self, folder: Path, day: Day) -> None:
        super().__init__(folder, day)
        port = free_port()
        self._address = f"{ADDRESS}:{port}"
        self._started.append(self._servers.start_receiver(port))
        wait_until_serving(f"ipv4:{self._address}")

    def ingest(self, batches: Batches) -> None:
        """The last request is answered before all is stored, so that is waited for."""
        with ThreadPoolExecutor(SPOOLS) as senders:
            list(senders.map(lambda spool: self._export(batches, spool), range(SPOOLS)))
        while asyncio.run(self._fetchrow(_STORED))["stored"] < self._day.records:
            time.sleep(_LOOK_SECONDS)

    def _export(self, batches: Batches, spool: int) -> None:
        with grpc.insecure_channel(self._address) as channel:
            export = channel.unary_unary(_EXPORT, None, None)
            for request in batches.of_spool("otlp", spool):
                export(request)
