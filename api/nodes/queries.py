"""Any node, by its id or by whatever a user holds of it."""

from __future__ import annotations

from typing import Annotated

import strawberry

from api.info import Info
from api.mutating import below
from api.nodes.inputs import NodeRefInput
from api.nodes.loaders import load_node, load_present
from api.nodes.types import Node
from api.reading import DEFAULT_WAIT_MS, AtLeast, WaitMs, WithFallback, await_token
from domain.errors import DomainError, TooLarge
from domain.ids import GlobalID, parse_global_id
from projection.routing import Fallback
from store.references import resolve

MOST_IDS = 500


@strawberry.type
class NodeQueries:
    @strawberry.field(description="The node of a global id; null when this workspace has none.")
    async def node(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="A global id.")],
        at_least: AtLeast = None,
        wait_ms: WaitMs = DEFAULT_WAIT_MS,
        fallback: WithFallback = Fallback.RECORD,
    ) -> Node | None:
        await await_token(info, at_least, wait_ms=wait_ms, fallback=fallback)
        found = read_id(id, "id")
        return await load_node(info, found.key) if found.workspace == info.context.workspace else None

    @strawberry.field(description="The nodes of several global ids in the order given, null where there is none.")
    async def nodes(
        self,
        info: Info,
        ids: Annotated[list[strawberry.ID], strawberry.argument(description=f"Global ids, at most {MOST_IDS}.")],
        at_least: AtLeast = None,
        wait_ms: WaitMs = DEFAULT_WAIT_MS,
        fallback: WithFallback = Fallback.RECORD,
    ) -> list[Node | None]:
        if len(ids) > MOST_IDS:
            raise TooLarge(f"{len(ids)} ids, at most {MOST_IDS} are taken", path=["ids"])
        await await_token(info, at_least, wait_ms=wait_ms, fallback=fallback)
        asked = [read_id(text, "ids", str(index)) for index, text in enumerate(ids)]
        ours = {one.key for one in asked if one.workspace == info.context.workspace}
        await info.context.loaders.nodes.load_many(list(ours))
        return [await load_node(info, one.key) if one.key in ours else None for one in asked]

    @strawberry.field(
        description="The node that a reference names. Nothing: NOT_FOUND. Several: CONFLICT, with the candidates."
    )
    async def resolve(
        self,
        info: Info,
        ref: Annotated[NodeRefInput, strawberry.argument(description="Whatever you hold of it.")],
        at_least: AtLeast = None,
        wait_ms: WaitMs = DEFAULT_WAIT_MS,
        fallback: WithFallback = Fallback.RECORD,
    ) -> Node:
        await await_token(info, at_least, wait_ms=wait_ms, fallback=fallback)
        context = info.context
        async with context.read() as conn:
            found = ref.to_domain(context.workspace, "ref")
            key = await below(("ref",), resolve(conn, context.workspace, found))
        return await load_present(info, key)


def read_id(text: str, *path: str) -> GlobalID:
    """Read a global id. Raises `InvalidInput` with its path."""
    try:
        return parse_global_id(text)
    except DomainError as exc:
        raise exc.below(*path) from exc
