"""OpenTelemetry's own generator of records, `telemetrygen` on PATH, over gRPC: it is made of the SDK for Go. All of its records say
the same, at times of their own.

Not over HTTP: there the SDK for Go does not repeat a request whose connection broke.
"""

import subprocess
from pathlib import Path
from typing import Any

from tests.faults.processes import Running
from tests.faults.senders.cluster import ReceiverCluster
from tests.faults.senders.load import Load
from tests.faults.senders.records import Record, canonical
from tests.faults.senders.sender import Sender

_BODY = "telemetrygen's record"


def _begin(cluster: ReceiverCluster, load: Load, folder: Path) -> Running:
    command = ["telemetrygen", "logs", "--otlp-insecure", "--otlp-endpoint", cluster.otlp, "--timeout", "120s"]
    command += ["--logs", str(load.records), "--rate", str(load.records / load.seconds), "--body", _BODY]
    command += [
        "--service",
        "telemetrygen",
        "--telemetry-attributes",
        'order="one"',
        "--telemetry-attributes",
        "paid=true",
    ]
    with (folder / "sender.out").open("ab") as out:
        return subprocess.Popen(command, stdout=out, stderr=out)


def _carries(_: Record) -> dict[str, Any]:
    attributes = {"app": "server", "order": "one", "paid": True}
    return {"body": _BODY, "severity": 9, "attributes": canonical(attributes), "service": "telemetrygen"}


TELEMETRYGEN = Sender(_begin, _carries, needs="telemetrygen", is_numbered=False)
