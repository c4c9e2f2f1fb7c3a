"""VictoriaLogs, as its binary starts without more settings than a folder, a port and how long records are kept."""

import contextlib
import http.client
import json
import subprocess
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

import psutil

from benchmarks.peers.batches import Batches
from benchmarks.peers.day import SPOOLS, Day
from benchmarks.peers.logsql import queries
from benchmarks.peers.processes import cpu_seconds, folder_bytes
from benchmarks.peers.questions import Question
from logmesh.cli.local.ports import free_port

_HOST = "127.0.0.1"
_QUIET_SECONDS = 10  # merges begin within seconds where there is anything to merge
_QUIET_CPU = 0.1


class VictoriaLogs:
    """See `Peer`."""

    def __init__(self, binary: Path, folder: Path, day: Day) -> None:
        self._folder, self._day, self._port = folder, day, free_port()
        options = [f"-storageDataPath={folder}", f"-httpListenAddr={_HOST}:{self._port}", "-retentionPeriod=30d"]
        self._process = subprocess.Popen([binary, *options, "-loggerLevel=ERROR"])
        self._queries = queries(day)
        while not self._is_up():
            time.sleep(0.1)

    def processes(self) -> Sequence[psutil.Process]:
        """See `Peer`."""
        return [psutil.Process(self._process.pid)]

    def merging(self) -> Sequence[psutil.Process]:
        """None: it merges on threads of its own."""
        return []

    def ingest(self, batches: Batches) -> None:
        """What it has answered may be in memory alone for some seconds: parts there are waited for."""
        with ThreadPoolExecutor(SPOOLS) as senders:
            list(senders.map(lambda spool: self._send(batches, spool), range(SPOOLS)))
        while self._metric('vl_storage_parts{type="storage/inmemory"}') or self.count() != self._day.records:
            time.sleep(0.5)

    def count(self) -> int:
        """See `Peer`."""
        return int(json.loads(self._query("* | stats count() n", 0))["n"])

    def settle(self) -> None:
        """No merge runs, and none has begun for some seconds."""
        while True:
            before = cpu_seconds(self.processes())
            time.sleep(_QUIET_SECONDS)
            running = sum(self._metric(f'vl_active_merges{{type="storage/{size}"}}') for size in ("small", "big"))
            if not running and cpu_seconds(self.processes()) - before < _QUIET_CPU:
                return

    def bytes_on_disk(self) -> tuple[int, int]:
        """All of its files are for records and their index."""
        size = folder_bytes(self._folder)
        return size, size

    def ask(self, question: Question) -> int:
        """See `Peer`."""
        query, limit = self._queries[question]
        lines = self._query(query, limit).splitlines()
        return int(json.loads(lines[0])["n"]) if query.endswith("stats count() n") else len(lines)

    def stop(self) -> None:
        """See `Peer`."""
        self._process.terminate()
        self._process.wait(60)

    def _is_up(self) -> bool:
        with contextlib.suppress(OSError):
            return self._post("/health", b"") == b"OK"
        return False

    def _send(self, batches: Batches, spool: int) -> None:
        connection = http.client.HTTPConnection(_HOST, self._port)
        for request in batches.of_spool("otlp", spool):
            connection.request(
                "POST", "/insert/opentelemetry/v1/logs", request, {"Content-Type": "application/x-protobuf"}
            )
            answer = connection.getresponse()
            assert answer.status == http.HTTPStatus.OK, answer.read()
            answer.read()

    def _query(self, query: str, limit: int) -> bytes:
        start, end = (datetime.fromtimestamp(at / 1e9, UTC).isoformat() for at in (self._day.start, self._day.end))
        form = {"query": query, "start": start, "end": end, **({"limit": limit} if limit else {})}
        return self._post("/select/logsql/query", urlencode(form).encode())

    def _metric(self, name: str) -> float:
        return sum(
            float(line.rsplit(" ", 1)[1])
            for line in self._post("/metrics", b"").decode().splitlines()
            if line.startswith(name + " ")
        )

    def _post(self, path: str, body: bytes) -> bytes:
        connection = http.client.HTTPConnection(_HOST, self._port)
        connection.request("POST", path, body, {"Content-Type": "application/x-www-form-urlencoded"})
        return connection.getresponse().read()
