"""Fluent Bit follows a file, with its queue on the disk: `fluent-bit` on PATH."""

import json
import subprocess
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.faults.processes import Running
from tests.faults.senders import application_log
from tests.faults.senders.cluster import ReceiverCluster
from tests.faults.senders.load import Load
from tests.faults.senders.records import RESOURCE, SCOPE, Record, canonical
from tests.faults.senders.sender import Sender

_PARSER = """
[PARSER]
    Name app
    Format json
    Time_Key time
    Time_Format %Y-%m-%dT%H:%M:%S.%L%z
"""
_NAMES = {"service.name": RESOURCE["service.name"], "service.instance.id": RESOURCE["service.instance.id"]}


def _address(cluster: ReceiverCluster) -> dict[str, Any]:
    host, _, port = cluster.http.rpartition(":")
    return {"host": host, "port": int(port)}


def _exports_by_otlp(cluster: ReceiverCluster) -> dict[str, Any]:
    """OTLP over HTTP: the rest of a line beside what these keys name are attributes."""
    return {
        "name": "opentelemetry",
        **_address(cluster),
        "logs_body_key": "$message",
        "logs_body_key_attributes": True,
        "logs_severity_text_message_key": "$level",
        "logs_trace_id_message_key": "$trace",
        "logs_span_id_message_key": "$span",
    }


def _exports_to_loki(cluster: ReceiverCluster) -> dict[str, Any]:
    """Loki's protocol: the line is what was parsed."""
    labels = ", ".join(f"{name.replace('.', '_')}={value}" for name, value in _NAMES.items())
    return {"name": "loki", **_address(cluster), "labels": labels}


def _exports_to_elasticsearch(cluster: ReceiverCluster) -> dict[str, Any]:
    """Elasticsearch's: the index is the service, and times have all their digits."""
    return {
        "name": "es",
        **_address(cluster),
        "index": _NAMES["service.name"],
        "suppress_type_name": True,
        "time_key_nanos": True,
    }


def _configuration(exporter: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Fluent Bit's, which is read as YAML."""
    resource = [
        {
            "name": "content_modifier",
            "context": "otel_resource_attributes",
            "action": "upsert",
            "key": name,
            "value": value,
        }
        for name, value in _NAMES.items()
    ]
    reads = {
        "name": "tail",
        "path": str(folder / application_log.NAME),
        "parser": "app",
        "read_from_head": True,
        "db": str(folder / "positions.db"),
        "storage.type": "filesystem",
        "processors": {"logs": [{"name": "opentelemetry_envelope"}, *resource]},
    }
    return {
        "service": {
            "flush": 0.2,
            "parsers_file": str(folder / "parsers.conf"),
            "storage.path": str(folder / "storage"),
            "storage.sync": "full",
            "scheduler.base": 1,
            "scheduler.cap": 2,
        },
        "pipeline": {"inputs": [reads], "outputs": [{**exporter, "match": "*", "retry_limit": "no_limits"}]},
    }


def _sender(
    exporter: Callable[[ReceiverCluster], Mapping[str, Any]], carries: Callable[[Record], Mapping[str, Any]]
) -> Sender:
    """The sender, with that exporter."""

    def begin(cluster: ReceiverCluster, load: Load, folder: Path) -> Running:
        (folder / application_log.NAME).touch()
        (folder / "parsers.conf").write_text(_PARSER, encoding="utf-8")
        settings = folder / "fluent-bit.yaml"
        settings.write_text(json.dumps(_configuration(exporter(cluster), folder), indent=1), encoding="utf-8")
        with (folder / "sender.out").open("ab") as out:
            return subprocess.Popen(["fluent-bit", "--config", str(settings)], stdout=out, stderr=out)

    return Sender(begin, carries, feed=application_log.fed(_time_of), needs="fluent-bit")


def _time_of(record: Record) -> str:
    seconds, nanoseconds = divmod(record.time, 1_000_000_000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{nanoseconds:09d}+0000"


def _read(time: int) -> int:
    """A time as it is read: the fraction of a second is a double, which may be a nanosecond less."""
    seconds, nanoseconds = divmod(time, 1_000_000_000)
    return seconds * 1_000_000_000 + int(nanoseconds / 1e9 * 1e9)


def _carried_by_otlp(record: Record) -> dict[str, Any]:
    """What a key names is an attribute, too, but the body."""
    ids = {"trace": f"{record.trace_id:032x}", "span": f"{record.span_id:016x}"}
    return _carried(record, {"level": application_log.LEVELS[record.severity], **ids})


def _carried_by_loki(record: Record) -> dict[str, Any]:
    """The line without its time is the body, and is read as one of a file."""
    line = application_log.said(record)
    body = json.dumps(line, separators=(",", ":"))
    return _carried(record, {"message": record.body}) | {"body": body}


def _carried_by_elasticsearch(record: Record) -> dict[str, Any]:
    """Fields as they are in the line, and no instance."""
    return _carried(record, {}) | {"instance": "", "resource": canonical({"elasticsearch.index": "senders"})}


def _carried(record: Record, more_attributes: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "body": record.body,
        "time": _read(record.time),
        "severity": record.severity,
        "attributes": canonical({"logger": SCOPE[0], **record.attributes, **more_attributes}),
        "trace_id": record.trace_id,
        "span_id": record.span_id,
        "service": RESOURCE["service.name"],
        "instance": RESOURCE["service.instance.id"],
        "resource": canonical({}),
    }


FLUENT_BIT = {
    "fluent-bit-otlp": _sender(_exports_by_otlp, _carried_by_otlp),
    "fluent-bit-loki": _sender(_exports_to_loki, _carried_by_loki),
    "fluent-bit-es": _sender(_exports_to_elasticsearch, _carried_by_elasticsearch),
}
"""By name."""
