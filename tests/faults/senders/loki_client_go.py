"""An application in Go that logs by Loki's client for Go: `loki-client-go` on PATH, built from go/main.go."""

import os
import subprocess
from pathlib import Path
from typing import Any

from tests.faults.processes import Running
from tests.faults.senders.cluster import ReceiverCluster
from tests.faults.senders.load import Load
from tests.faults.senders.records import Record, canonical
from tests.faults.senders.sender import Sender


def _begin(cluster: ReceiverCluster, load: Load, folder: Path) -> Running:
    environment = {
        **os.environ,
        "SENDER_LOKI": f"http://{cluster.http}",
        "SENDER_RECORDS": str(load.records),
        "SENDER_SECONDS": str(load.seconds),
        "SENDER_BEGAN": str(load.began),
    }
    with (folder / "sender.out").open("ab") as out:
        return subprocess.Popen(["loki-client-go"], env=environment, stdout=out, stderr=out)


def _carries(record: Record) -> dict[str, Any]:
    """This client knows labels, and no structured metadata."""
    return {
        "body": record.body,
        "time": record.time,
        "severity": record.severity,
        "attributes": canonical({}),
        "service": "senders",
        "instance": "one",
    }


LOKI_CLIENT_GO = Sender(_begin, _carries, needs="loki-client-go")
