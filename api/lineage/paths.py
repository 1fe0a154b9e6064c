"""The shortest ways between two nodes."""

from __future__ import annotations

from itertools import islice

import strawberry

from api.connections import TotalCount
from api.info import Info
from api.lineage.asking import Moment
from api.lineage.completeness import Completeness, Freshness
from api.lineage.links import LineageLink
from api.lineage.showing import load_label
from api.lineage.walking import walk
from api.nodes.loaders import load_present
from api.nodes.types import Node
from domain.ids import NodeKey, WorkspaceID
from domain.lineage.links import Link, fold_links
from domain.lineage.questions import Direction, Question
from domain.lineage.routes import count_routes, iterate_routes
from domain.lineage.traces import Trace


@strawberry.type(description="One step of a way: a node, and the link that leads on from it.")
class LineageStep:
    link: LineageLink | None = strawberry.field(
        description="The link by which the step was come to; null for the first."
    )
    key: strawberry.Private[NodeKey]

    @strawberry.field(description="The node.")
    async def node(self, info: Info) -> Node:
        return await load_present(info, self.key)

    @strawberry.field(description="What people know it by, in one line.")
    async def label(self, info: Info) -> str:
        return await load_label(info, self.key)


@strawberry.type(description="A way from one node to another, along the flow of data.")
class LineagePath:
    length: int = strawberry.field(description="How many links it has.")
    steps: list[LineageStep] = strawberry.field(description="Its nodes in order, both ends among them.")


@strawberry.type(description="The shortest ways between two nodes.")
class LineagePaths:
    total_count: TotalCount = strawberry.field(description="How many there are, and whether that count is exact.")
    nodes: list[LineagePath] = strawberry.field(description="The ways, at most as many as were asked for.")
    completeness: Completeness = strawberry.field(description="What was left out.")
    freshness: Freshness = strawberry.field(description="Where it was read.")


def make_steps(links: tuple[Link, ...], workspace: WorkspaceID) -> list[LineageStep]:
    """Return a way as its steps; an empty one has none."""
    if not links:
        return []
    steps = [LineageStep(link=None, key=links[0].source)]
    return steps + [LineageStep(link=LineageLink.of(link, workspace), key=link.target) for link in links]


async def find_paths(
    info: Info, source: NodeKey, target: NodeKey, moment: Moment, *, first: int, inferred: bool
) -> LineagePaths:
    """Return the shortest ways down from `source` to `target`."""
    question = Question(starts=(target,), direction=Direction.UPSTREAM, inferred=inferred, as_of=moment.as_of)
    found = await walk(info, question)
    trace = Trace.of(fold_links(found.intervals))
    known = source in found.depths
    workspace = info.context.workspace
    ways = [] if source == target else islice(iterate_routes(trace, found.depths, source), first)
    paths = [LineagePath(length=len(way), steps=make_steps(way, workspace)) for way in ways]
    number = 0 if source == target else count_routes(trace, found.depths, source)
    return LineagePaths(
        total_count=TotalCount(value=number, exact=known or found.complete),
        nodes=paths,
        completeness=Completeness.of(found),
        freshness=Freshness.of(info, moment),
    )
