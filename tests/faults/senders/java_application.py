"""An application in Java that logs by Logback or Log4j: LOGMESH_TEST_JARS is the folder of what java/pom.xml names."""

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


def java_application(
    library: str,
    settings: str,
    address: Callable[[ReceiverCluster], Mapping[str, str]],
    carries: Callable[[Record], Mapping[str, Any]],
    *,
    repeats: bool = True,
) -> Sender:
    """The sender, with the library's settings of that file; `address` is what they need to know of the cluster."""

    def begin(cluster: ReceiverCluster, load: Load, folder: Path) -> Running:
        environment = {
            **os.environ,
            **address(cluster),
            "SENDER_RECORDS": str(load.records),
            "SENDER_SECONDS": str(load.seconds),
            "SENDER_GIVEN_UP": str(folder / "given-up"),
        }
        jars = Path(os.environ["LOGMESH_TEST_JARS"]) / "*"
        command = ["java", "-cp", str(jars), str(_HERE / "Application.java"), library, str(_HERE / settings)]
        with (folder / "sender.out").open("ab") as out:
            return subprocess.Popen(command, env=environment, stdout=out, stderr=out)

    return Sender(begin, carries, needs="appenders in Java", repeats=repeats)


def carried_from_logback(record: Record) -> dict[str, Any]:
    """What OpenTelemetry's appender for Logback sends: the time is when it was logged."""
    return _carried(record, {name: record.attributes[name] for name in _SAID}) | {"scope_name": "shop.orders"}


def carried_from_log4j(record: Record) -> dict[str, Any]:
    """What OpenTelemetry's appender for Log4j sends of a thread's context: texts."""
    return _carried(record, _texts(record)) | {"scope_name": "shop.orders"}


def carried_by_loki4j(record: Record) -> dict[str, Any]:
    """What Loki4j sends: a line, and texts."""
    return _carried(record, _texts(record) | {"thread": "main", "logger": "shop.orders"})


def _texts(record: Record) -> dict[str, str]:
    said = {name: str(record.attributes[name]) for name in _SAID}
    return said | {"paid": said["paid"].lower()}


def _carried(record: Record, attributes: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "body": record.body,
        "severity": record.severity,
        "attributes": canonical(attributes),
        "service": "senders",
        "instance": "one",
    }
