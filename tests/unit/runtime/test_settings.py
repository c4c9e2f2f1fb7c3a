"""A server that knows who asks must be told who may."""

from typing import Any

import pytest
from pydantic import ValidationError

from logmesh.gateway.settings import GatewaySettings
from logmesh.processor.settings import ProcessorSettings

TLS: dict[str, Any] = {"tls_cert": "/cert.pem", "tls_key": "/key.pem", "tls_ca": "/ca.pem"}
GATEWAY = "spiffe://cluster.local/ns/log-system/sa/gateway"
DSN: dict[str, Any] = {"database_dsn": "postgresql://h/d"}


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        (ProcessorSettings, TLS),
        (ProcessorSettings, {"mesh": "sidecar"}),
        (GatewaySettings, TLS | {"serve_tls": True}),
        (GatewaySettings, {"mesh": "sidecar"}),
    ],
)
def test_callers_are_named_where_they_are_known(
    kind: type[ProcessorSettings | GatewaySettings], given: dict[str, Any]
) -> None:
    with pytest.raises(ValidationError, match=f"LOGMESH_CALLERS is empty.*{GATEWAY}"):
        kind(**DSN, **given)
    named: dict[str, Any] = {"callers": f"{GATEWAY}, spiffe://mesh.example/ns/a/sa/b"}
    settings = kind(**DSN, **given, **named)
    assert settings.callers == [GATEWAY, "spiffe://mesh.example/ns/a/sa/b"]
    assert settings.knows_callers


@pytest.mark.parametrize(("kind", "given"), [(ProcessorSettings, {}), (GatewaySettings, {}), (GatewaySettings, TLS)])
def test_elsewhere_there_is_nobody_to_name(
    kind: type[ProcessorSettings | GatewaySettings], given: dict[str, Any]
) -> None:
    assert not kind(**DSN, **given).knows_callers


@pytest.mark.parametrize(
    "caller", ["/sa/gateway", "spiffe://*/ns/log-system/sa/gateway", f"{GATEWAY}/", "spiffe://cluster.local"]
)
def test_a_caller_is_a_whole_spiffe_id(caller: str) -> None:
    named: dict[str, Any] = {"callers": caller}
    with pytest.raises(ValidationError, match="callers"):
        ProcessorSettings(**DSN, **named)
