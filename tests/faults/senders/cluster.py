"""A cluster of receivers behind one address, processors and PostgreSQL."""

import json
import subprocess
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import asyncpg
from tests.faults.cluster import Cluster
from tests.faults.senders import balancer
from tests.faults.senders.records import canonical

from logmesh.cli.local.ports import free_port

_STORED = """
SELECT l.body, (extract(epoch FROM l.time) * 1000000)::bigint * 1000 + l.ns AS time, l.severity, l.attributes,
  l.trace_id, l.span_id, l.service, o.instance, o.resource, o.scope_name, o.scope_version
FROM logmesh.logs l LEFT JOIN logmesh.origins o USING (origin)
"""
_LEDGER = """
SELECT coalesce(sum(dead_letters), 0)::int AS dead,
  coalesce(sum(batches), 0)::int - (SELECT count(*) FROM logmesh.requests)::int AS repeated
FROM logmesh.spools, LATERAL (SELECT sum(upper(r) - lower(r)) AS batches FROM unnest(committed) AS r) AS b
"""


@dataclass
class ReceiverCluster(Cluster):
    """`receivers` listen at addresses of their own; `otlp` and `http` are where a balancer takes connections for all of them."""

    receivers: int = 2
    otlp_port: int = field(default_factory=free_port)
    http_port: int = field(default_factory=free_port)
    receiver_settings: dict[str, str] = field(default_factory=dict)

    @property
    def receiver_names(self) -> list[str]:
        """Names of the receivers."""
        return [f"log-receiver-{index}" for index in range(self.receivers)]

    @property
    def otlp(self) -> str:
        """Where OTLP is taken over gRPC."""
        return f"{balancer.ADDRESS}:{self.otlp_port}"

    @property
    def http(self) -> str:
        """Where all that comes over HTTP is taken."""
        return f"{balancer.ADDRESS}:{self.http_port}"

    def start(self) -> None:
        """Start processors, the keeper of a lake, receivers and what stands before them."""
        for name in self.names:
            self.start_processor(name)
        if self.lake:
            self.start_keeper()
        for name in self.receiver_names:
            self.start_receiver(name)
        for port in (self.otlp_port, self.http_port):
            servers = (f"{self.receiver_address(name)}:{port}" for name in self.receiver_names)
            with (self.folder / f"balancer-{port}.out").open("ab") as out:
                process = subprocess.Popen(balancer.command(port, servers), stdout=out, stderr=out)
            self.running[f"balancer-{port}"] = process

    def start_receiver(self, name: str, *, program: str = "logmesh.producer") -> None:
        """Start a receiver with a spool of its own."""
        targets = ",".join(f"{self.address(name)}:{self.direct_port}" for name in self.names)
        settings = {
            "LOGMESH_LISTEN_ADDRESS": self.receiver_address(name),
            "LOGMESH_TARGET": f"ipv4:{targets}",
            "LOGMESH_SOURCE": "receive",
            "LOGMESH_SPOOL_DIR": str(self.folder / name),
            "LOGMESH_OTLP_PORT": str(self.otlp_port),
            "LOGMESH_HTTP_PORT": str(self.http_port),
            "LOGMESH_SYSLOG_PORT": "0",
            "LOGMESH_DRAIN_SECONDS": "3",
        }
        self._start(name, program, settings | self.receiver_settings)

    def receiver_address(self, name: str) -> str:
        """The loopback address of a receiver."""
        return f"127.0.0.{21 + self.receiver_names.index(name)}"

    async def records(self) -> list[dict[str, Any]]:
        """Of all records that are stored, what a sender may have said: JSON as `canonical` texts."""
        return [_said(row) for row in await self.query(_STORED)]

    async def ledger(self) -> dict[str, int]:
        """Over all spools: records that became `dead` letters, and `repeated` requests, which had been stored before."""
        return dict((await self.query(_LEDGER))[0])

    async def bodies_counted(self) -> Counter[str]:
        """How often each body is stored; nothing before a processor has made the schema."""
        try:
            return Counter(await self.bodies())
        except asyncpg.UndefinedTableError:
            return Counter()


def _said(row: asyncpg.Record) -> dict[str, Any]:
    said = dict(row)
    for name in ("attributes", "resource"):
        said[name] = canonical(json.loads(said[name] or "{}"))
    said["trace_id"] = row["trace_id"].int if row["trace_id"] else 0
    said["span_id"] = row["span_id"] or 0
    return said
