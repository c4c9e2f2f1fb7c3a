"""What agents ask Elasticsearch before they send: that it is there, of a version that they know, and has their templates.

Nothing of this is stored: there are no templates, policies and pipelines, for records are kept as they come.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from aiohttp import web

PRODUCT: Final = {"X-Elastic-Product": "Elasticsearch"}
"""Without this header Elastic's own clients send nothing."""

_VERSION: Final = "8.19.0"
_INFORMATION: Final = {
    "name": "logmesh",
    "cluster_name": "logmesh",
    "cluster_uuid": "logmesh",
    "version": {
        "number": _VERSION,
        "build_flavor": "default",
        "build_type": "docker",
        "build_hash": "0000000000000000000000000000000000000000",
        "build_date": "2025-07-01T00:00:00.000Z",
        "build_snapshot": False,
        "lucene_version": "9.12.1",
        "minimum_wire_compatibility_version": "7.17.0",
        "minimum_index_compatibility_version": "7.0.0",
    },
    "tagline": "You Know, for Search",
}
_LICENSE: Final = {
    "license": {"status": "active", "uid": "00000000-0000-0000-0000-000000000000", "type": "basic", "mode": "basic"}
}
_FEATURES: Final = {"license": _LICENSE["license"], "features": {"ilm": {"available": True, "enabled": True}}}
_HEALTH: Final = {
    "cluster_name": "logmesh",
    "status": "green",
    "timed_out": False,
    "number_of_nodes": 1,
    "number_of_data_nodes": 1,
    "active_shards_percent_as_number": 100.0,
}
_KEPT: Final = (
    "_alias",
    "_ilm/policy",
    "_index_template",
    "_component_template",
    "_template",
    "_ingest/pipeline",
    "_data_stream",
)


def _saying(value: dict[str, Any]) -> Callable[[str], dict[str, Any]]:
    return lambda _name: value


def _there(name: str) -> dict[str, Any]:
    """Whatever is asked for is there, so that nobody tries to make it."""
    return {name: {}} if name else {}


HANDSHAKES: Final[list[tuple[str, str, Callable[[str], dict[str, Any]]]]] = [
    ("GET", "/", _saying(_INFORMATION)),
    ("GET", "/_license", _saying(_LICENSE)),
    ("GET", "/_xpack", _saying(_FEATURES)),
    ("GET", "/_cluster/health", _saying(_HEALTH)),
    *(("GET", path, _saying({"nodes": {}})) for path in ("/_nodes", "/_nodes/http", "/_nodes/_all/http")),
    *(("GET", f"/{kind}", _there) for kind in _KEPT),
    *(("GET", f"/{kind}/{{name}}", _there) for kind in _KEPT),
    *((method, f"/{kind}/{{name}}", _saying({"acknowledged": True})) for kind in _KEPT for method in ("PUT", "POST")),
]
"""Method, path, and what is answered, by the `name` in the path."""


def answered(body: bytes, status: int = 200, headers: Mapping[str, str] = {}) -> web.Response:
    """JSON as Elasticsearch sends it."""
    return web.Response(body=body, status=status, content_type="application/json", headers={**PRODUCT, **headers})
