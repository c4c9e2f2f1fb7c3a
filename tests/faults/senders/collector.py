"""An OpenTelemetry Collector that follows a file, with its queue on the disk: `otelcol` on PATH, built with filelogreceiver,
otlpexporter, otlphttpexporter and filestorage.
"""

import asyncio
import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.faults.processes import Running
from tests.faults.senders.cluster import ReceiverCluster
from tests.faults.senders.load import Load, carried_by_otlp
from tests.faults.senders.records import RESOURCE, SCOPE, Record, record_of
from tests.faults.senders.sender import Sender

_LEVELS = {5: "debug", 9: "info", 13: "warn", 17: "error"}
_TEXTS = {name: str(value) for name, value in RESOURCE.items()}
_TURN_SECONDS = 0.05
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
        "include": [str(folder / "app.log")],
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


def line_of(record: Record) -> str:
    """The line that an application writes."""
    said = {
        "time": record.time,
        "level": _LEVELS[record.severity],
        "message": record.body,
        "logger": SCOPE[0],
        "trace": f"{record.trace_id:032x}",
        "span": f"{record.span_id:016x}",
        **record.attributes,
    }
    return json.dumps(said, ensure_ascii=False) + "\n"


def collector(exporter: Callable[[ReceiverCluster], dict[str, Any]]) -> Sender:
    """The sender, with that exporter."""

    def begin(cluster: ReceiverCluster, load: Load, folder: Path) -> Running:
        (folder / "app.log").touch()
        settings = folder / "otelcol.yaml"
        settings.write_text(json.dumps(configuration(exporter(cluster), folder), indent=1), encoding="utf-8")
        with (folder / "sender.out").open("ab") as out:
            return subprocess.Popen(["otelcol", "--config", str(settings)], stdout=out, stderr=out)

    return Sender(begin, _carries, feed=_write, needs="otelcol")


async def _write(load: Load, folder: Path) -> None:
    """As an application does, to its log."""
    start, number = time.monotonic(), 0
    with (folder / "app.log").open("a", encoding="utf-8") as file:
        while number < load.records:
            due = load.due(time.monotonic() - start)
            file.writelines(line_of(record_of(at, load.began)) for at in range(number, due))
            file.flush()
            number = due
            await asyncio.sleep(_TURN_SECONDS)


def _carries(record: Record) -> dict[str, Any]:
    """A line has no version of a scope, and the resource in the settings texts alone."""
    return carried_by_otlp(record, _TEXTS) | {"scope_version": ""}
