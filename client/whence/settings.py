"""What the command line takes from the environment, where an option does not say it."""

from __future__ import annotations

import os  # the only module of the client that reads the environment
from collections.abc import Mapping

import msgspec

DEFAULT_URL = "http://127.0.0.1:8900"
DEFAULT_WORKSPACE = "default"


class Settings(msgspec.Struct, frozen=True):
    """Where the service is and who asks."""

    url: str = DEFAULT_URL
    """WHENCE_URL: address of the service, without `/w/...`."""
    token: str | None = None
    """WHENCE_TOKEN: access token, needed where the service listens off loopback."""
    workspace: str = DEFAULT_WORKSPACE
    """WHENCE_WORKSPACE: the workspace that commands read and write."""


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Return the settings of the environment; an empty variable counts as absent."""
    found = os.environ if environment is None else environment  # noqa: TID251
    return Settings(
        url=found.get("WHENCE_URL") or DEFAULT_URL,
        token=found.get("WHENCE_TOKEN") or None,
        workspace=found.get("WHENCE_WORKSPACE") or DEFAULT_WORKSPACE,
    )
