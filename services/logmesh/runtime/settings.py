"""Settings every process has. Each is read once from the environment, checked before anything is served, and frozen."""

import socket
from functools import cached_property
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from logmesh.client.tls import TlsFiles
from logmesh.runtime.identity import Mesh
from logmesh.runtime.listed import SpiffeIds
from logmesh.runtime.listening import DESCRIPTION, THIS_MACHINE, is_loopback

__all__ = ["AccessTokenSettings", "BaseProcessSettings", "BaseServerSettings", "LakeDir", "StoreSettings", "TlsFiles"]

LakeDir = Annotated[
    Path, Field(description="Folder of the lake's files, which every process of the lake has in common.")
]
DEFAULT_LAKE_DIR: Final = Path("/app/lake")


class BaseProcessSettings(BaseSettings):
    """Environment variables start with ``LOGMESH_``; a wrong value stops the process with a line that names it."""

    model_config = SettingsConfigDict(env_prefix="LOGMESH_", frozen=True, extra="ignore")

    name: str = Field(default_factory=socket.gethostname, description="Name of this process; in Kubernetes the pod's.")
    listen_address: str = Field(default=THIS_MACHINE, min_length=1, description=DESCRIPTION)
    metrics_port: int = Field(default=9090, ge=0, le=65535, description="Port of /metrics; 0 turns it off.")
    log_format: Literal["json", "console"] = Field(default="json", description="How the process writes its own log.")
    log_level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="Least level logged.")
    tls_cert: Path | None = Field(default=None, description="Certificate chain, PEM. Unset: plaintext.")
    tls_key: Path | None = Field(default=None, description="Key of the certificate, PEM.")
    tls_ca: Path | None = Field(default=None, description="Authorities whose peers are accepted, PEM.")

    @model_validator(mode="after")
    def _all_of_tls_or_none(self) -> "BaseProcessSettings":
        given = [self.tls_cert, self.tls_key, self.tls_ca]
        if any(given) and not all(given):
            raise ValueError("LOGMESH_TLS_CERT, LOGMESH_TLS_KEY and LOGMESH_TLS_CA go together: set all three or none")
        return self

    @cached_property
    def tls(self) -> TlsFiles | None:
        """The three files of mutual TLS, or None for plaintext; one object, so that what it says of them is said once."""
        if self.tls_cert is None or self.tls_key is None or self.tls_ca is None:
            return None
        return TlsFiles(self.tls_cert, self.tls_key, self.tls_ca)


class AccessTokenSettings(BaseProcessSettings):
    """What a process has that takes access tokens of an issuer."""

    jwt_issuer: str = Field(default="", description="Whose access tokens are taken. Empty: none are asked for.")
    jwt_audience: str = Field(default="logmesh", min_length=1, description="For whom an access token must be.")
    jwt_jwks: str = Field(
        default="", description="The issuer's public keys, each with a `kid`: a JWKS file, or its https:// address."
    )
    jwt_tenant_claim: str = Field(
        default="tenant", min_length=1, description="Claim of an access token that names the tenant."
    )
    jwt_roles_claim: str = Field(
        default="roles",
        min_length=1,
        description="Claim of an access token that names roles: a list, or names with spaces between.",
    )

    @model_validator(mode="after")
    def _issuer_and_keys_go_together(self) -> "AccessTokenSettings":
        if bool(self.jwt_issuer) != bool(self.jwt_jwks):
            raise ValueError("LOGMESH_JWT_ISSUER and LOGMESH_JWT_JWKS go together: set both or none")
        return self


class BaseServerSettings(BaseProcessSettings):
    """What a process has that others ask."""

    reflection: bool | None = Field(
        default=None,
        description="Whether gRPC reflection is served. Unset: where only this machine can come, or only who shows a certificate.",
    )
    health_port: int = Field(
        default=0,
        ge=0,
        le=65535,
        description="Port of gRPC health alone, without TLS, for a kubelet's probes, which know none; 0 turns it off.",
    )

    callers: SpiffeIds = Field(
        default_factory=list,
        description="SPIFFE IDs that may ask this process, comma-separated. Needed where it knows who asks: with TLS or a mesh.",
    )
    mesh: Mesh = Field(
        default="none",
        description="`sidecar`: Istio's sidecar in this pod takes every gRPC port as HTTP, and is believed whose certificate it saw.",
    )

    @property
    def served_tls(self) -> TlsFiles | None:
        """The files of what clients must come in, or None where they come in plaintext."""
        return self.tls

    @property
    def reflects(self) -> bool:
        """Whether gRPC reflection is served."""
        if self.reflection is not None:
            return self.reflection
        return is_loopback(self.listen_address) or self.served_tls is not None

    @model_validator(mode="after")
    def _callers_are_named(self) -> "BaseServerSettings":
        if self.knows_callers and not self.callers:
            raise ValueError(
                "LOGMESH_CALLERS is empty: with TLS or a mesh it must name the SPIFFE IDs that may ask this process, with commas"
                " between, such as spiffe://cluster.local/ns/log-system/sa/gateway"
            )
        return self

    @property
    def knows_callers(self) -> bool:
        """Whether callers have identities here: by a certificate that they show, or by the mesh's word."""
        return self.mesh != "none" or self.served_tls is not None


class StoreSettings(BaseServerSettings):
    """What a process has that stores records, or answers for them."""

    store: Literal["rows", "lake"] = Field(
        default="rows",
        description="Where records are kept: as `rows` of PostgreSQL, or in a `lake` of files that PostgreSQL has the catalog of.",
    )
    lake_dir: LakeDir = DEFAULT_LAKE_DIR
