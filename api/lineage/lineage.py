"""An answer of `lineage`: its nodes and links by the page, folded where that was asked for, and in other forms."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Annotated
from uuid import UUID

import strawberry

from api.connections import AFTER, DEFAULT_PAGE, FIRST, Connection, PageInfo, TotalCount, connect
from api.info import Info
from api.lineage.asking import Moment, write_position
from api.lineage.completeness import Completeness, Freshness, count_of
from api.lineage.links import LineageLink
from api.lineage.pinning import Pages
from api.lineage.showing import load_label, load_names, load_shown
from api.lineage.walking import load_values
from api.nodes.loaders import load_present
from api.nodes.types import Node
from api.scalars import JSONObject
from domain.errors import InvalidInput
from domain.ids import NodeKey, NodeKind
from domain.lineage.answers import Reason, Walk
from domain.lineage.collapsing import Collapse, Group, choose_repeats, collapse_links, collapse_nodes
from domain.lineage.dot import make_dot
from domain.lineage.links import Link, fold_links
from domain.lineage.prov import make_prov
from domain.lineage.questions import Question
from domain.runs import Run

BUDGETS = frozenset({Reason.NODES, Reason.EDGES})


@strawberry.type(description="A node of an answer.")
class LineageNodeEdge:
    cursor: str = strawberry.field(description="Place in the order, opaque; give it as `after`.")
    depth: int = strawberry.field(
        description="Length of the shortest way from what was asked about; 0 for that itself."
    )
    count: int = strawberry.field(description="How many nodes are folded into it: 1 where nothing is collapsed.")
    hub: int | None = strawberry.field(description="How many links it has, where it was shown and not passed.")
    afterwards: bool = strawberry.field(
        description="Whether every way to it leads through something that happened on the wrong side of what was asked "
        "about: a run that was already writing before it read."
    )
    key: strawberry.Private[NodeKey]

    @strawberry.field(description="The node.")
    async def node(self, info: Info) -> Node:
        return await load_present(info, self.key)

    @strawberry.field(description="What people know it by, in one line.")
    async def label(self, info: Info) -> str:
        return await load_label(info, self.key)


@strawberry.type(description="A page of the nodes of an answer, by distance, then by uuid.")
class LineageNodeConnection:
    edges: list[LineageNodeEdge] = strawberry.field(description="The nodes with their distances.")
    page_info: PageInfo = strawberry.field(description="Where this page ends.")
    total_count: TotalCount = strawberry.field(description="How many there are in the answer.")

    @strawberry.field(description="The nodes alone.")
    async def nodes(self, info: Info) -> list[Node]:
        return [await load_present(info, edge.key) for edge in self.edges]


@dataclass(slots=True)
class Answered:
    """A walk, and which part of it is to be given: what `resume` has not given before."""

    walk: Walk
    beyond: int | None
    afterwards: frozenset[NodeKey]
    collapse: Collapse | None
    shown: frozenset[NodeKind] | None = None

    @property
    def depths(self) -> Mapping[NodeKey, int]:
        """The nodes that are to be given, with their distances."""
        least = -1 if self.beyond is None else self.beyond
        return {
            node: depth
            for node, depth in self.walk.nodes.items()
            if depth > least and (self.shown is None or node.kind in self.shown)
        }

    def links(self) -> list[Link]:
        """Return the links that are to be given, by id: those between nodes that are given now or were before."""
        depths = self.walk.nodes
        least = -1 if self.beyond is None else self.beyond
        return [
            link
            for link in fold_links(self.walk.intervals)
            if max(depths.get(link.source, 0), depths.get(link.target, 0)) > least
            and (self.shown is None or {link.source.kind, link.target.kind} <= self.shown)
        ]


@strawberry.type(description="Whence something came, or what came of it.")
class Lineage:
    completeness: Completeness = strawberry.field(description="What was left out, and what is assumed.")
    freshness: Freshness = strawberry.field(description="Where it was read, and how far that is behind.")
    answered: strawberry.Private[Answered]
    pages: strawberry.Private[Pages[Answered]]

    @strawberry.field(description="The nodes that were asked about.")
    async def start(self, info: Info) -> list[Node]:
        starts = [node for node in self.answered.walk.question.starts if node.kind is not NodeKind.EVALUATION]
        return [await load_present(info, key) for key in starts or self.answered.walk.question.starts]

    @strawberry.field(description="The nodes, by distance.")
    async def nodes(
        self,
        info: Info,
        first: Annotated[int, strawberry.argument(description=FIRST)] = DEFAULT_PAGE,
        after: Annotated[str | None, strawberry.argument(description=AFTER)] = None,
    ) -> LineageNodeConnection:
        page = await self.pages.cut(partial(_group, info), _key_of_group, first=first, after=after)
        edges = [_make_edge(page.answer, group, cursor) for group, cursor in zip(page.items, page.cursors, strict=True)]
        return LineageNodeConnection(
            edges=edges,
            page_info=PageInfo(end_cursor=page.end_cursor, has_next_page=page.has_next),
            total_count=TotalCount(value=page.total, exact=True),
        )

    @strawberry.field(description="The links between the nodes.")
    async def links(
        self,
        info: Info,
        first: Annotated[int, strawberry.argument(description=FIRST)] = DEFAULT_PAGE,
        after: Annotated[str | None, strawberry.argument(description=AFTER)] = None,
    ) -> Connection[LineageLink]:
        page = await self.pages.cut(partial(_show_links, info), _key_of_link, first=first, after=after)
        cursors = {link.id: cursor for link, cursor in zip(page.items, page.cursors, strict=True)}
        return connect(
            page.items,
            make=lambda link: link,
            cursor=lambda link: cursors[link.id],
            has_next=page.has_next,
            count=count_of(page.total),
        )

    @strawberry.field(description="The answer for Graphviz, in the DOT language.")
    async def dot(self, info: Info) -> str:
        return make_dot(await load_shown(info, list(self.answered.depths)), self.answered.links())

    @strawberry.field(description="The answer as W3C PROV-JSON.")
    async def prov_json(self, info: Info) -> JSONObject:
        return make_prov(await load_shown(info, list(self.answered.depths)), self.answered.links())


async def _fold(info: Info, answered: Answered) -> dict[NodeKey, NodeKey]:
    """Return what each node is shown as."""
    nodes = list(answered.depths)
    if answered.collapse is Collapse.NAME:
        return await load_names(info, nodes)
    values = await load_values(info, [node for node in nodes if node.kind is NodeKind.RUN])
    return choose_repeats({key: value for key, value in values.items() if isinstance(value, Run)})


async def _group(info: Info, answered: Answered) -> list[Group]:
    folded = {} if answered.collapse is None else await _fold(info, answered)
    return collapse_nodes(answered.depths, folded)


async def _show_links(info: Info, answered: Answered) -> list[LineageLink]:
    workspace, found = info.context.workspace, answered.links()
    if answered.collapse is None:
        return [LineageLink.of(link, workspace) for link in found]
    folded = await _fold(info, answered)
    return [LineageLink.of_group(group, workspace) for group in collapse_links(found, folded)]


def _key_of_group(group: Group) -> NodeKey:
    return group.shown


def _key_of_link(link: LineageLink) -> NodeKey:
    return NodeKey(NodeKind.EDGE, UUID(link.id.partition("+")[0]))


def _make_edge(answered: Answered, group: Group, cursor: str) -> LineageNodeEdge:
    return LineageNodeEdge(
        cursor=cursor,
        depth=group.depth,
        count=group.count,
        hub=answered.walk.hubs.get(group.shown),
        afterwards=all(member in answered.afterwards for member in group.members),
        key=group.shown,
    )


def make_lineage(info: Info, answered: Answered, moment: Moment, pages: Pages[Answered]) -> Lineage:
    """Return an answer; where a budget cut it, it says how to get the rest."""
    walk = answered.walk
    resume = None
    if walk.reasons & BUDGETS:
        resume = write_resume(max(walk.depths.values(), default=0), walk.question, moment)
    return Lineage(
        completeness=Completeness.of(walk, resume=resume),
        freshness=Freshness.of(info, moment),
        answered=answered,
        pages=pages,
    )


@dataclass(frozen=True, slots=True)
class Resumed:
    """Where an answer was cut: the depth that was given, the budget that it took, the position it was read at.

    `stamp` tells the questions apart.
    """

    depth: int
    budget: int
    position: str
    stamp: str


def write_resume(depth: int, question: Question, moment: Moment) -> str:
    """Return the cursor for the rest of an answer."""
    raw = f"{depth}.{question.most_nodes}.{write_position(moment.border)}.{stamp_question(question)}"
    return base64.urlsafe_b64encode(raw.encode("ascii")).decode("ascii")


def stamp_question(question: Question) -> str:
    """Return what tells a question from others, whatever its budget and what is known."""
    sets = (question.kinds, question.roles, question.node_kinds, question.stop_at)
    parts = (
        *(sorted(node.uuid.hex for node in question.starts), question.direction.value, question.max_depth),
        *(None if given is None else sorted(each.value for each in given) for given in sets),
        *(question.subset, question.inferred, question.follow_revisions, question.hub, question.as_of.at),
    )
    return hashlib.sha256(repr(parts).encode("utf-8")).hexdigest()[:16]


def parse_resume(text: str) -> Resumed:
    """Read a cursor for the rest. Raises `InvalidInput`."""
    try:
        depth, budget, position, stamp = base64.urlsafe_b64decode(text.encode("ascii")).decode("ascii").split(".")
        return Resumed(int(depth), int(budget), position, stamp)
    except (ValueError, binascii.Error) as exc:
        raise InvalidInput(f"{text[:80]!r} is not a cursor", path=["resume"]) from exc
