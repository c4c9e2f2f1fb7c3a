"""Transport sockets: TLS for people's clients, mutual TLS with SPIFFE identities between the parts."""

from pathlib import Path

from logmesh.edge.options import EdgeOptions, MutualTls
from logmesh.edge.secrets import AUTHORITIES, CERTIFICATE, reference
from logmesh.edge.typed import Config, extension

_SOCKET = "envoy.transport_sockets.tls"
_TYPES = "envoy.extensions.transport_sockets.tls.v3"


def serving(options: EdgeOptions) -> Config:
    """For any client, from TLS 1.2 on."""
    return extension(
        _SOCKET,
        f"{_TYPES}.DownstreamTlsContext",
        common_tls_context={
            "tls_params": {"tls_minimum_protocol_version": "TLSv1_2"},
            "alpn_protocols": ["h2", "http/1.1"],
            "tls_certificate_sds_secret_configs": [reference(options, "clients", CERTIFICATE)],
        },
    )


def serving_mutually(options: EdgeOptions, name: str, tls: MutualTls) -> Config:
    """For clients of one identity; `name` is that of the files' secrets."""
    return extension(
        _SOCKET,
        f"{_TYPES}.DownstreamTlsContext",
        require_client_certificate=True,
        common_tls_context=_mutual(options, name, tls),
    )


def connecting(options: EdgeOptions, name: str, tls: MutualTls) -> Config:
    """To servers of one identity; `name` is that of the files' secrets."""
    return extension(
        _SOCKET,
        f"{_TYPES}.UpstreamTlsContext",
        sni=tls.server_name,
        common_tls_context=_mutual(options, name, tls),
    )


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


def _mutual(options: EdgeOptions, name: str, tls: MutualTls) -> Config:
    return {
        "tls_params": {"tls_minimum_protocol_version": "TLSv1_2", "tls_maximum_protocol_version": "TLSv1_3"},
        "alpn_protocols": ["h2"],
        "tls_certificate_sds_secret_configs": [reference(options, name, CERTIFICATE)],
        "combined_validation_context": {
            "default_validation_context": {
                "match_typed_subject_alt_names": [{"san_type": "URI", "matcher": {"exact": tls.peer}}]
            },
            "validation_context_sds_secret_config": reference(options, name, AUTHORITIES),
        },
    }
