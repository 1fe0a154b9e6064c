"""Where the record is."""

from __future__ import annotations

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

SCHEMES = ("postgresql://", "postgres://", "postgresql+asyncpg://")


class DatabaseSettings(BaseSettings):
    """The record's address. Without one, the service starts a private Postgres in its data folder."""

    model_config = SettingsConfigDict(env_prefix="WHENCE_DATABASE_", frozen=True, extra="forbid", env_ignore_empty=True)

    url: SecretStr | None = Field(
        default=None,
        description="Address of a Postgres 15 or newer, `postgresql://user:password@host:port/database`. "
        "Empty: a private Postgres in the data folder.",
    )
    read_url: SecretStr | None = Field(
        default=None, description="Address that reads go to, such as a replica. Empty: the same as `url`."
    )
    pool_size: int = Field(
        default=10,
        ge=2,
        le=500,
        description="Connections to Postgres that one process keeps: so many for writing, as many for reading, and "
        "as many again where reads go to an address of their own.",
    )

    @field_validator("url", "read_url")
    @classmethod
    def _is_postgres(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not value.get_secret_value().startswith(SCHEMES):
            raise ValueError("must start with postgresql://")
        return value
