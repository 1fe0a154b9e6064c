"""How do the ancestries of two models differ?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import strawberry

from api.code.types import CodeRevision
from api.connections import AFTER, DEFAULT_PAGE, FIRST, Connection, check_first, connect
from api.info import Info
from api.lineage.asking import Moment
from api.lineage.completeness import Completeness, Freshness, connect_nodes, count_of
from api.lineage.showing import load_label, load_names
from api.lineage.walking import walk_up
from api.nodes.loaders import load_node, load_present
from api.nodes.types import Node
from api.scalars import JSON
from domain.ids import NodeKey, NodeKind, RunID
from domain.lineage.answers import Walk
from domain.lineage.comparing import Differences, compare_ancestries
from domain.lineage.comparing import OtherVersion as Pair
from domain.lineage.kinds import EdgeKind
from domain.lineage.links import fold_links
from domain.lineage.traces import Trace
from domain.lineage.training_data import find_training_runs


@strawberry.type(description="A name that stands above both, in versions that differ.")
class OtherVersion:
    pair: strawberry.Private[Pair]

    @strawberry.field(description="What people know the name by.")
    async def name(self, info: Info) -> str:
        return await load_label(info, self.pair.name)

    @strawberry.field(description="The version above `a`.")
    async def a(self, info: Info) -> Node:
        return await load_present(info, self.pair.a)

    @strawberry.field(description="The version above `b`.")
    async def b(self, info: Info) -> Node:
        return await load_present(info, self.pair.b)


@strawberry.type(description="A parameter of the runs that made them, where it differs.")
class DifferentParameter:
    key: str = strawberry.field(description="The parameter.")
    a: JSON | None = strawberry.field(description="Its value in the run that made `a`; null where there is none.")
    b: JSON | None = strawberry.field(description="Its value in the run that made `b`; null where there is none.")


@strawberry.type(description="The code of the runs that made them.")
class ComparedCode:
    a: list[CodeRevision] = strawberry.field(description="Of the run that made `a`.")
    b: list[CodeRevision] = strawberry.field(description="Of the run that made `b`.")


@strawberry.type(description="In what two ancestries differ.")
class LineageComparison:
    params: list[DifferentParameter] = strawberry.field(description="Parameters of the nearest runs that differ.")
    code: ComparedCode = strawberry.field(description="The code of the nearest runs.")
    completeness: Completeness = strawberry.field(description="What was left out.")
    freshness: Freshness = strawberry.field(description="Where it was read.")
    differences: strawberry.Private[Differences]

    @strawberry.field(description="What stands only above `a`, the nearest first.")
    async def only_a(
        self,
        info: Info,
        first: Annotated[int, strawberry.argument(description=FIRST)] = DEFAULT_PAGE,
        after: Annotated[str | None, strawberry.argument(description=AFTER)] = None,
    ) -> Connection[Node]:
        return await connect_nodes(info, self.differences.only_a, first=first, after=after)

    @strawberry.field(description="What stands only above `b`, the nearest first.")
    async def only_b(
        self,
        info: Info,
        first: Annotated[int, strawberry.argument(description=FIRST)] = DEFAULT_PAGE,
        after: Annotated[str | None, strawberry.argument(description=AFTER)] = None,
    ) -> Connection[Node]:
        return await connect_nodes(info, self.differences.only_b, first=first, after=after)

    @strawberry.field(description="Names that stand above both, in versions that differ.")
    def other_version(
        self,
        first: Annotated[int, strawberry.argument(description=FIRST)] = DEFAULT_PAGE,
        after: Annotated[str | None, strawberry.argument(description=AFTER)] = None,
    ) -> Connection[OtherVersion]:
        check_first(first)
        pairs = list(enumerate(self.differences.other_version))
        begin = int(after) + 1 if after is not None and after.isdigit() else 0
        return connect(
            pairs[begin : begin + first],
            make=lambda each: OtherVersion(pair=each[1]),
            cursor=lambda each: str(each[0]),
            has_next=begin + first < len(pairs),
            count=count_of(len(pairs)),
        )


async def compare(info: Info, a: NodeKey, b: NodeKey, moment: Moment) -> LineageComparison:
    """Compare what lies above two nodes."""
    above = [await walk_up(info, [node], as_of=moment.as_of) for node in (a, b)]
    ancestors = [{node: depth for node, depth in walk.depths.items() if depth} for walk in above]
    names = await load_names(info, {*ancestors[0], *ancestors[1]})
    runs = [_find_nearest_run(walk, node) for walk, node in zip(above, (a, b), strict=True)]
    code = [await _load_code(info, walk, run) for walk, run in zip(above, runs, strict=True)]
    return LineageComparison(
        params=await _compare_parameters(info, runs),
        code=ComparedCode(a=code[0], b=code[1]),
        completeness=Completeness.of(*above),
        freshness=Freshness.of(info, moment),
        differences=compare_ancestries(ancestors[0], ancestors[1], names),
    )


def _find_nearest_run(walk: Walk, node: NodeKey) -> RunID | None:
    """Return the run that made a node's bytes, or the node itself."""
    if node.kind is NodeKind.RUN:
        return RunID(node.uuid)
    made = [run for run in find_training_runs(Trace.of(fold_links(walk.intervals)), node) if run in walk.depths]
    runs = [run for run in made if run.kind is NodeKind.RUN]
    nearest = min(runs, key=lambda run: (walk.depths[run], run.uuid.int), default=None)
    return None if nearest is None else RunID(nearest.uuid)


async def _load_code(info: Info, walk: Walk, run: RunID | None) -> list[CodeRevision]:
    if run is None:
        return []
    trace = Trace.of(fold_links(walk.intervals))
    keys = [link.source for link in trace.inputs(NodeKey(NodeKind.RUN, run), EdgeKind.RAN_CODE)]
    found = [await load_node(info, key) for key in keys]
    return [node for node in found if isinstance(node, CodeRevision)]


async def _compare_parameters(info: Info, runs: Sequence[RunID | None]) -> list[DifferentParameter]:
    loaded = [[] if run is None else await info.context.loaders.parameters.load((run, None)) for run in runs]
    a, b = ({row.key: row.parameter() for row in rows} for rows in loaded)
    return [
        DifferentParameter(key=key, a=None if key not in a else a[key].value, b=None if key not in b else b[key].value)
        for key in sorted({*a, *b})
        if key not in a or key not in b or not a[key].is_same(b[key])
    ]
