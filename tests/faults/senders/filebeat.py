"""Filebeat follows a file: `filebeat` on PATH. Its queue is the file itself, and where it was read to."""

import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.faults.processes import Running
from tests.faults.senders import application_log
from tests.faults.senders.cluster import ReceiverCluster
from tests.faults.senders.load import Load
from tests.faults.senders.records import RESOURCE, SCOPE, Record, canonical
from tests.faults.senders.sender import Sender

_NAMES = {"service.name": RESOURCE["service.name"], "service.node.name": RESOURCE["service.instance.id"]}


def configuration(cluster: ReceiverCluster, folder: Path) -> dict[str, Any]:
    """Filebeat's, which is read as YAML. All that it asks before it sends is left on."""
    reads = {
        "type": "filestream",
        "id": "app",
        "paths": [str(folder / application_log.NAME)],
        "prospector.scanner.check_interval": "1s",
        "parsers": [{"ndjson": {"target": ""}}],
        "fields": _NAMES,
        "fields_under_root": True,
    }
    return {
        "filebeat.inputs": [reads],
        "processors": [
            {"timestamp": {"field": "time", "layouts": ["2006-01-02T15:04:05.999999999Z07:00"]}},
            {"drop_fields": {"fields": ["time", "agent", "ecs", "host", "input", "log.file", "log.offset"]}},
        ],
        "output.elasticsearch": {
            "hosts": [f"http://{cluster.http}"],
            "backoff.init": "200ms",
            "backoff.max": "2s",
        },
    }


def _begin(cluster: ReceiverCluster, load: Load, folder: Path) -> Running:
    (folder / application_log.NAME).touch()
    settings = folder / "filebeat.yml"
    settings.write_text(json.dumps(configuration(cluster, folder), indent=1), encoding="utf-8")
    with (folder / "sender.out").open("ab") as out:
        command = ["filebeat", "-e", "-c", str(settings), "--path.home", str(folder)]
        return subprocess.Popen(command, stdout=out, stderr=out)


def _carries(record: Record) -> dict[str, Any]:
    """Fields as they are in the line, but that whole numbers lose their point; times are in milliseconds."""
    ratio = record.attributes["ratio"]
    attributes = {**record.attributes, "logger": SCOPE[0], "ratio": int(ratio) if ratio.is_integer() else ratio}
    return {
        "body": record.body,
        "time": record.time // 1_000_000 * 1_000_000,
        "severity": record.severity,
        "attributes": canonical(attributes),
        "trace_id": record.trace_id,
        "span_id": record.span_id,
        "service": RESOURCE["service.name"],
        "instance": RESOURCE["service.instance.id"],
    }


def _time_of(record: Record) -> str:
    seconds, nanoseconds = divmod(record.time, 1_000_000_000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{nanoseconds:09d}Z"


FILEBEAT = Sender(_begin, _carries, feed=application_log.fed(_time_of), needs="filebeat")
