"""Settings every process has. Each is read once from the environment, checked before anything is served, and frozen."""

import socket
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from logmesh.client.tls import TlsFiles

__all__ = ["BaseProcessSettings", "BaseServerSettings", "TlsFiles"]


class BaseProcessSettings(BaseSettings):
    """Environment variables start with ``LOGMESH_``; a wrong value stops the process with a line that names it."""

    model_config = SettingsConfigDict(env_prefix="LOGMESH_", frozen=True, extra="ignore")

    name: str = Field(default_factory=socket.gethostname, description="Name of this process; in Kubernetes the pod's.")
    listen_address: str = Field(default="0.0.0.0", description="Address that every port of the process is bound to.")  # noqa: S104
    metrics_port: int = Field(default=9090, ge=0, le=65535, description="Port of /metrics; 0 turns it off.")
    log_format: Literal["json", "console"] = Field(default="json", description="How the process writes its own log.")
    log_level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="Least level logged.")
    reflection: bool = Field(default=True, description="Whether gRPC reflection is served. Turn it off in production.")
    tls_cert: Path | None = Field(default=None, description="Certificate chain, PEM. Unset: plaintext.")
    tls_key: Path | None = Field(default=None, description="Key of the certificate, PEM.")
    tls_ca: Path | None = Field(default=None, description="Authorities whose peers are accepted, PEM.")

    @model_validator(mode="after")
    def _all_of_tls_or_none(self) -> "BaseProcessSettings":
        given = [self.tls_cert, self.tls_key, self.tls_ca]
        if any(given) and not all(given):
            raise ValueError("LOGMESH_TLS_CERT, LOGMESH_TLS_KEY and LOGMESH_TLS_CA go together: set all three or none")
        return self

    @property
    def tls(self) -> TlsFiles | None:
        """The three files of mutual TLS, or None for plaintext."""
        if self.tls_cert is None or self.tls_key is None or self.tls_ca is None:
            return None
        return TlsFiles(self.tls_cert, self.tls_key, self.tls_ca)


class BaseServerSettings(BaseProcessSettings):
    """What a process has that others ask."""

    callers: Annotated[list[str], NoDecode] = Field(
        default_factory=list,
        description="SPIFFE identities that may ask this process, comma-separated. Empty: every one under the authorities.",
    )

    @field_validator("callers", mode="before")
    @classmethod
    def _split_callers(cls, value: object) -> object:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @field_validator("callers")
    @classmethod
    def _are_spiffe_ids(cls, value: list[str]) -> list[str]:
        for identity in value:
            if not identity.startswith("spiffe://"):
                raise ValueError(f"{identity!r} is not a SPIFFE identity, such as spiffe://cluster.local/ns/n/sa/a")
        return value
