"""How much ingest may hold in memory, and how much it puts into one commit."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class IngestSettings(BaseSettings):
    """Bounds of the group commit of metric points."""

    model_config = SettingsConfigDict(env_prefix="WHENCE_INGEST_", frozen=True, extra="forbid", env_ignore_empty=True)

    max_waiting_points: int = Field(
        default=4_000_000, ge=1_000_000, description="Points that may wait for a commit; above, writers are put off."
    )
    max_waiting_bytes: int = Field(
        default=256 * 1024 * 1024,
        ge=64 * 1024 * 1024,
        description="Bytes that waiting points may take in memory; above, writers are put off.",
    )
    max_group_points: int = Field(
        default=400_000, ge=1, description="Points that one commit takes, if it has a choice."
    )
    max_group_requests: int = Field(default=256, ge=1, description="Requests that one commit takes.")
    committers: int = Field(default=2, ge=1, le=16, description="Groups that may be committed at the same time.")
