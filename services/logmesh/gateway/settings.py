"""Settings of a gateway."""

from pydantic import Field, SecretStr, field_validator, model_validator

from logmesh.runtime.identity import ANONYMOUS
from logmesh.runtime.listed import Listed
from logmesh.runtime.settings import AccessTokenSettings, StoreSettings, TlsFiles
from logmesh.runtime.spiffe import checked_spiffe_id


class GatewaySettings(AccessTokenSettings, StoreSettings):
    """A gateway's environment; see each field."""

    port: int = Field(default=50050, ge=1, le=65535, description="gRPC port of the API.")
    database_dsn: SecretStr = Field(description="PostgreSQL, as the reader role.")
    database_connections: int = Field(default=8, ge=1, le=100, description="Connections for queries at most.")
    lake_readers: int = Field(
        default=2, ge=1, le=64, description="Processes at most that read the lake's files, of 192 MiB each."
    )
    rows_alone: bool = Field(
        default=False,
        description="Whether a gateway of `rows` starts although the lake has records, and answers as if there were none.",
    )
    redis_url: SecretStr | None = Field(
        default=None,
        description="Redis in which processors keep recent traces. Unset: traces are read from the database.",
    )
    processors: str = Field(
        default="", description="gRPC target of every processor: a headless name, or addresses. Empty: none are asked."
    )
    tls_server_name: str = Field(default="log-processor", description="Name in the processors' certificates.")
    ship_command: str = Field(
        default="",
        description="How `logmesh ship` is called on this machine, which an empty store's page says. Empty: nobody has a shell here.",
    )
    ship_certificates: str = Field(
        default="", description="Folder of this machine with the certificates of producers, which that page names, too."
    )
    serve_tls: bool = Field(
        default=False, description="Whether clients must come in mutual TLS; off behind an edge or a mesh's sidecar."
    )
    tenant: str = Field(
        default="default", min_length=1, description="Tenant whose records are shown where calls come without tokens."
    )
    jwt_admin_role: str = Field(
        default="admin",
        min_length=1,
        description="Role that a token must name to acknowledge what is lost, and for senders' tokens.",
    )
    receivers: Listed = Field(
        default_factory=list,
        description="SPIFFE IDs, comma-separated, of receivers that may ask which tokens of senders are good; `anonymous` for whoever"
        " reaches the port where callers have no identities. Empty: nobody may.",
    )
    max_tails: int = Field(default=200, ge=1, le=10_000, description="Live tails at once.")
    search_seconds: float = Field(default=10, gt=0, le=25, description="How long a search may take for one page.")
    processor_seconds: float = Field(default=2, gt=0, le=30, description="How long a processor may take to answer.")
    drain_seconds: float = Field(default=10, ge=0, description="How long a stop waits for answers under way.")

    @field_validator("receivers")
    @classmethod
    def _are_identities(cls, value: list[str]) -> list[str]:
        return [one if one == ANONYMOUS else checked_spiffe_id(one) for one in value]

    @property
    def served_tls(self) -> TlsFiles | None:
        """See BaseServerSettings."""
        return self.tls if self.serve_tls else None

    @model_validator(mode="after")
    def _what_goes_together(self) -> "GatewaySettings":
        if self.serve_tls and self.tls is None:
            raise ValueError("LOGMESH_SERVE_TLS needs LOGMESH_TLS_CERT, LOGMESH_TLS_KEY and LOGMESH_TLS_CA")
        return self
