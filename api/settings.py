"""What the service can be told: environment variables, `whence.toml` and the command line, read once at the start."""

from __future__ import annotations

import ipaddress
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, ByteSize, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from artifacts.settings import ArtifactSettings
from lineage.settings import Neo4jSettings
from projection.settings import ProjectionSettings
from search.elastic.settings import ElasticsearchSettings
from store.ingest.settings import IngestSettings
from store.settings import DatabaseSettings

DEFAULT_FILE = Path("whence.toml")


def _split(value: object) -> object:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]


class SettingsError(Exception):
    """Settings that the service cannot start with: one line a problem."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class ServerSettings(BaseSettings):
    """How the service listens, whom it answers, and where its limits are."""

    model_config = SettingsConfigDict(
        env_prefix="WHENCE_", frozen=True, extra="forbid", env_ignore_empty=True, validate_default=False
    )

    data: Path = Field(
        default=Path(".whence"),
        description="Folder of the private Postgres, of artifacts and of uploads; made when absent.",
    )
    host: str = Field(default="127.0.0.1", description="Address to listen on. Off loopback an access token is needed.")
    port: int = Field(default=8900, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    token: SecretStr | None = Field(
        default=None,
        description="Access token. Once set, every request but health and the static pages must carry "
        "`Authorization: Bearer <token>`.",
    )
    allowed_hosts: Names = Field(
        default=(),
        description="Names, beside loopback and `host`, by which clients may address the service "
        "(the `Host` header), separated by commas; `*` takes any.",
    )
    allowed_origins: Names = Field(
        default=(),
        description="Origins of browser pages, beside the service's own, that may send requests, "
        "such as `https://notebooks.example`, separated by commas.",
    )
    max_body: ByteSize = Field(
        default=ByteSize(16 << 20), ge=1024, description="Largest request body as sent, and largest WebSocket message."
    )
    max_decoded_body: ByteSize = Field(
        default=ByteSize(64 << 20), ge=1024, description="Largest request body once gzip or zstd is undone."
    )
    request_seconds: float = Field(
        default=30,
        gt=0,
        le=3600,
        description="Longest time for a query or mutation, in seconds; its statement is cancelled.",
    )
    compress_from: ByteSize = Field(
        default=ByteSize(16 << 10),
        ge=0,
        description="Answers of this size and more are compressed for clients that take it.",
    )
    shutdown_seconds: int = Field(
        default=5,
        ge=0,
        le=600,
        description="How long requests under way may still run once the service is told to stop, in seconds.",
    )
    socket_operations: int = Field(
        default=100, ge=1, le=10_000, description="Operations under way at once on one WebSocket."
    )
    compile: Literal["on", "off"] = Field(
        default="on",
        description="`on`: what a document selects is compiled when it first comes, and answered many times faster; "
        "`off`: graphql-core alone answers, should a compiled answer ever be in doubt.",
    )
    log_format: Literal["auto", "console", "json"] = Field(
        default="auto", description="`json`: one object a line; `console`: for people; `auto`: console on a terminal."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="Least level logged.")
    access_log: Literal["on", "off"] = Field(
        default="off",
        description="`on`: one event a request at the level `info`; `off`: at `debug`. "
        "What failed with a status of 500 and more is always a warning.",
    )

    @field_validator("token")
    @classmethod
    def _can_be_a_header(cls, value: SecretStr | None) -> SecretStr | None:
        text = "" if value is None else value.get_secret_value()
        if any(not 33 <= ord(character) <= 126 for character in text):
            raise ValueError("must be printable ASCII without spaces")
        return value

    @field_validator("allowed_origins")
    @classmethod
    def _are_origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for origin in value:
            if not origin.startswith(("http://", "https://")) or origin.count("/") != 2:
                raise ValueError(f"{origin!r} is no origin: write it like https://notebooks.example")
        return value

    @model_validator(mode="after")
    def _is_closed_off_loopback(self) -> Self:
        if self.token is None and not is_loopback(self.host):
            raise ValueError(
                f"host {self.host} can be reached from other machines: set an access token (WHENCE_TOKEN), "
                "or listen on 127.0.0.1"
            )
        return self


def is_loopback(host: str) -> bool:
    """Say whether only this machine can reach what listens on `host`."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


COMPONENTS: dict[str, type[BaseSettings]] = {
    "": ServerSettings,
    "artifacts": ArtifactSettings,
    "database": DatabaseSettings,
    "ingest": IngestSettings,
    "neo4j": Neo4jSettings,
    "elasticsearch": ElasticsearchSettings,
    "projection": ProjectionSettings,
}
"""Sections of `whence.toml`; the server's own settings stand at its top."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of every component."""

    server: ServerSettings
    database: DatabaseSettings
    ingest: IngestSettings
    artifacts: ArtifactSettings = field(default_factory=ArtifactSettings)
    neo4j: Neo4jSettings = field(default_factory=Neo4jSettings)
    elasticsearch: ElasticsearchSettings = field(default_factory=ElasticsearchSettings)
    projection: ProjectionSettings = field(default_factory=ProjectionSettings)


def load_settings(*, file: Path | None = None, given: Mapping[str, Any] | None = None) -> Settings:
    """Read all settings: `given` (the command line) before the environment before the file before the defaults.

    Raises `SettingsError` with a line for each thing that is wrong.
    """
    problems: list[str] = []
    written = _read_file(file, problems)
    loaded: dict[str, Any] = {}
    for section, component in COMPONENTS.items():
        values = _outside_environment(section, written[section]) | (dict(given or {}) if not section else {})
        loaded[section or "server"] = _load(component, section, values, problems)
    if problems:
        raise SettingsError(problems)
    return Settings(**loaded)


def variable_name(section: str, field: str) -> str:
    """Return the environment variable of a setting."""
    return "_".join(part for part in ("WHENCE", section.upper(), field.upper()) if part)


def _read_file(file: Path | None, problems: list[str]) -> dict[str, dict[str, Any]]:
    """Return the sections of the file; a section nobody knows is a key of the server that nobody knows."""
    path = file or DEFAULT_FILE
    sections: dict[str, dict[str, Any]] = {name: {} for name in COMPONENTS}
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if file is not None:
            problems.append(f"{path}: no such file")
        return sections
    except (OSError, ValueError) as exc:
        problems.append(f"{path}: {exc}")
        return sections
    for key, value in document.items():
        if key in sections and isinstance(value, dict):
            sections[key] = value
        else:
            sections[""][key] = value
    return sections


def _outside_environment(section: str, values: dict[str, Any]) -> dict[str, Any]:
    """Leave out what the environment says too: it goes before the file."""
    environment = {name.upper() for name, value in os.environ.items() if value}  # noqa: TID251
    return {key: value for key, value in values.items() if variable_name(section, key) not in environment}


def _load(
    component: type[BaseSettings], section: str, values: Mapping[str, Any], problems: list[str]
) -> BaseSettings | None:
    try:
        return component(**values)
    except ValidationError as exc:
        problems.extend(_explain(section, error) for error in exc.errors(include_url=False))
        return None


def _explain(section: str, error: Any) -> str:
    """Return one line: the setting's name, what is wrong, and its value unless it is a secret."""
    message = str(error["msg"]).removeprefix("Value error, ")
    if not error["loc"]:
        return message
    field = str(error["loc"][0])
    if error["type"] == "extra_forbidden":
        return f"{'.'.join(part for part in (section, field) if part)}: no setting has this name"
    secret = field in ("token", "url", "read_url", "api_key")
    return f"{variable_name(section, field)}: {message}" + ("" if secret else f" (it is {error['input']!r})")
