"""A receiver is open to other machines only where senders show who they are."""

from typing import Any

import pytest
from pydantic import ValidationError

from logmesh.producer.settings import ProducerSettings

CERTIFICATE: dict[str, Any] = {"door_tls_cert": "/cert.pem", "door_tls_key": "/key.pem"}
AUTHORITY: dict[str, Any] = {"door_tls_ca": "/ca.pem"}
SHOP = "spiffe://cluster.local/ns/shop/sa/checkout"


def receiver(**given: Any) -> ProducerSettings:
    return ProducerSettings(source="receive", **given)


@pytest.mark.parametrize("listen", ["::", "0.0.0.0", "10.0.0.7", "[::]"])  # noqa: S104
@pytest.mark.parametrize("given", [{}, CERTIFICATE])
def test_without_tokens_and_certificates_doors_are_loopback_s(listen: str, given: dict[str, Any]) -> None:
    with pytest.raises(
        ValidationError, match=r"set LOGMESH_GATEWAY.*LOGMESH_JWT_ISSUER.*LOGMESH_DOOR_TLS_CA.*or LOGMESH_MESH"
    ):
        receiver(listen_address=listen, **given)
    assert not receiver(listen_address="127.0.0.1", **given).knows_senders
    assert receiver(listen_address=listen, gateway="gateway:50050", **given).knows_senders
    assert receiver(listen_address=listen, **CERTIFICATE, **AUTHORITY).knows_senders
    named = {"spiffe://cluster.local/ns/shop/sa/checkout": "acme"}
    assert receiver(listen_address=listen, mesh="sidecar", tenants=named, syslog_tenant="network").knows_senders
    assert receiver(
        listen_address=listen, jwt_issuer="https://login.test", jwt_jwks="/jwks.json", **given
    ).knows_senders
    assert ProducerSettings(source="generate", listen_address=listen)


def test_syslog_alone_may_be_of_a_named_tenant() -> None:
    alone: dict[str, Any] = {"listen_address": "::", "otlp_port": 0, "http_port": 0}
    with pytest.raises(ValidationError, match="must show who they are"):
        receiver(**alone)
    assert receiver(**alone, syslog_tenant="network")
    with pytest.raises(ValidationError, match="must show who they are"):
        receiver(**alone | {"http_port": 4318}, syslog_tenant="network")
    with pytest.raises(ValidationError, match="must show who they are"):
        receiver(**alone | {"syslog_port": 0}, **CERTIFICATE)


@pytest.mark.parametrize("given", [{"door_tls_cert": "/c"}, {"door_tls_key": "/k"}, AUTHORITY])
def test_files_of_tls_go_together(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="go together"):
        receiver(**given)


def test_tenants_are_of_identities_that_senders_can_show() -> None:
    with pytest.raises(ValidationError, match="LOGMESH_TENANTS needs LOGMESH_DOOR_TLS_CA"):
        receiver(tenants={SHOP: "acme"})
    with pytest.raises(ValidationError, match="tenants"):
        receiver(tenants={"checkout": "acme"}, **CERTIFICATE, **AUTHORITY)
    assert receiver(tenants={SHOP: "acme"}, **CERTIFICATE, **AUTHORITY).tenants == {SHOP: "acme"}
