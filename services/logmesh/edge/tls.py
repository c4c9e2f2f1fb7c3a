"""Transport sockets: TLS for people's clients, mutual TLS with SPIFFE identities between the parts."""

from pathlib import Path

from logmesh.edge.options import MutualTls, ServerTls
from logmesh.edge.typed import Config, extension

_SOCKET = "envoy.transport_sockets.tls"
_TYPES = "envoy.extensions.transport_sockets.tls.v3"


def serving(tls: ServerTls) -> Config:
    """For any client, from TLS 1.2 on."""
    return extension(
        _SOCKET,
        f"{_TYPES}.DownstreamTlsContext",
        common_tls_context={
            "tls_params": {"tls_minimum_protocol_version": "TLSv1_2"},
            "alpn_protocols": ["h2", "http/1.1"],
            "tls_certificates": [_certificate(tls.cert, tls.key)],
        },
    )


def serving_mutually(tls: MutualTls) -> Config:
    """For clients of one identity."""
    return extension(
        _SOCKET, f"{_TYPES}.DownstreamTlsContext", require_client_certificate=True, common_tls_context=_mutual(tls)
    )


def connecting(tls: MutualTls) -> Config:
    """To servers of one identity."""
    return extension(_SOCKET, f"{_TYPES}.UpstreamTlsContext", sni=tls.server_name, common_tls_context=_mutual(tls))


def connecting_to_public(host: str, authorities: Path, *, is_number: bool) -> Config:
    """To a server of the world that shows a certificate for `host`, a name or a number, of one of `authorities`."""
    name: Config = {} if is_number else {"sni": host}
    return extension(
        _SOCKET,
        f"{_TYPES}.UpstreamTlsContext",
        **name,
        common_tls_context={
            "tls_params": {"tls_minimum_protocol_version": "TLSv1_2"},
            "validation_context": {
                "trusted_ca": {"filename": str(authorities)},
                "match_typed_subject_alt_names": [
                    {"san_type": "IP_ADDRESS" if is_number else "DNS", "matcher": {"exact": host}}
                ],
            },
        },
    )


def _mutual(tls: MutualTls) -> Config:
    return {
        "tls_params": {"tls_minimum_protocol_version": "TLSv1_2", "tls_maximum_protocol_version": "TLSv1_3"},
        "alpn_protocols": ["h2"],
        "tls_certificates": [_certificate(tls.cert, tls.key)],
        "validation_context": {
            "trusted_ca": {"filename": str(tls.ca)},
            "match_typed_subject_alt_names": [{"san_type": "URI", "matcher": {"exact": tls.peer}}],
        },
    }


def _certificate(cert: Path, key: Path) -> Config:
    return {"certificate_chain": {"filename": str(cert)}, "private_key": {"filename": str(key)}}
