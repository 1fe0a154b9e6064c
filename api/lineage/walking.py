"""The one way from a question to its walk: whatever answers it, the record or a graph beside it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable
from dataclasses import replace
from typing import TypeVar

from api.context import Context
from api.info import Info
from domain.ids import NodeKey, NodeKind, WorkspaceID
from domain.lineage.answers import Walk
from domain.lineage.edges import Interval
from domain.lineage.kinds import EdgeKind
from domain.lineage.questions import NOW, AsOf, Direction, Question
from domain.runs import Run, RunKind
from lineage.graph import LineageGraph
from projection.routing import RECORD, Wants
from store.edge_reads import fetch_next_to
from store.edge_walks import walk_edges

T = TypeVar("T")

MOST_SECONDS = 20.0
"""How long one walk takes at most."""


class RecordGraph:
    """The record's own tables, as this operation reads them: the primary once a token was sent."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def walk(self, workspace: WorkspaceID, question: Question) -> Walk:
        async with self._context.read() as conn:
            return await walk_edges(conn, workspace, question)

    async def fetch_next_to(
        self,
        workspace: WorkspaceID,
        *,
        into: Iterable[NodeKey] = (),
        out_of: Iterable[NodeKey] = (),
        kinds: Collection[EdgeKind],
        as_of: AsOf = NOW,
    ) -> list[Interval]:
        async with self._context.read() as conn:
            return await fetch_next_to(conn, workspace, into=into, out_of=out_of, kinds=kinds, as_of=as_of)


async def ask_graph(info: Info, question: Callable[[LineageGraph], Awaitable[T]], as_of: AsOf) -> T:
    """Ask whoever answers about edges now, and note how fresh that is."""
    context = info.context
    record = RecordGraph(context)
    router = context.services.graph
    if router is None:
        return await question(record)
    wants = context.wants or Wants(workspace=context.workspace)
    answered = await router.ask(question, wants, record=record, known=as_of.known)
    if answered.freshness.source != RECORD:
        context.graph_freshness = answered.freshness
    return answered.value


async def walk(info: Info, question: Question) -> Walk:
    """Return what a question finds; a walk that runs out of time is cut, and says so."""
    workspace = info.context.workspace
    question = question if question.most_seconds is not None else replace(question, most_seconds=MOST_SECONDS)
    return await ask_graph(info, lambda graph: graph.walk(workspace, question), question.as_of)


async def walk_up(info: Info, starts: Iterable[NodeKey], *, as_of: AsOf = NOW) -> Walk:
    """Return all that lies upstream of some nodes, as far as budgets go."""
    return await walk(info, Question(starts=tuple(starts), direction=Direction.UPSTREAM, as_of=as_of))


async def read_next_to(
    info: Info,
    *,
    into: Iterable[NodeKey] = (),
    out_of: Iterable[NodeKey] = (),
    kinds: Collection[EdgeKind],
    as_of: AsOf = NOW,
) -> list[Interval]:
    """Return the edges of some kinds next to nodes."""
    workspace, entering, leaving = info.context.workspace, tuple(into), tuple(out_of)
    return await ask_graph(
        info,
        lambda graph: graph.fetch_next_to(workspace, into=entering, out_of=leaving, kinds=kinds, as_of=as_of),
        as_of,
    )


async def load_values(info: Info, nodes: Iterable[NodeKey]) -> dict[NodeKey, object]:
    """Return the values of nodes that the record has, a query a kind, and what is left of purged ones."""
    asked = list(dict.fromkeys(nodes))
    loaders = info.context.loaders
    found = dict(zip(asked, await loaders.nodes.load_many(asked), strict=True))
    absent = [key for key, value in found.items() if value is None]
    if absent:
        found |= dict(zip(absent, await loaders.purged.load_many(absent), strict=True))
    return {key: value for key, value in found.items() if value is not None}


async def load_run_kinds(info: Info, nodes: Iterable[NodeKey]) -> dict[NodeKey, RunKind]:
    """Return the kinds of the runs among some nodes."""
    values = await load_values(info, [node for node in nodes if node.kind is NodeKind.RUN])
    return {key: value.kind for key, value in values.items() if isinstance(value, Run)}
