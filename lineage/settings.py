"""Where the lineage graph is."""

from __future__ import annotations

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

SCHEMES = ("bolt://", "bolt+s://", "bolt+ssc://", "neo4j://", "neo4j+s://", "neo4j+ssc://")


class Neo4jSettings(BaseSettings):
    """Neo4j's address. Without one, the record answers questions of lineage itself."""

    model_config = SettingsConfigDict(env_prefix="WHENCE_NEO4J_", frozen=True, extra="forbid", env_ignore_empty=True)

    url: SecretStr | None = Field(
        default=None,
        description="Address of a Neo4j 5.26 or newer, `bolt://user:password@host:7687`; one installation a database. "
        "Empty: the record answers questions of lineage itself.",
    )

    @field_validator("url")
    @classmethod
    def _is_bolt(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not value.get_secret_value().startswith(SCHEMES):
            raise ValueError("must start with bolt:// or neo4j://")
        return value
