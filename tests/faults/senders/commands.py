"""The senders, each as its own documentation says that it is configured, by name."""

import os
from collections.abc import Callable
from pathlib import Path

from tests.faults.processes import Running, start
from tests.faults.senders.cluster import ReceiverCluster
from tests.faults.senders.collector import collector, exports_by_grpc, exports_by_http
from tests.faults.senders.filebeat import FILEBEAT
from tests.faults.senders.fluent_bit import FLUENT_BIT
from tests.faults.senders.java_application import (
    carried_by_loki4j,
    carried_from_log4j,
    carried_from_logback,
    java_application,
)
from tests.faults.senders.load import Load, carried_by_otlp
from tests.faults.senders.loki_client_go import LOKI_CLIENT_GO
from tests.faults.senders.sender import Sender
from tests.faults.senders.telemetrygen import TELEMETRYGEN


def _sdk(protocol: str, endpoint: Callable[[ReceiverCluster], str]) -> Sender:
    def begin(cluster: ReceiverCluster, load: Load, folder: Path) -> Running:
        settings = {
            "OTEL_EXPORTER_OTLP_PROTOCOL": protocol,
            "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint(cluster),
            # Seconds for one export with all its repetitions, of which six are the most.
            "OTEL_EXPORTER_OTLP_TIMEOUT": "120",
            # What is logged while nobody answers; more is dropped.
            "OTEL_BLRP_MAX_QUEUE_SIZE": "65536",
            "OTEL_BLRP_SCHEDULE_DELAY": "200",
            "SENDER_RECORDS": str(load.records),
            "SENDER_SECONDS": str(load.seconds),
            "SENDER_BEGAN": str(load.began),
            "SENDER_GIVEN_UP": str(folder / "given-up"),
        }
        return start("tests.faults.senders.sdk", {**os.environ, **settings}, folder / "sender.out")

    return Sender(begin, carried_by_otlp)


def _otlp_address(cluster: ReceiverCluster) -> dict[str, str]:
    return {"SENDER_OTLP": f"http://{cluster.otlp}"}


SENDERS: dict[str, Sender] = {
    "otel-grpc": _sdk("grpc", lambda cluster: f"http://{cluster.otlp}"),
    "otel-http": _sdk("http/protobuf", lambda cluster: f"http://{cluster.http}"),
    "collector-grpc": collector(exports_by_grpc),
    "collector-http": collector(exports_by_http),
    "telemetrygen": TELEMETRYGEN,
    "logback-otlp": java_application("logback", "logback-otlp.xml", _otlp_address, carried_from_logback),
    "log4j-otlp": java_application("log4j", "log4j-otlp.xml", _otlp_address, carried_from_log4j),
    "filebeat": FILEBEAT,
    **FLUENT_BIT,
    "loki-client-go": LOKI_CLIENT_GO,
    "loki4j": java_application(
        "logback",
        "logback-loki.xml",
        lambda cluster: {"SENDER_LOKI": f"http://{cluster.http}"},
        carried_by_loki4j,
        repeats=False,
    ),
}
