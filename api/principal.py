"""Who sends a request. Today a token makes a principal; users and roles take its place without touching callers."""

from __future__ import annotations

from dataclasses import dataclass

DEFAULT_WORKSPACE = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Whoever a request acts for, and the workspace it means when it names none."""

    name: str
    default_workspace: str = DEFAULT_WORKSPACE


ANONYMOUS = Principal(name="anonymous")
"""Every request of a service that asks for no token."""

TOKEN_HOLDER = Principal(name="token")
"""Whoever presented the service's access token."""
