"""How complete and how fresh an answer of lineage is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated

import strawberry

from api.connections import AFTER, DEFAULT_PAGE, FIRST, Connection, TotalCount, check_first, connect
from api.info import Info
from api.lineage.answer_enums import AnswerSource
from api.lineage.asking import Moment, write_position
from api.lineage.walking import load_values, read_next_to
from api.nodes.loaders import load_present
from api.nodes.types import Node
from domain.ids import NodeKey, NodeKind, RunID
from domain.lineage.answers import Reason, Walk, has_cycle
from domain.lineage.kinds import VERSIONS, WALKED, EdgeKind
from domain.lineage.questions import Direction
from domain.lineage.roles import make_evaluation_id
from domain.pages import Count
from domain.runs import Run, RunKind
from store.edge_reads import fetch_sources
from store.edge_walks import fetch_fed

_INPUTS = frozenset({EdgeKind.USED})
HOLDERS = frozenset({RunKind.GROUP, RunKind.SWEEP})


@strawberry.type(description="Where an answer was read, and how far that is behind the record.")
class Freshness:
    source: AnswerSource = strawberry.field(description="Where it was read.")
    record_position: str = strawberry.field(description="Where the record stands; give it as `asKnownAtPosition`.")
    projection_position: str = strawberry.field(description="Where that which answered stands.")
    lag_seconds: float = strawberry.field(description="How far it is behind; 0 where the record itself answered.")

    @classmethod
    def of(cls, info: Info, moment: Moment) -> Freshness:
        """Return how fresh the answer is, once all that it needs was asked."""
        border, found = write_position(moment.border), info.context.graph_freshness
        if found is None or found.projection_position is None:
            return cls(source=AnswerSource.RECORD, record_position=border, projection_position=border, lag_seconds=0.0)
        return cls(
            source=AnswerSource.GRAPH,
            record_position=border,
            projection_position=write_position(found.projection_position),
            lag_seconds=found.lag_seconds,
        )


@strawberry.type(
    description="What an answer left out, and what it rests on: an answer that was cut says so, and one that assumes."
)
class Completeness:
    complete: bool = strawberry.field(description="Whether nothing was left out that is known and was asked for.")
    reasons: list[Reason] = strawberry.field(description="Why something was left out.")
    left_out: TotalCount = strawberry.field(description="How many nodes are known to be left out.")
    cycle: bool = strawberry.field(description="Whether the links of the answer hold a directed cycle.")
    resume: str | None = strawberry.field(
        description="Give it as `resume` for the rest of an answer that a budget cut; null for any other."
    )
    walks: strawberry.Private[Sequence[Walk]]

    @strawberry.field(description="What the answer takes for granted, a sentence each.")
    async def assumptions(self, info: Info) -> list[str]:
        said = [
            told for walk in self.walks for told in [*list_assumptions(walk), *await find_unknown_modes(info, walk)]
        ]
        return list(dict.fromkeys(said))

    @strawberry.field(description="Nodes of the answer behind which more lies.")
    async def frontier(
        self,
        info: Info,
        first: Annotated[int, strawberry.argument(description=FIRST)] = DEFAULT_PAGE,
        after: Annotated[str | None, strawberry.argument(description=AFTER)] = None,
    ) -> Connection[Node]:
        found = dict.fromkeys(node for walk in self.walks for node in (*walk.frontier, *walk.hubs))
        return await connect_nodes(info, list(found), first=first, after=after)

    @strawberry.field(description="Whether everything goes back to a declared source.")
    async def explained(self, info: Info) -> bool:
        return not await find_unexplained(info, self.walks)

    @strawberry.field(description="Where lineage begins without anybody having declared a source.")
    async def unexplained(
        self,
        info: Info,
        first: Annotated[int, strawberry.argument(description=FIRST)] = DEFAULT_PAGE,
        after: Annotated[str | None, strawberry.argument(description=AFTER)] = None,
    ) -> Connection[Node]:
        return await connect_nodes(info, await find_unexplained(info, self.walks), first=first, after=after)

    @classmethod
    def of(cls, *walks: Walk, resume: str | None = None) -> Completeness:
        reasons = sorted({reason for walk in walks for reason in walk.reasons}, key=lambda each: each.value)
        return cls(
            complete=not reasons,
            reasons=reasons,
            left_out=TotalCount(
                value=sum(walk.left_out for walk in walks), exact=all(walk.left_out_exact for walk in walks)
            ),
            cycle=any(has_cycle(walk) for walk in walks),
            resume=resume,
            walks=walks,
        )


def list_assumptions(walk: Walk) -> list[str]:
    """Return what a walk takes for granted: unknown ranges, writers that were not done."""
    held = [interval.held for interval in walk.intervals]
    overlapping = sum(each.overlapping for each in held)
    unknown = sum(each.range is not None and bool(each.range.get("unknown")) for each in held)
    said = []
    if overlapping:
        said.append(f"{overlapping} reads may have seen a version that was still being written")
    if unknown:
        said.append(f"of {unknown} reads nobody told the range")
    return said


async def find_unknown_modes(info: Info, walk: Walk) -> list[str]:
    """Return what is assumed of versions that came after others and of which nobody told how they were written."""
    if walk.question.follow_revisions:
        return []
    versions = [node for node in walk.depths if node.kind is NodeKind.DATASET_VERSION]
    upstream = walk.question.direction is Direction.UPSTREAM
    near = {"into": versions} if upstream else {"out_of": versions}
    as_of = walk.question.as_of
    revisions = await read_next_to(info, **near, kinds=[EdgeKind.REVISION_OF], as_of=as_of)
    later = {each.edge.target for each in revisions}
    made = await read_next_to(info, into=later, kinds=[EdgeKind.GENERATED], as_of=as_of)
    unknown = {each.edge.target for each in made if each.held.mode is None}
    if not unknown:
        return []
    said = f"of {len(unknown)} versions nobody told whether they hold the one before: taken to be made anew"
    return [f"{said} (`followRevisions` takes them to hold it)"]


async def find_unexplained(info: Info, walks: Sequence[Walk]) -> list[NodeKey]:
    """Return the roots that are no declared sources.

    A root is a version, or a run with inputs on neither side, that no edge of the default kinds leads into, whatever
    the question narrowed. Code, environments, groups and sweeps are none.
    """
    found: dict[NodeKey, None] = {}
    for walk in walks:
        as_of = walk.question.as_of
        candidates = [node for node in walk.depths if node.kind in VERSIONS or node.kind is NodeKind.RUN]
        sides = {node: _evaluation(node) for node in candidates if node.kind is NodeKind.RUN}
        async with info.context.read() as conn:
            fed = await fetch_fed(conn, info.context.workspace, [*candidates, *sides.values()], WALKED, as_of)
            measured = await fetch_fed(conn, info.context.workspace, sides.values(), _INPUTS, as_of)
            roots = [node for node in candidates if node not in fed and sides.get(node) not in measured]
            sources = await fetch_sources(conn, info.context.workspace, roots, as_of)
        values = await load_values(info, [node for node in roots if node.kind is NodeKind.RUN])
        found |= dict.fromkeys(node for node in roots if node not in sources and not _is_holder(values.get(node)))
    return list(found)


async def connect_nodes(info: Info, nodes: Sequence[NodeKey], *, first: int, after: str | None) -> Connection[Node]:
    """Return a page of nodes in the order given; a cursor is a node's id."""
    check_first(first)
    begin = 0 if after is None else next((n + 1 for n, node in enumerate(nodes) if node.uuid.hex == after), len(nodes))
    page = list(nodes)[begin : begin + first]
    wrapped = {key: await load_present(info, key) for key in page}
    return connect(
        page,
        make=lambda key: wrapped[key],
        cursor=lambda key: key.uuid.hex,
        has_next=begin + first < len(nodes),
        count=count_of(len(nodes)),
    )


def count_of(number: int, *, exact: bool = True) -> Callable[[], Awaitable[Count]]:
    """Return what a connection counts itself with."""

    async def count() -> Count:
        return Count(number, exact=exact)

    return count


def _evaluation(node: NodeKey) -> NodeKey:
    return NodeKey(NodeKind.EVALUATION, make_evaluation_id(RunID(node.uuid)))


def _is_holder(value: object) -> bool:
    return isinstance(value, Run) and value.kind in HOLDERS
