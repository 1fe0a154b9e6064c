"""The comparison of runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, cast

import strawberry

from api.code.types import CodeRevision
from api.comparisons.types import (
    ComparedEnvironment,
    ComparedEnvironmentValue,
    ComparedMetric,
    ComparedMetricValue,
    ComparedParameter,
    ComparedParameterValue,
    ComparedRunCode,
    ComparedTag,
    ComparedTagValue,
    RunComparison,
)
from api.info import Info
from api.reading import DEFAULT_WAIT_MS, AtLeast, WaitMs, WithFallback, await_token
from api.runs.types import Run
from domain.comparisons import Compared
from domain.errors import TooLarge
from domain.ids import RunID, WorkspaceID
from domain.parameters import Parameter
from domain.references import parse_run_id
from projection.routing import Fallback
from store.comparisons import Comparison, compare_runs
from store.metrics.summaries import StoredSummary

MOST_ROWS = 10_000

Runs = Mapping[RunID, Run]


@strawberry.type
class ComparisonQueries:
    @strawberry.field(
        description="Runs side by side: their parameters, metrics, tags, code and environments; at most 10,000 rows."
    )
    async def compare_runs(
        self,
        info: Info,
        ids: Annotated[
            list[strawberry.ID], strawberry.argument(description="Global ids or bare UUIDs of runs, at most 100.")
        ],
        only_differences: Annotated[  # noqa: FBT002  # an argument of GraphQL has a name
            bool, strawberry.argument(description="Leave out what is the same in all of them.")
        ] = False,
        at_least: AtLeast = None,
        wait_ms: WaitMs = DEFAULT_WAIT_MS,
        fallback: WithFallback = Fallback.RECORD,
    ) -> RunComparison:
        await await_token(info, at_least, wait_ms=wait_ms, fallback=fallback)
        context = info.context
        asked = [parse_run_id(text, context.workspace, "ids", str(index)) for index, text in enumerate(ids)]
        async with context.read_settled(asked) as conn:
            found = await compare_runs(conn, context.workspace, asked, only_differences=only_differences)
        check_rows(found)
        loaded = await context.loaders.runs.load_many(list(found.runs))
        runs = {run.id: Run.of(run, context.workspace) for run in loaded}
        return RunComparison(
            runs=list(runs.values()),
            params=[_compare_parameter(row, runs) for row in found.parameters],
            metrics=[_compare_metric(row, runs) for row in found.metrics],
            tags=[_compare_tag(row, runs) for row in found.tags],
            code=_list_code(found, runs, context.workspace),
            environment=[_compare_environment(row, runs) for row in found.environment],
        )


def check_rows(found: Comparison) -> None:
    """Raise `TooLarge` for an answer that nobody could read."""
    code = sum(map(len, found.code.values()))
    rows = code + len(found.parameters) + len(found.metrics) + len(found.tags)
    if rows > MOST_ROWS:
        raise TooLarge(f"these runs have {rows} keys between them, at most {MOST_ROWS} are compared", path=["ids"])


def _compare_parameter(row: Compared[Parameter], runs: Runs) -> ComparedParameter:
    values = [
        ComparedParameterValue(run=runs[run], value=one.value, type=one.type, text=one.text)
        for run, one in row.values.items()
    ]
    return ComparedParameter(key=row.key, values=values, differs=row.differs)


def _compare_metric(row: Compared[StoredSummary], runs: Runs) -> ComparedMetric:
    values = [
        ComparedMetricValue(
            run=runs[run],
            first=_point(one.first),
            last=_point(one.last),
            min=_point(one.min),
            max=_point(one.max),
        )
        for run, one in row.values.items()
    ]
    return ComparedMetric(key=row.key, values=values, differs=row.differs)


def _point(point: Any) -> Any:
    """Return a point as it is: its fields are those of the type."""
    return cast("Any", point)


def _compare_tag(row: Compared[str], runs: Runs) -> ComparedTag:
    values = [ComparedTagValue(run=runs[run], value=text) for run, text in row.values.items()]
    return ComparedTag(key=row.key, values=values, differs=row.differs)


def _list_code(found: Comparison, runs: Runs, workspace: WorkspaceID) -> list[ComparedRunCode]:
    return [
        ComparedRunCode(revision=CodeRevision.of(one, workspace), run=runs[run])
        for run in found.runs
        for one in found.code.get(run, ())
    ]


def _compare_environment(row: Compared[str], runs: Runs) -> ComparedEnvironment:
    values = [ComparedEnvironmentValue(run=runs[run], value=text) for run, text in row.values.items()]
    return ComparedEnvironment(key=row.key, values=values, differs=row.differs)
