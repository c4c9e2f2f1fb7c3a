"""Settings of a producer."""

from functools import cached_property
from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator, model_validator

from logmesh.client.tls import ServedFiles
from logmesh.producer.rules import read_rules
from logmesh.producer.timestamps.zones import zone_of
from logmesh.runtime.identity import Mesh
from logmesh.runtime.listed import Listed
from logmesh.runtime.listening import is_loopback
from logmesh.runtime.settings import AccessTokenSettings
from logmesh.runtime.spiffe import checked_spiffe_id


class ProducerSettings(AccessTokenSettings):
    """A producer's environment; see each field."""

    metrics_port: int = Field(default=8000, ge=0, le=65535, description="Port of /metrics; 0 turns it off.")
    target: str = Field(
        default="dns:///log-processor-headless:50052",
        description="Processors, as any gRPC target; headless DNS gives all.",
    )
    tls_server_name: str = Field(default="log-processor", description="Name that a processor's certificate must bear.")
    spool_dir: Path = Field(default=Path("/app/spool"), description="Folder of the spool.")
    spool_max_bytes: int = Field(
        default=1 << 30, ge=32 << 20, description="Bound of the spool; full, the source is paused."
    )
    spool_retain_seconds: float = Field(
        default=3600, ge=0, description="How long committed batches are kept, for a database that is restored."
    )
    source: Literal["generate", "file", "stdin", "receive"] = Field(
        default="generate",
        description="Where records come from; `receive`: from what others send to this process's ports.",
    )
    otlp_port: int = Field(
        default=4317, ge=0, le=65535, description="Port of source `receive` for OTLP over gRPC; 0 turns it off."
    )
    http_port: int = Field(
        default=4318,
        ge=0,
        le=65535,
        description="Port of source `receive` for all that comes over HTTP: OTLP, lines, Loki, Elasticsearch; 0 turns it off.",
    )
    syslog_port: int = Field(
        default=5514,
        ge=0,
        le=65535,
        description="Port of source `receive` for syslog over UDP and TCP; 0 turns it off.",
    )
    syslog_tls_port: int = Field(
        default=6514,
        ge=0,
        le=65535,
        description="Port of source `receive` for syslog over TLS, where LOGMESH_DOOR_TLS_CERT is set; 0 turns it off.",
    )
    health_port: int = Field(
        default=0,
        ge=0,
        le=65535,
        description="Port of source `receive` for gRPC health alone, without TLS, for a kubelet's probes; 0 turns it off.",
    )
    receive_bytes: int = Field(
        default=64 << 20,
        ge=16 << 20,
        description="Bytes of requests that source `receive` holds in memory; beyond, senders are asked to come again.",
    )
    max_connections: int = Field(
        default=1_000,
        ge=1,
        description="Connections and calls that source `receive` takes at once, at each of its ports.",
    )
    gateway: str = Field(
        default="",
        description="gRPC target of the gateway that says which tokens of senders are good. Empty: source `receive` asks for none.",
    )
    gateway_tls_server_name: str = Field(
        default="gateway", description="Name that the gateway's certificate must bear."
    )
    jwt_ingest_role: str = Field(
        default="ingest",
        min_length=1,
        description="Role that a sender's access token must name to bring records of its tenant.",
    )
    door_tls_cert: Path | None = Field(
        default=None, description="Certificate chain that senders are shown, PEM. Unset: they come in plaintext."
    )
    door_tls_key: Path | None = Field(default=None, description="Key of that certificate, PEM.")
    door_tls_ca: Path | None = Field(
        default=None,
        description="Authorities, PEM, of the certificates that senders must show then. Unset: none need one.",
    )
    tenants: dict[str, str] = Field(
        default_factory=dict,
        description="Tenant by SPIFFE identity of senders without a token, as JSON; others are refused. Empty: whoever shows a"
        " certificate sends for this process's own tenant, where no tokens are asked for.",
    )
    mesh: Mesh = Field(
        default="none",
        description="`sidecar`: Istio's sidecar in this pod takes what comes to the doors, and is believed whose certificate it saw.",
    )
    syslog_tenant: str = Field(
        default="",
        max_length=255,
        description="Tenant of syslog whose sender shows no certificate, as without TLS. Empty: where senders must show who they are,"
        " it is not taken.",
    )
    files: Listed = Field(default_factory=list, description="Globs of source `file`, comma-separated.")
    follow: bool = Field(default=True, description="Whether source `file` waits for more at a file's end.")
    join: bool = Field(
        default=True, description="Whether lines that continue a record, such as a stack trace's, are joined to it."
    )
    timezone: str = Field(
        default="",
        description="Zone of times that name none, such as Europe/Berlin or UTC. Empty: this machine's; of a container's log, UTC.",
    )
    node_name: str = Field(
        default="",
        max_length=253,
        description="Kubernetes node whose pods' labels, owners and hints are asked of the API server. Empty: none are.",
    )
    pod_labels: Listed = Field(
        default=["*"], description="Globs of the pods' labels that become attributes of their records, comma-separated."
    )
    pod_annotations: Listed = Field(
        default_factory=list, description="Globs of the pods' annotations that do, comma-separated."
    )
    api_server: str = Field(
        default="",
        pattern="^(https?://.*)?$",
        description="URL of the API server; the token is sent to https alone. Empty: the one that the kubelet names.",
    )
    service_account_dir: Path = Field(
        default=Path("/var/run/secrets/kubernetes.io/serviceaccount"),
        description="Folder of the token and the authority for the API server, which may be replaced at any time.",
    )
    rules: Path | None = Field(
        default=None,
        description="File of rules (docs/rules.md): what is dropped, sampled, renamed, redacted, limited. Read again when it changes.",
    )
    rate: float = Field(
        default=200, ge=0, description="Records a second of source `generate`; 0 is as fast as it goes."
    )
    seed: int = Field(default=0, description="Seed of source `generate`; 0 takes a random one.")
    count: int = Field(default=0, ge=0, description="Records after which source `generate` ends; 0 is never.")
    service: str = Field(
        default="",
        max_length=255,
        description="`service.name` of files and standard input. Empty: of a container's log, its workload and container.",
    )
    instance: str = Field(
        default="", max_length=255, description="`service.instance.id` of files and standard input. Empty: the name."
    )
    batch_records: int = Field(default=1_000, ge=1, le=10_000, description="Records that fill a batch.")
    batch_bytes: int = Field(default=1 << 20, ge=64 << 10, le=3 << 20, description="Bytes that fill a batch.")
    batch_seconds: float = Field(default=0.5, gt=0, description="Age at which a batch is sent as it is.")
    compress: bool | None = Field(
        default=None,
        description="Whether payloads are compressed by zstd, in the spool and on the way. Unset: those of source `receive` are.",
    )
    rotate_seconds: tuple[float, float] = Field(
        default=(300, 600), description="Between which ages a stream is replaced."
    )
    drain_seconds: float = Field(default=10, ge=0, description="How long a stop waits for the last acknowledgements.")

    @property
    def compresses(self) -> bool:
        """Whether payloads are compressed."""
        return self.source == "receive" if self.compress is None else self.compress

    @property
    def knows_senders(self) -> bool:
        """Whether senders to source `receive` must show who they are: a token, an issuer's access token, or a certificate."""
        in_mesh = self.mesh == "sidecar" and bool(self.tenants)
        return bool(self.gateway or self.jwt_issuer) or self.door_tls_ca is not None or in_mesh

    @cached_property
    def door_tls(self) -> ServedFiles | None:
        """The files of TLS towards senders, or None for plaintext."""
        if self.door_tls_cert is None or self.door_tls_key is None:
            return None
        return ServedFiles(self.door_tls_cert, self.door_tls_key, self.door_tls_ca)

    @model_validator(mode="after")
    def _doors_go_together(self) -> "ProducerSettings":
        if bool(self.door_tls_cert) != bool(self.door_tls_key) or (self.door_tls_ca and not self.door_tls_cert):
            raise ValueError(
                "LOGMESH_DOOR_TLS_CERT and LOGMESH_DOOR_TLS_KEY go together, and LOGMESH_DOOR_TLS_CA with both of them"
            )
        if self.tenants and self.door_tls_ca is None and self.mesh == "none":
            raise ValueError("LOGMESH_TENANTS needs LOGMESH_DOOR_TLS_CA or a mesh: else senders show no identities")
        return self

    @model_validator(mode="after")
    def _no_door_is_open_to_everybody(self) -> "ProducerSettings":
        has_syslog = bool(self.syslog_port or (self.syslog_tls_port and self.door_tls_cert))
        asked_nothing = bool(self.otlp_port or self.http_port) or (has_syslog and not self.syslog_tenant)
        if self.source == "receive" and asked_nothing and not (self.knows_senders or is_loopback(self.listen_address)):
            raise ValueError(
                f"LOGMESH_LISTEN_ADDRESS is {self.listen_address}, and senders from other machines must show who they are: set"
                " LOGMESH_GATEWAY, which knows the tokens that `logmesh token create` makes, LOGMESH_JWT_ISSUER for those of an issuer,"
                " LOGMESH_DOOR_TLS_CA for certificates, or LOGMESH_MESH and LOGMESH_TENANTS for those that a sidecar saw;"
                " or set LOGMESH_LISTEN_ADDRESS to localhost"
            )
        return self

    @field_validator("tenants")
    @classmethod
    def _are_spiffe_ids(cls, value: dict[str, str]) -> dict[str, str]:
        return {checked_spiffe_id(identity): tenant for identity, tenant in value.items()}

    @field_validator("timezone")
    @classmethod
    def _known(cls, value: str) -> str:
        if value:
            zone_of(value)
        return value

    @field_validator("rules")
    @classmethod
    def _understood(cls, value: Path | None) -> Path | None:
        if value is not None:
            read_rules(value)
        return value
