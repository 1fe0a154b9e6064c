"""The three ways to run: what the settings name beside the record, opened and closed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from api.settings import Settings
from projection.targets import ProjectionTarget


@dataclass(slots=True)
class Ways:
    """What follows the record here: nothing (embedded), one of the two servers (mixed), or both (full)."""

    targets: list[ProjectionTarget] = field(default_factory=list)


@asynccontextmanager
async def open_ways(settings: Settings) -> AsyncIterator[Ways]:
    """Give the projections that the settings name; nothing is asked of their servers yet."""
    yield Ways()
