"""Settings of an edge outside of `logmesh up`: what an image or a chart renders its configuration from."""

from pathlib import Path

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from logmesh.edge.options import Address, EdgeOptions, Jwt, MutualTls, RateLimit, ServerTls
from logmesh.runtime.listed import Listed
from logmesh.runtime.listening import DESCRIPTION, THIS_MACHINE, addresses, split


class EdgeSettings(BaseSettings):
    """Environment variables start with ``LOGMESH_EDGE_``; a wrong value stops the rendering with a line that names it."""

    model_config = SettingsConfigDict(env_prefix="LOGMESH_EDGE_", frozen=True, extra="ignore")

    gateway: str = Field(default="gateway:50050", description="host:port of the gateway.")
    gateway_tls_cert: Path | None = Field(default=None, description="Own certificate towards the gateway, PEM.")
    gateway_tls_key: Path | None = Field(default=None, description="Key of that certificate, PEM.")
    gateway_tls_ca: Path | None = Field(default=None, description="Authorities of the gateway's certificate, PEM.")
    gateway_identity: str = Field(default="", description="SPIFFE identity that the gateway must have.")
    listen_address: str = Field(default=THIS_MACHINE, min_length=1, description=DESCRIPTION)
    api_port: int = Field(default=8080, ge=1, le=65535, description="Port of gRPC, gRPC-web and JSON.")
    dashboard_port: int = Field(default=3000, ge=1, le=65535, description="Port of the dashboard and the same API.")
    metrics_port: int = Field(default=9090, ge=1, le=65535, description="Port of /metrics and /ready.")
    admin_socket: Path = Field(default=Path("/tmp/admin.sock"), description="Unix socket of the administration.")  # noqa: S108
    tls_cert: Path | None = Field(default=None, description="Certificate chain for clients, PEM. Unset: plaintext.")
    tls_key: Path | None = Field(default=None, description="Key of the certificate, PEM.")
    secrets_folder: Path = Field(
        default=Path("/etc/envoy"),
        description="Folder that files are written to which tell Envoy of its certificates, where it has some.",
    )
    jwt_issuer: str = Field(default="", description="Whose tokens are taken. Empty: none are asked for.")
    jwt_audience: str = Field(default="logmesh", min_length=1, description="For whom a token must be.")
    jwt_jwks: str = Field(default="", description="The issuer's public keys: a JWKS file, or its https:// address.")
    jwt_authorities: Path = Field(
        default=Path("/etc/ssl/certs/ca-certificates.crt"), description="Authorities for that address, PEM."
    )
    dashboard_folder: Path | None = Field(default=None, description="The built dashboard. Unset: there is none.")
    requests_per_second: int = Field(default=100, ge=0, description="Of each client address; 0: no limit.")
    burst: int = Field(default=400, ge=0, description="Requests at once above that.")
    hosts: Listed = Field(default_factory=lambda: ["*"], description="Host names that are answered, comma-separated.")
    reflection: bool = Field(default=False, description="Whether gRPC reflection passes.")
    max_heap_bytes: int = Field(default=512 << 20, ge=64 << 20, description="Memory at which requests are turned away.")
    max_connections: int = Field(default=2_000, ge=1, description="Connections of clients at once.")

    @model_validator(mode="after")
    def _what_goes_together(self) -> "EdgeSettings":
        for names in (
            ("gateway_tls_cert", "gateway_tls_key", "gateway_tls_ca", "gateway_identity"),
            ("tls_cert", "tls_key"),
            ("jwt_issuer", "jwt_jwks"),
        ):
            given = [bool(getattr(self, name)) for name in names]
            if any(given) and not all(given):
                variables = ", ".join(f"LOGMESH_EDGE_{name.upper()}" for name in names)
                raise ValueError(f"{variables} go together: set all of them or none")
        try:
            split(self.gateway)
        except ValueError as error:
            raise ValueError(f"LOGMESH_EDGE_GATEWAY: {error}") from error
        return self

    def options(self) -> EdgeOptions:
        """The same as options of an edge."""
        host, port = split(self.gateway)
        listen, *also = addresses(self.listen_address)
        mutual = None
        if self.gateway_tls_cert and self.gateway_tls_key and self.gateway_tls_ca:
            mutual = MutualTls(
                self.gateway_tls_cert, self.gateway_tls_key, self.gateway_tls_ca, self.gateway_identity, host
            )
        limit = RateLimit(self.requests_per_second, self.burst) if self.requests_per_second else None
        return EdgeOptions(
            gateway=Address(host, port),
            gateway_tls=mutual,
            api=Address(listen, self.api_port),
            dashboard=Address(listen, self.dashboard_port),
            metrics=Address(listen, self.metrics_port),
            also=tuple(also),
            secrets_folder=self.secrets_folder,
            admin_socket=self.admin_socket,
            tls=ServerTls(self.tls_cert, self.tls_key) if self.tls_cert and self.tls_key else None,
            jwt=self._jwt(),
            dashboard_folder=self.dashboard_folder,
            rate_limit=limit,
            hosts=tuple(self.hosts),
            reflection=self.reflection,
            max_heap_bytes=self.max_heap_bytes,
            max_connections=self.max_connections,
        )

    def _jwt(self) -> Jwt | None:
        if not self.jwt_issuer:
            return None
        return Jwt(self.jwt_issuer, self.jwt_audience, self.jwt_jwks, self.jwt_authorities)
