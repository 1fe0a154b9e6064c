"""Where the search index is, and how it is asked."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}")


class ElasticsearchSettings(BaseSettings):
    """Elasticsearch's address. Without one, the record answers questions of search itself."""

    model_config = SettingsConfigDict(
        env_prefix="WHENCE_ELASTICSEARCH_", frozen=True, extra="forbid", env_ignore_empty=True
    )

    url: SecretStr | None = Field(
        default=None,
        description="Address of an Elasticsearch 9.0 or newer, `https://user:password@host:9200`; several nodes of one "
        "cluster are separated by commas. Empty: the record answers questions of search itself.",
    )
    api_key: SecretStr | None = Field(
        default=None, description="API key in its encoded form, in place of a user and a password in the address."
    )
    ca_file: Path | None = Field(
        default=None, description="Certificate of the authority that signed the server's, as a PEM file."
    )
    prefix: str = Field(
        default="whence",
        description="What the names of all indexes begin with: several installations can share a cluster, each with a "
        "prefix of its own.",
    )
    request_seconds: float = Field(
        default=30,
        gt=0,
        le=600,
        description="Longest time for one request of the projection, in seconds. Questions of users wait no longer "
        "than WHENCE_PROJECTION_SLOW_SECONDS before the record answers them.",
    )

    @field_validator("url")
    @classmethod
    def _is_http(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not all(map(_is_address, value.get_secret_value().split(","))):
            raise ValueError("must be like https://user:password@host:9200")
        return value

    @field_validator("prefix")
    @classmethod
    def _is_name(cls, value: str) -> str:
        if not PREFIX.fullmatch(value):
            raise ValueError("must begin with a small letter or digit, then small letters, digits, `.`, `_`, `-`")
        return value

    @field_validator("ca_file")
    @classmethod
    def _is_there(cls, value: Path | None) -> Path | None:
        if value is not None and not value.is_file():
            raise ValueError("there is no such file")
        return value


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text.strip())
        named = bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number
        return False
    return named and parts.scheme in ("http", "https") and not parts.query and not parts.fragment
