"""Certificates as files of Envoy's secret discovery: Envoy reads them again when they are replaced, as a Secret's volume is.

What is replaced must be moved into its folder, all files or the one that comes last: a cluster's volumes, and careful programs, do.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from logmesh.edge.options import EdgeOptions, MutualTls, ServerTls
from logmesh.edge.typed import Config, typed

CERTIFICATE: Final = "certificate"
AUTHORITIES: Final = "authorities"
_TYPE: Final = "envoy.extensions.transport_sockets.tls.v3.Secret"


def secret_files(options: EdgeOptions) -> dict[Path, str]:
    """Each file that the configuration refers to, and its text."""
    return {
        path_of(options, name, kind): json.dumps(
            {"resources": [{**typed(_TYPE, **held), "name": f"{name}-{kind}"}]}, indent=1
        )
        for name, found in _used(options)
        for kind, held in _secrets(found)
    }


def reference(options: EdgeOptions, name: str, kind: str) -> Config:
    """Where Envoy finds a certificate or authorities."""
    source = {"path": str(path_of(options, name, kind))}
    return {"name": f"{name}-{kind}", "sds_config": {"resource_api_version": "V3", "path_config_source": source}}


def path_of(options: EdgeOptions, name: str, kind: str) -> Path:
    """The file of one secret."""
    return options.secrets_folder / f"{name}-{kind}.json"


def _used(options: EdgeOptions) -> Iterator[tuple[str, ServerTls | MutualTls]]:
    if options.tls:
        yield "clients", options.tls
    if options.gateway_tls:
        yield "gateway", options.gateway_tls
    if options.split:
        yield "producers", options.split.downstream
        yield "processors", options.split.upstream


def _secrets(tls: ServerTls | MutualTls) -> Iterator[tuple[str, Config]]:
    pair = {"certificate_chain": {"filename": str(tls.cert)}, "private_key": {"filename": str(tls.key)}}
    yield CERTIFICATE, {"tls_certificate": {**pair, **_watched(tls.cert)}}
    if isinstance(tls, MutualTls):
        # Whom to believe is the secret; which of them is the right one stands in the configuration.
        yield AUTHORITIES, {"validation_context": {"trusted_ca": {"filename": str(tls.ca)}, **_watched(tls.ca)}}


def _watched(file: Path) -> Config:
    return {"watched_directory": {"path": str(file.parent)}}
