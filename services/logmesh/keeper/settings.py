"""Settings of a keeper."""

from pydantic import Field, SecretStr

from logmesh.runtime.settings import DEFAULT_LAKE_DIR, BaseProcessSettings, LakeDir


class KeeperSettings(BaseProcessSettings):
    """A keeper's environment; see each field."""

    health_port: int = Field(
        default=0,
        ge=0,
        le=65535,
        description="Port of gRPC health, without TLS, for a kubelet's probes; 0 turns it off.",
    )
    owner_dsn: SecretStr = Field(description="PostgreSQL, as the owner.")
    lake_dir: LakeDir = DEFAULT_LAKE_DIR
    retention_days: int = Field(default=30, ge=9, description="Days that records are kept.")
    round_seconds: float = Field(
        default=5, gt=0, le=600, description="How long it waits between two rounds while there is little to do."
    )
    scrub_bytes: int = Field(
        default=4 << 20,
        ge=0,
        description="Bytes a second that are read to look for damaged files; 0: none are looked for.",
    )
