"""The subscription of lineage: what changes above or below a node while one looks."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection
from typing import Annotated

import strawberry

from api.changes.pacing import Pace
from api.changes.subscriptions import BATCH, SINCE, read_token
from api.changes.types import CURSOR, RESET
from api.info import Info
from api.lineage.asking import resolve_start
from api.lineage.links import LineageLink
from api.lineage.queries import with_evaluations
from api.lineage.walking import walk
from api.nodes.inputs import NodeRefInput
from api.nodes.loaders import load_node
from api.nodes.types import Node
from domain.ids import NodeKey, NodeKind
from domain.lineage.answers import Walk
from domain.lineage.links import fold_links
from domain.lineage.questions import Direction, Question
from domain.positions import Token
from store.changes import ChangesSince, fetch_changes
from store.edges import fetch_intervals
from store.outbox import Changed


@strawberry.type(description="What changed above or below a node since the message before.")
class LineageChanges:
    cursor: str = strawberry.field(description=CURSOR)
    reset: bool = strawberry.field(description=RESET)
    links: list[LineageLink] = strawberry.field(description="Links that are new, or that somebody says more of.")
    retracted: list[LineageLink] = strawberry.field(description="What was said and was taken back.")
    nodes: list[Node] = strawberry.field(description="Nodes that were described, ended or deleted.")

    def __bool__(self) -> bool:
        return bool(self.links or self.retracted or self.nodes or self.reset)


@strawberry.type
class LineageSubscriptions:
    @strawberry.subscription(
        description="What changes above or below a node, at most two messages a second. The first message says where "
        "it begins and may be empty."
    )
    async def lineage_changed(
        self,
        info: Info,
        node: Annotated[NodeRefInput, strawberry.argument(name="root", description="The node.")],
        direction: Annotated[Direction, strawberry.argument(description="Above it or below it.")] = Direction.UPSTREAM,
        since: Annotated[str | None, strawberry.argument(description=SINCE)] = None,
    ) -> AsyncGenerator[LineageChanges, None]:
        starts = await with_evaluations(info, [await resolve_start(info, node, "root")])
        question = Question(starts=starts, direction=direction)
        cursor = None if since is None else read_token(since)
        pace = Pace(info.context.services.wakeups)
        begun = False
        while True:
            pace.look()
            found = await _read_changes(info, cursor)
            info.context.forget_loaded()
            message = await _tell(info, question, found)
            cursor = found.cursor
            if message or not begun:
                yield message
                begun = True
                pace.sent()
            if found.more:
                await pace.rest()
            else:
                await pace.wait()


async def _read_changes(info: Info, cursor: Token | None) -> ChangesSince:
    async with info.context.database.read() as conn:
        return await fetch_changes(conn, info.context.workspace, cursor, limit=BATCH)


async def _tell(info: Info, question: Question, found: ChangesSince) -> LineageChanges:
    """Return what of the changes lies in the answer to the question as it is now."""
    changed = [change.key for change in found.changes if change.changed & Changed.GRAPH]
    message = LineageChanges(cursor=str(found.cursor), reset=found.reset, links=[], retracted=[], nodes=[])
    if changed and not found.reset:
        seen = await walk(info, question)
        await _add_links(info, message, seen, [key for key in changed if key.kind is NodeKind.EDGE])
        nodes = [await load_node(info, key) for key in changed if key in seen.depths]
        message.nodes = [node for node in nodes if node is not None]
    return message


async def _add_links(info: Info, message: LineageChanges, seen: Walk, edges: Collection[NodeKey]) -> None:
    """Add the links of changed edges: those that are in the answer, and those taken back that touched it."""
    workspace = info.context.workspace
    ids = {key.uuid for key in edges}
    links = fold_links(seen.intervals)
    new = [link for link in links if any(each.edge.id in ids for each in link.intervals)]
    message.links = [LineageLink.of(link, workspace) for link in new]
    async with info.context.read() as conn:
        histories = await fetch_intervals(conn, workspace, ids)
    closed = [history[-1] for history in histories.values() if not history[-1].is_open]
    touching = [each for each in closed if {each.edge.source, each.edge.target} & seen.depths.keys()]
    message.retracted = [LineageLink.of(link, workspace) for link in fold_links(touching)]
