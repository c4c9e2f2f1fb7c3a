"""An OpenTelemetry Collector that follows a file, with its queue on the disk: `otelcol` on PATH, built with filelogreceiver,
otlpexporter, otlphttpexporter and filestorage.
"""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.faults.processes import Running
from tests.faults.senders import application_log
from tests.faults.senders.cluster import ReceiverCluster
from tests.faults.senders.load import Load, carried_by_otlp
from tests.faults.senders.records import RESOURCE, Record
from tests.faults.senders.sender import Sender

_TEXTS = {name: str(value) for name, value in RESOURCE.items()}
_QUEUE = {
    # What is read is on the disk until it is acknowledged. No `batch` here: after a restart it would cut other requests.
    "sending_queue": {"storage": "file_storage", "block_on_overflow": True},
    "retry_on_failure": {"initial_interval": "200ms", "max_interval": "2s", "max_elapsed_time": "0s"},
}


def exports_by_grpc(cluster: ReceiverCluster) -> dict[str, Any]:
    """An exporter of OTLP over gRPC."""
    return {"otlp_grpc": {"endpoint": cluster.otlp, "tls": {"insecure": True}, **_QUEUE}}


def exports_by_http(cluster: ReceiverCluster) -> dict[str, Any]:
    """An exporter of OTLP over HTTP."""
    return {"otlp_http": {"endpoint": f"http://{cluster.http}", **_QUEUE}}


def configuration(exporter: dict[str, Any], folder: Path) -> dict[str, Any]:
    """A Collector's, which is read as YAML."""
    reads = {
        "include": [str(folder / application_log.NAME)],
        "start_at": "beginning",
        "include_file_name": False,
        "storage": "file_storage",
        "retry_on_failure": {"enabled": True},
        "resource": _TEXTS,
        "operators": [
            {"type": "json_parser", "parse_ints": True},
            {"type": "time_parser", "parse_from": "attributes.time", "layout_type": "epoch", "layout": "ns"},
            {"type": "severity_parser", "parse_from": "attributes.level"},
            {
                "type": "trace_parser",
                "trace_id": {"parse_from": "attributes.trace"},
                "span_id": {"parse_from": "attributes.span"},
            },
            {"type": "scope_name_parser", "parse_from": "attributes.logger"},
            {"type": "move", "from": "attributes.message", "to": "body"},
            *(
                {"type": "remove", "field": f"attributes.{name}"}
                for name in ("time", "level", "logger", "trace", "span")
            ),
        ],
    }
    return {
        "receivers": {"file_log": reads},
        "exporters": exporter,
        "extensions": {"file_storage": {"directory": str(folder), "fsync": True}},
        "service": {
            "extensions": ["file_storage"],
            "telemetry": {"metrics": {"level": "none"}},
            "pipelines": {"logs": {"receivers": ["file_log"], "exporters": list(exporter)}},
        },
    }


def collector(exporter: Callable[[ReceiverCluster], dict[str, Any]]) -> Sender:
    """The sender, with that exporter."""

    def begin(cluster: ReceiverCluster, load: Load, folder: Path) -> Running:
        (folder / application_log.NAME).touch()
        settings = folder / "otelcol.yaml"
        settings.write_text(json.dumps(configuration(exporter(cluster), folder), indent=1), encoding="utf-8")
        with (folder / "sender.out").open("ab") as out:
            return subprocess.Popen(["otelcol", "--config", str(settings)], stdout=out, stderr=out)

    return Sender(begin, _carries, feed=application_log.fed(), needs="otelcol")


def _carries(record: Record) -> dict[str, Any]:
    """A line has no version of a scope, and the resource in the settings texts alone."""
    return carried_by_otlp(record, _TEXTS) | {"scope_version": ""}
