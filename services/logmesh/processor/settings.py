"""Settings of a processor."""

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr

from logmesh.runtime.listed import SpiffeIds
from logmesh.runtime.settings import StoreSettings
from logmesh.storage.recent_traces import EXPIRY_SECONDS


class ProcessorSettings(StoreSettings):
    """A processor's environment; see each field."""

    port: int = Field(default=50051, ge=1, le=65535, description="gRPC port for the mesh (ClusterIP).")
    direct_port: int = Field(default=50052, ge=1, le=65535, description="gRPC port for direct streams (headless).")
    buffer_dir: Path = Field(default=Path("/app/buffer"), description="Folder of the write-ahead log.")
    database_dsn: SecretStr = Field(description="PostgreSQL, as the writer role.")
    owner_dsn: SecretStr | None = Field(
        default=None,
        description="The same as the owner, for migrations, retention, and to show what the ledger lacks. Unset: the writer's.",
    )
    database_seconds: float = Field(
        default=10,
        ge=0.5,
        le=120,
        description="How long an answer of the database is waited for. A flush without one is made again, smaller.",
    )
    redis_url: SecretStr | None = Field(default=None, description="Redis for recent traces. Unset: none are kept.")
    track: Literal["stable", "canary"] = Field(default="stable", description="Which release this processor belongs to.")
    tenants: dict[str, str] = Field(
        default_factory=dict, description="Tenant by SPIFFE identity, as JSON; others are `default`."
    )
    receivers: SpiffeIds = Field(
        default_factory=list,
        description="SPIFFE IDs of those that take records in for tenants, and say for which, comma-separated.",
    )
    wal_segment_bytes: int = Field(default=32 << 20, ge=8 << 20, le=64 << 20, description="Size of a WAL segment.")
    wal_max_bytes: int = Field(default=8 << 30, ge=64 << 20, description="Bound of the WAL on disk.")
    wal_ballast_bytes: int = Field(default=16 << 20, ge=0, description="Disk kept aside to recover from a full one.")
    wal_max_batches: int = Field(
        default=200_000, ge=1, description="Batches that the WAL holds at most; each takes half a kilobyte of memory."
    )
    credit_batches: int = Field(default=32, ge=1, le=1024, description="Batches a stream may have unlogged.")
    credit_bytes: int = Field(default=4 << 20, ge=1 << 20, description="Bytes a stream may have unlogged.")
    unlogged_bytes: int = Field(default=64 << 20, ge=8 << 20, description="Bytes all streams may have unlogged.")
    max_streams: int = Field(default=2_000, ge=1, description="Append streams at once.")
    max_writes: int = Field(
        default=128, ge=1, description="Write calls at once, those that wait for the commit included."
    )
    max_tails: int = Field(default=500, ge=1, description="Live tails at once; each of a gateway's is one.")
    flush_rows: int | None = Field(
        default=None,
        ge=1,
        le=100_000,
        description="Rows that a flush waits for. Unset: 10000, and 20000 where `LOGMESH_STORE` is `lake`.",
    )
    flush_bytes: int = Field(
        default=8 << 20,
        ge=1 << 20,
        le=64 << 20,
        description="Bytes of payload that a flush waits for, and holds at most.",
    )
    flush_interval_seconds: float = Field(default=0.25, gt=0, le=10, description="How long it waits for them.")
    request_hours: float = Field(
        default=24,
        gt=0,
        le=168,
        description="How long a request of a receiver is known once it was stored, so that one which is repeated is not stored twice.",
    )
    retention_days: int = Field(default=30, ge=9, description="Days that records are kept.")
    cache_seconds: int = Field(default=EXPIRY_SECONDS, ge=1, description="How long traces stay in Redis.")
    max_connection_age_seconds: float = Field(
        default=600, gt=0, description="Age at which clients are asked to connect anew."
    )
    drain_seconds: float = Field(
        default=20, ge=0, description="How long a stop waits for streams to leave and rows to be written."
    )
