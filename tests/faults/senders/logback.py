"""An application in Java that logs by Logback: LOGMESH_TEST_LOGBACK is the folder of what java/pom.xml names."""

import os
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.faults.processes import Running
from tests.faults.senders.cluster import ReceiverCluster
from tests.faults.senders.load import Load
from tests.faults.senders.records import Record, canonical
from tests.faults.senders.sender import Sender

_HERE = Path(__file__).parent / "java"
_SAID = ("order", "user.name", "paid")


def logback(
    settings: str,
    address: Callable[[ReceiverCluster], Mapping[str, str]],
    carries: Callable[[Record], Mapping[str, Any]],
    *,
    repeats: bool = True,
) -> Sender:
    """The sender, with Logback's settings of that file; `address` is what they need to know of the cluster."""

    def begin(cluster: ReceiverCluster, load: Load, folder: Path) -> Running:
        environment = {
            **os.environ,
            **address(cluster),
            "SENDER_RECORDS": str(load.records),
            "SENDER_SECONDS": str(load.seconds),
            "SENDER_GIVEN_UP": str(folder / "given-up"),
        }
        jars = Path(os.environ["LOGMESH_TEST_LOGBACK"]) / "*"
        command = ["java", "-cp", str(jars), str(_HERE / "Logback.java"), str(_HERE / settings)]
        with (folder / "sender.out").open("ab") as out:
            return subprocess.Popen(command, env=environment, stdout=out, stderr=out)

    return Sender(begin, carries, needs="logback", repeats=repeats)


def carried_by_otlp_appender(record: Record) -> dict[str, Any]:
    """What OpenTelemetry's appender sends: the time is when it was logged."""
    return {
        "body": record.body,
        "severity": record.severity,
        "attributes": canonical({name: record.attributes[name] for name in _SAID}),
        "service": "senders",
        "instance": "one",
        "scope_name": "shop.orders",
    }


def carried_by_loki4j(record: Record) -> dict[str, Any]:
    """What Loki4j sends: a line, and texts."""
    said = {name: str(record.attributes[name]) for name in _SAID}
    said["paid"] = said["paid"].lower()
    return {
        "body": record.body,
        "severity": record.severity,
        "attributes": canonical(said | {"thread": "main", "logger": "shop.orders"}),
        "service": "senders",
        "instance": "one",
    }
