"""Where the bytes of artifacts lie."""

from __future__ import annotations

from pydantic import ByteSize, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class ArtifactSettings(BaseSettings):
    """The store of artifacts' bytes."""

    model_config = SettingsConfigDict(
        env_prefix="WHENCE_ARTIFACTS_", frozen=True, extra="forbid", env_ignore_empty=True, validate_default=False
    )

    url: SecretStr | None = Field(
        default=None,
        description="Address of the store of artifacts' bytes: `s3://bucket/prefix`, `gs://...`, `az://...`. Its "
        "credentials come from the environment as for every tool of that store (`AWS_ACCESS_KEY_ID`, `AWS_ENDPOINT`, "
        "...). Empty: the folder `artifacts` in the data folder.",
    )
    max_file: ByteSize = Field(default=ByteSize(1 << 40), ge=1024, description="Largest file that is taken.")
    grace_hours: float = Field(
        default=24,
        ge=0,
        le=8760,
        description="Bytes that no record names are left alone for so long after their upload, in hours.",
    )
