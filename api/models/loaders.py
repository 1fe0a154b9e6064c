"""What stands beside versions of models: their aliases, and versions with the same bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from api.batching import BatchLoader
from domain.nodes import ModelVersion
from store.models import NamedTime, fetch_alias_times_of, fetch_aliases, fetch_bearers


class AliasesLoader(BatchLoader[UUID, list[str]]):
    """Aliases by version."""

    async def fetch(self, conn: AsyncConnection, keys: Sequence[UUID]) -> Mapping[UUID, list[str]]:
        return await fetch_aliases(conn, self.workspace, keys)

    def absent(self, key: UUID) -> list[str]:
        return []


class AliasTimesLoader(BatchLoader[UUID, list[NamedTime]]):
    """What aliases meant and when, by model."""

    async def fetch(self, conn: AsyncConnection, keys: Sequence[UUID]) -> Mapping[UUID, list[NamedTime]]:
        return await fetch_alias_times_of(conn, self.workspace, keys)

    def absent(self, key: UUID) -> list[NamedTime]:
        return []


class SameBytesLoader(BatchLoader[str, list[ModelVersion]]):
    """Versions of models by digest."""

    async def fetch(self, conn: AsyncConnection, keys: Sequence[str]) -> Mapping[str, list[ModelVersion]]:
        return await fetch_bearers(conn, self.workspace, keys)

    def absent(self, key: str) -> list[ModelVersion]:
        return []
