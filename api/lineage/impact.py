"""What breaks if something is bad: everything below it, what is live first, each with what is to be done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import strawberry

from api.connections import AFTER, DEFAULT_PAGE, FIRST, PageInfo, TotalCount
from api.info import Info
from api.lineage.answer_enums import LineageNodeKind, show_kind
from api.lineage.asking import Moment
from api.lineage.completeness import Completeness, Freshness
from api.lineage.enums import Role
from api.lineage.pinning import Pages
from api.lineage.showing import load_label, load_names
from api.lineage.walking import load_values, read_next_to, walk
from api.nodes.loaders import load_present
from api.nodes.types import Node
from domain.ids import NodeKey, NodeKind
from domain.lineage.answers import Walk
from domain.lineage.influence import Influence, find_only_measured, judge_influence, makes, makes_or_measures
from domain.lineage.kinds import PRODUCING, VERSIONS, EdgeKind
from domain.lineage.links import Link, fold_links
from domain.lineage.questions import Direction, Question
from domain.lineage.timing import find_afterwards
from domain.lineage.traces import Trace
from domain.nodes import DeploymentRevision
from store.edge_reads import fetch_equals


@strawberry.type(description="Hits of one kind.")
class KindCount:
    kind: LineageNodeKind = strawberry.field(description="The kind.")
    count: int = strawberry.field(description="How many hits there are.")
    live: int = strawberry.field(description="How many of them are live, or have a live deployment below them.")


@strawberry.type(description="Hits with one thing to be done.")
class InfluenceCount:
    influence: Influence = strawberry.field(description="What is to be done.")
    count: int = strawberry.field(description="How many hits there are.")
    live: int = strawberry.field(description="How many of them are live, or have a live deployment below them.")
    afterwards: int = strawberry.field(description="How many of them, by their times, cannot have got anything of it.")


@strawberry.type(description="Hits that one owner answers for.")
class OwnerCount:
    owner: str = strawberry.field(description="The owner, of the hit or of its name.")
    count: int = strawberry.field(description="How many hits there are.")
    live: int = strawberry.field(description="How many of them are live, or have a live deployment below them.")


@dataclass(frozen=True, slots=True)
class Hit:
    """What is known of one node below."""

    key: NodeKey
    depth: int
    influence: Influence
    roles: tuple[Role, ...]
    live: bool
    afterwards: bool


@strawberry.type(description="A hit.")
class ImpactEdge:
    cursor: str = strawberry.field(description="Place in the order, opaque; give it as `after`.")
    depth: int = strawberry.field(description="Length of the shortest way to it.")
    influence: Influence = strawberry.field(description="What is to be done about it.")
    roles: list[Role] = strawberry.field(description="The roles on a shortest way to it, in order.")
    live: bool = strawberry.field(description="Whether it is live, or has a live deployment below it.")
    afterwards: bool = strawberry.field(description="Whether, by its time, it cannot have got anything of it.")
    key: strawberry.Private[NodeKey]

    @strawberry.field(description="The node.")
    async def node(self, info: Info) -> Node:
        return await load_present(info, self.key)

    @strawberry.field(description="What people know it by, in one line.")
    async def label(self, info: Info) -> str:
        return await load_label(info, self.key)


@strawberry.type(description="A page of hits: live deployments first, then by distance, then by uuid.")
class ImpactConnection:
    edges: list[ImpactEdge] = strawberry.field(description="The hits.")
    page_info: PageInfo = strawberry.field(description="Where this page ends.")
    total_count: TotalCount = strawberry.field(description="How many there are.")


@strawberry.type(description="What breaks if something is bad.")
class Impact:
    by_kind: list[KindCount] = strawberry.field(description="The hits, counted by kind.")
    by_influence: list[InfluenceCount] = strawberry.field(description="The hits, counted by what is to be done.")
    completeness: Completeness = strawberry.field(description="What was left out.")
    freshness: Freshness = strawberry.field(description="Where it was read.")
    hits: strawberry.Private[Sequence[Hit]]
    pages: strawberry.Private[Pages[Sequence[Hit]]]

    @strawberry.field(description="The hits.")
    async def nodes(
        self,
        first: Annotated[int, strawberry.argument(description=FIRST)] = DEFAULT_PAGE,
        after: Annotated[str | None, strawberry.argument(description=AFTER)] = None,
    ) -> ImpactConnection:
        page = await self.pages.cut(_list_hits, _key_of_hit, first=first, after=after)
        return ImpactConnection(
            edges=[_make_edge(hit, cursor) for hit, cursor in zip(page.items, page.cursors, strict=True)],
            page_info=PageInfo(end_cursor=page.end_cursor, has_next_page=page.has_next),
            total_count=TotalCount(value=page.total, exact=True),
        )

    @strawberry.field(description="Who answers for what breaks, the most of it first.")
    async def owners(self, info: Info) -> list[OwnerCount]:
        keys = [hit.key for hit in self.hits]
        names = await load_names(info, keys)
        values = await load_values(info, {*keys, *names.values()})
        counts: Counter[str] = Counter()
        live: Counter[str] = Counter()
        for hit in self.hits:
            owner = _owner(values.get(hit.key)) or _owner(values.get(names.get(hit.key, hit.key)))
            if owner is not None:
                counts[owner] += 1
                live[owner] += hit.live
        return [OwnerCount(owner=owner, count=count, live=live[owner]) for owner, count in counts.most_common()]


async def find_impact(
    info: Info, starts: Sequence[NodeKey], moment: Moment, *, inferred: bool, follow_revisions: bool
) -> Impact:
    """Return everything below some nodes and all that has their bytes."""
    begin = await _with_equals(info, starts)

    async def read(moment: Moment) -> Sequence[Hit]:
        return (await _walk_down(info, begin, moment, inferred=inferred, follow_revisions=follow_revisions))[1]

    found, hits = await _walk_down(info, begin, moment, inferred=inferred, follow_revisions=follow_revisions)
    return Impact(
        by_kind=_count_kinds(hits),
        by_influence=_count_influences(hits),
        completeness=Completeness.of(found),
        freshness=Freshness.of(info, moment),
        hits=hits,
        pages=Pages(info, moment, hits, read),
    )


async def _with_equals(info: Info, starts: Sequence[NodeKey]) -> tuple[NodeKey, ...]:
    """Return the starts and all that has their bytes."""
    async with info.context.read() as conn:
        equals = await fetch_equals(conn, info.context.workspace, starts)
    return tuple(dict.fromkeys((*starts, *equals)))


async def _walk_down(
    info: Info, begin: tuple[NodeKey, ...], moment: Moment, *, inferred: bool, follow_revisions: bool
) -> tuple[Walk, list[Hit]]:
    """Return the walk below some nodes, and its hits in their order."""
    question = Question(
        starts=begin,
        direction=Direction.DOWNSTREAM,
        inferred=inferred,
        follow_revisions=follow_revisions,
        as_of=moment.as_of,
    )
    found = await walk(info, question)
    trace = Trace.of(fold_links(found.intervals))
    depths = {node: depth for node, depth in found.depths.items() if node not in begin}
    made = await read_next_to(
        info, into=[node for node in depths if node.kind in VERSIONS], kinds=list(PRODUCING), as_of=moment.as_of
    )
    influence = judge_influence(
        depths,
        without_choice=trace.walk_down(begin, allow=lambda link: makes_or_measures(link) or _revises(link)),
        without_reports=trace.walk_down(begin, allow=lambda link: makes(link) or _revises(link)),
        only_measured=find_only_measured(Trace.of(fold_links(made)), depths),
    )
    live = await find_live(info, trace, depths, moment.at)
    afterwards = find_afterwards(trace, begin, Direction.DOWNSTREAM, depths)
    roles = trace_roles(trace, begin)
    hits = [
        Hit(node, depth, influence[node], roles.get(node, ()), node in live, node in afterwards)
        for node, depth in depths.items()
    ]
    hits.sort(key=lambda hit: (not (hit.live and _serves(hit.key)), hit.depth, hit.key.uuid.int))
    return found, hits


async def find_live(info: Info, trace: Trace, nodes: Collection[NodeKey], at: datetime) -> set[NodeKey]:
    """Return the nodes that serve at a time, or that something that serves then comes from."""
    values = await load_values(info, [node for node in nodes if _serves(node)])
    live = [key for key, value in values.items() if isinstance(value, DeploymentRevision) and is_live(value, at)]
    return set(trace.walk_up(live)) & set(nodes)


def is_live(revision: DeploymentRevision, at: datetime) -> bool:
    """Say whether a revision serves at a time."""
    began = revision.started_at is not None and revision.started_at <= at
    return began and (revision.ended_at is None or at < revision.ended_at)


def trace_roles(trace: Trace, starts: Collection[NodeKey]) -> dict[NodeKey, tuple[Role, ...]]:
    """Return the roles on a shortest way to each node; of equal ways, that of the least link ids."""
    roles: dict[NodeKey, tuple[Role, ...]] = dict.fromkeys(starts, ())
    level = list(roles)
    while level:
        following: dict[NodeKey, tuple[Role, ...]] = {}
        for node in level:
            for link in sorted(trace.outputs(node), key=lambda each: each.id):
                if link.target not in roles and link.target not in following:
                    following[link.target] = roles[node] if link.role is None else (*roles[node], link.role)
        roles |= following
        level = list(following)
    return roles


def _revises(link: Link) -> bool:
    return link.kind is EdgeKind.REVISION_OF


def _serves(node: NodeKey) -> bool:
    return node.kind is NodeKind.DEPLOYMENT_REVISION


def _owner(value: object) -> str | None:
    owner = getattr(value, "owner", None)
    return owner if isinstance(owner, str) else None


def _count_kinds(hits: Sequence[Hit]) -> list[KindCount]:
    counts, live = Counter(hit.key.kind for hit in hits), Counter(hit.key.kind for hit in hits if hit.live)
    kinds = sorted(counts, key=lambda kind: (-live[kind], -counts[kind], kind.value))
    return [KindCount(kind=show_kind(kind), count=counts[kind], live=live[kind]) for kind in kinds]


def _count_influences(hits: Sequence[Hit]) -> list[InfluenceCount]:
    grouped: Mapping[Influence, list[Hit]] = {
        influence: [hit for hit in hits if hit.influence is influence] for influence in Influence
    }
    return [
        InfluenceCount(
            influence=influence,
            count=len(those),
            live=sum(hit.live for hit in those),
            afterwards=sum(hit.afterwards for hit in those),
        )
        for influence, those in grouped.items()
        if those
    ]


async def _list_hits(hits: Sequence[Hit]) -> Sequence[Hit]:
    return hits


def _key_of_hit(hit: Hit) -> NodeKey:
    return hit.key


def _make_edge(hit: Hit, cursor: str) -> ImpactEdge:
    return ImpactEdge(
        cursor=cursor,
        depth=hit.depth,
        influence=hit.influence,
        roles=list(hit.roles),
        live=hit.live,
        afterwards=hit.afterwards,
        key=hit.key,
    )
