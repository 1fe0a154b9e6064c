"""Tags of many runs and experiments in one query."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from api.batching import ArgumentLoader
from api.context import Context
from api.nodes.types import Node
from domain.tags import Tag
from store.tags import fetch_tags

Names: TypeAlias = "tuple[str, ...] | None"


class TagsLoader(ArgumentLoader[UUID, Names, list[Tag]]):
    """Tags by what they stand on, all or those of some keys."""

    async def fetch(self, conn: AsyncConnection, keys: Sequence[UUID], arguments: Names) -> Mapping[UUID, list[Tag]]:
        return await fetch_tags(conn, self.workspace, keys, arguments)

    def absent(self) -> list[Tag]:
        return []


async def load_tags(context: Context, subjects: Sequence[Node], keys: Sequence[str] | None = None) -> list[list[Tag]]:
    """Return the tags of each run or experiment, all or those of some keys."""
    names = None if keys is None else tuple(keys)
    return await context.loaders.tags.load_many([(subject.uuid, names) for subject in subjects])
