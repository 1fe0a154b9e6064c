"""Queries that judge: leaks, what a number rests on, in what two ancestries differ."""

from __future__ import annotations

from typing import Annotated

import strawberry

from api.info import Info
from api.lineage.asking import read_moment, resolve_start
from api.lineage.comparing import LineageComparison, compare
from api.lineage.explaining import MetricExplanation, explain_value
from api.lineage.leaks import Leakage, find_leaks
from api.lineage.queries import AtLeast, WaitMs, When, check_wait
from api.nodes.inputs import NodeRefInput
from api.reading import WithFallback
from domain.filters import Statistic
from domain.references import parse_run_id
from projection.routing import Fallback


@strawberry.type
class LineageFindingQueries:
    @strawberry.field(
        description="Has this model seen its test data? Everything that it was trained on is compared with everything "
        "that it was measured on."
    )
    async def leakage(
        self,
        info: Info,
        of: Annotated[NodeRefInput, strawberry.argument(description="A model: a version, or its file.")],
        as_of: When = None,
        at_least: AtLeast = None,
        wait_ms: WaitMs = 2000,
        fallback: WithFallback = Fallback.RECORD,
    ) -> Leakage:
        moment = await read_moment(info, as_of, at_least, check_wait(wait_ms), fallback)
        return await find_leaks(info, await resolve_start(info, of, "of", moment.as_of), moment)

    @strawberry.field(description="What a number rests on. What nobody declared is null and named, never guessed.")
    async def explain_metric(
        self,
        info: Info,
        run: Annotated[strawberry.ID, strawberry.argument(description="The run: its global id, or its bare UUID.")],
        key: Annotated[str, strawberry.argument(description="The series.")],
        of: Annotated[Statistic, strawberry.argument(description="Which of its values.")] = Statistic.LAST,
        as_of: When = None,
        at_least: AtLeast = None,
        wait_ms: WaitMs = 2000,
        fallback: WithFallback = Fallback.RECORD,
    ) -> MetricExplanation:
        moment = await read_moment(info, as_of, at_least, check_wait(wait_ms), fallback)
        return await explain_value(info, parse_run_id(run, info.context.workspace, "run"), key, of, moment)

    @strawberry.field(description="In what the ancestries of two nodes differ: data, parameters, code.")
    async def compare_lineage(
        self,
        info: Info,
        a: Annotated[NodeRefInput, strawberry.argument(description="The one.")],
        b: Annotated[NodeRefInput, strawberry.argument(description="The other.")],
        as_of: When = None,
        at_least: AtLeast = None,
        wait_ms: WaitMs = 2000,
        fallback: WithFallback = Fallback.RECORD,
    ) -> LineageComparison:
        moment = await read_moment(info, as_of, at_least, check_wait(wait_ms), fallback)
        one, other = [await resolve_start(info, ref, name, moment.as_of) for ref, name in ((a, "a"), (b, "b"))]
        return await compare(info, one, other, moment)
