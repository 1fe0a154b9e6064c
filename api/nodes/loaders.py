"""Any node by kind and uuid, as its GraphQL type."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from api.batching import BatchLoader
from api.info import Info
from api.nodes.types import Node
from domain.errors import NotFound
from domain.ids import NodeKey
from store.edge_reads import fetch_sources
from store.lineage.purged import fetch_purged
from store.nodes import fetch_nodes

T = TypeVar("T", bound=Node)


class NodeLoader(BatchLoader[NodeKey, Any]):
    """Values of the domain by their keys, one query a kind; None where there is nothing."""

    async def fetch(self, conn: AsyncConnection, keys: Sequence[NodeKey]) -> Mapping[NodeKey, Any]:
        return await fetch_nodes(conn, self.workspace, keys)

    def absent(self, key: NodeKey) -> None:
        return None


class PurgedLoader(BatchLoader[NodeKey, Any]):
    """What is left of purged nodes, in one query; None for what was never there."""

    async def fetch(self, conn: AsyncConnection, keys: Sequence[NodeKey]) -> Mapping[NodeKey, Any]:
        return await fetch_purged(conn, self.workspace, keys)

    def absent(self, key: NodeKey) -> None:
        return None


class DeclaredSourcesLoader(BatchLoader[NodeKey, bool]):
    """Whether nodes were declared to be where lineage begins, in one query."""

    async def fetch(self, conn: AsyncConnection, keys: Sequence[NodeKey]) -> Mapping[NodeKey, bool]:
        return dict.fromkeys(await fetch_sources(conn, self.workspace, keys), True)

    def absent(self, key: NodeKey) -> bool:
        return False


async def load_node(info: Info, key: NodeKey) -> Node | None:
    """Return a node as its GraphQL type, or None where there is nothing."""
    from api.nodes.wrapping import wrap  # it knows every noun, and every noun has loaders

    found = await info.context.loaders.nodes.load(key)
    return None if found is None else wrap(found, info.context.workspace)


async def load_present(info: Info, key: NodeKey) -> Node:
    """Return a node as its GraphQL type, what is left of it where it was purged. Raises `NotFound`."""
    from api.nodes.wrapping import wrap  # it knows every noun, and every noun has loaders

    found = await load_node(info, key)
    if found is None and (left := await info.context.loaders.purged.load(key)) is not None:
        return wrap(left, info.context.workspace)
    if found is None:
        raise NotFound(f"no {key.kind.name} {key.uuid} in this workspace")
    return found


async def load_named(info: Info, key: NodeKey, type_: type[T]) -> T:
    """Return the name that a version stands under. Raises `NotFound`."""
    found = await load_node(info, key)
    if not isinstance(found, type_):
        raise NotFound(f"no {key.kind.name} {key.uuid} in this workspace")
    return found
