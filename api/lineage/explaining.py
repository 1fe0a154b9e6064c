"""What does this number rest on?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, cast

import strawberry

from api.code.types import CodeRevision, Environment
from api.connections import AFTER, DEFAULT_PAGE, FIRST, Connection
from api.info import Info
from api.lineage.answer_enums import Part
from api.lineage.asking import Moment
from api.lineage.completeness import Completeness, Freshness, connect_nodes
from api.lineage.enums import Role
from api.lineage.gathering import Gathered, gather
from api.lineage.showing import load_shown
from api.metrics.types import MetricPoint
from api.nodes.loaders import load_node, load_present
from api.nodes.types import Node
from api.runs.loaders import load_run
from api.runs.types import Run
from api.scalars import JSONObject
from domain.errors import InvalidInput, NotFound
from domain.filters import Statistic
from domain.ids import NodeKey, NodeKind, RunID
from domain.lineage.explaining import Explanation, explain, find_measured_models, find_roots
from domain.lineage.prov import make_prov
from domain.lineage.training_data import Use, evaluation_of
from domain.metrics import MetricPoint as Point
from domain.metrics import Summary
from store.metrics.measured import fetch_point_context


@strawberry.type(description="Data that a value was measured on.")
class MeasuredOn:
    subset: str | None = strawberry.field(description="Which part of it.")
    key: strawberry.Private[NodeKey]

    @strawberry.field(description="The version.")
    async def version(self, info: Info) -> Node:
        return await load_present(info, self.key)


@strawberry.type(description="Data that a run used.")
class UsedData:
    role: Role = strawberry.field(description="What it was to the run.")
    subset: str | None = strawberry.field(description="Which part of it.")
    key: strawberry.Private[NodeKey]

    @strawberry.field(description="The version.")
    async def version(self, info: Info) -> Node:
        return await load_present(info, self.key)

    @classmethod
    def of(cls, use: Use) -> UsedData:
        return cls(role=use.role, subset=use.subset, key=use.version)


@strawberry.type(description="What a value rests on. What nobody declared is null and named, never guessed.")
class MetricExplanation:
    point: MetricPoint = strawberry.field(description="The value.")
    measured_on: MeasuredOn | None = strawberry.field(description="What it was measured on.")
    trained_on: list[UsedData] | None = strawberry.field(
        description="What the model was trained on, by its own run and by those whose models it goes back to."
    )
    selected_on: list[UsedData] | None = strawberry.field(description="What stopped, tuned or chose the model.")
    not_declared: list[Part] = strawberry.field(description="What nobody declared.")
    completeness: Completeness = strawberry.field(description="What was left out.")
    freshness: Freshness = strawberry.field(description="Where it was read.")
    run_key: strawberry.Private[NodeKey]
    explanation: strawberry.Private[Explanation]
    gathered: strawberry.Private[Gathered]
    starts: strawberry.Private[Sequence[NodeKey]]

    @strawberry.field(description="The run that measured it.")
    async def run(self, info: Info) -> Run:
        return await load_run(info, RunID(self.run_key.uuid))

    @strawberry.field(description="The code that the run ran.")
    async def code(self, info: Info) -> list[CodeRevision]:
        found = [await load_node(info, key) for key in self.explanation.code]
        return [node for node in found if isinstance(node, CodeRevision)]

    @strawberry.field(description="What the run ran in.")
    async def environment(self, info: Info) -> list[Environment]:
        found = [await load_node(info, key) for key in self.explanation.environments]
        return [node for node in found if isinstance(node, Environment)]

    @strawberry.field(description="The runs that it is part of or goes on from.")
    async def parents(self, info: Info) -> list[Node]:
        return [await load_present(info, key) for key in self.explanation.parents]

    @strawberry.field(description="Where the chain begins: what nothing leads into, the farthest first.")
    async def sources(
        self,
        info: Info,
        first: Annotated[int, strawberry.argument(description=FIRST)] = DEFAULT_PAGE,
        after: Annotated[str | None, strawberry.argument(description=AFTER)] = None,
    ) -> Connection[Node]:
        return await connect_nodes(info, find_roots(self.gathered.trace, self.starts), first=first, after=after)

    @strawberry.field(description="All of it as W3C PROV-JSON.")
    async def prov_json(self, info: Info) -> JSONObject:
        trace = self.gathered.trace
        nodes = trace.walk_up(self.starts)
        links = [link for node in nodes for link in trace.inputs(node)]
        return make_prov(await load_shown(info, list(nodes)), links)


async def explain_value(info: Info, run: RunID, key: str, of: Statistic, moment: Moment) -> MetricExplanation:
    """Explain one value of a series. Raises `NotFound` for a series that the run does not have."""
    await load_run(info, run)
    summary = (await info.context.loaders.summaries.load((run, (key,)))).get(key)
    if summary is None:
        raise NotFound(f"the run has no series {key[:80]!r}", path=["key"])
    point = await _choose_point(info, run, key, of, summary.summary)
    async with info.context.read() as conn:
        context = await fetch_point_context(conn, info.context.workspace, run, key, point)
    node = NodeKey(NodeKind.RUN, run)
    starts = [node, evaluation_of(node)]
    first = await gather(info, starts, as_of=moment.as_of)
    models = find_measured_models(first.trace, node, context)
    gathered = await gather(info, [*starts, *models], as_of=moment.as_of)
    explanation = explain(gathered.trace, node, context)
    measured = explanation.measured_on
    return MetricExplanation(
        point=cast("Any", point),
        measured_on=None if measured is None else MeasuredOn(key=measured[0], subset=measured[1]),
        trained_on=_show(explanation.trained_on),
        selected_on=_show(explanation.selected_on),
        not_declared=explanation.not_declared,
        completeness=Completeness.of(*gathered.walks),
        freshness=Freshness.of(info, moment),
        run_key=node,
        explanation=explanation,
        gathered=gathered,
        starts=[*starts, *models, *(() if context.on is None else (context.on,))],
    )


async def _choose_point(info: Info, run: RunID, key: str, of: Statistic, summary: Summary) -> Point:
    """Return the point that is asked about. Raises `InvalidInput`, `NotFound`."""
    if of is Statistic.COUNT:
        raise InvalidInput("a count is no value that rests on anything: FIRST, LAST, MIN, MAX or BEST", path=["of"])
    found = {
        Statistic.FIRST: summary.first,
        Statistic.LAST: summary.last,
        Statistic.MIN: summary.minimum,
        Statistic.MAX: summary.maximum,
    }
    point = await _find_best(info, run, key, summary) if of is Statistic.BEST else found[of]
    if point is None:
        raise NotFound(f"the series {key[:80]!r} has no {of.value}", path=["of"])
    return point


async def _find_best(info: Info, run: RunID, key: str, summary: Summary) -> Point | None:
    found = await info.context.loaders.runs.load(run)
    definition = (await info.context.loaders.definitions.load(found.experiment)).get(key)
    return summary.best(None if definition is None else definition.goal)


def _show(uses: Sequence[Use] | None) -> list[UsedData] | None:
    return None if uses is None else [UsedData.of(use) for use in uses]
