"""How projections follow the record."""

from __future__ import annotations

from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class ProjectionSettings(BaseSettings):
    """How the graph and the index are kept in step with the record, where there is a server for them."""

    model_config = SettingsConfigDict(
        env_prefix="WHENCE_PROJECTION_", frozen=True, extra="forbid", env_ignore_empty=True
    )

    in_server: Literal["on", "off"] = Field(
        default="on",
        description="`on`: each server process stands ready to lead the projections; "
        "`off`: only processes started with `whence project` do.",
    )
    hot_seconds: float = Field(
        default=5,
        ge=0,
        le=3600,
        description="How often a run that only logs metric points is projected at most, in seconds; a query with "
        "`atLeast` does not wait for it.",
    )
    poll_seconds: float = Field(
        default=1, gt=0, le=60, description="How often the outbox is looked at where no notification came, in seconds."
    )
    batch: int = Field(default=1000, ge=1, le=100_000, description="Outbox rows that are projected together.")
    behind_seconds: float = Field(
        default=10,
        gt=0,
        le=86_400,
        description="A projection that is further behind than this, in seconds, is not asked: the record is.",
    )
    slow_seconds: float = Field(
        default=10,
        gt=0,
        le=300,
        description="How long a question may take a projection's server, in seconds, before the record is asked.",
    )
    largest_drop: float = Field(
        default=0.1,
        ge=0,
        le=1,
        description="Share of what a projection holds that a rebuild or a repair may drop without `--drop-anyway`.",
    )
