"""The run table, and one run."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated

import strawberry

from api.connections import AFTER, DEFAULT_PAGE, FIRST, Connection, check_first, connect
from api.filters.ancestry import replace_ancestry_whole
from api.filters.inputs import FilterInput
from api.filters.orders import RunOrder, read_orders
from api.filters.texts import QUERY, read_question
from api.info import Info
from api.reading import DEFAULT_WAIT_MS, AtLeast, WaitMs, WithFallback, await_token, read_run_table
from api.runs.loaders import load_run
from api.runs.types import Run
from domain import runs
from domain.experiments import Lifecycle
from domain.ids import RunID
from domain.pages import Count
from domain.references import parse_run_id
from projection.routing import Fallback
from store.run_table import RunPage, count_runs, fetch_run_page
from store.runs import fetch_runs

Runs = Connection[Run]


@strawberry.type
class RunQueries:
    @strawberry.field(description="One run.")
    async def run(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="Its global id, or its bare UUID.")],
        at_least: AtLeast = None,
        wait_ms: WaitMs = DEFAULT_WAIT_MS,
        fallback: WithFallback = Fallback.RECORD,
    ) -> Run:
        await await_token(info, at_least, wait_ms=wait_ms, fallback=fallback)
        return await load_run(info, parse_run_id(id, info.context.workspace, "id"))

    @strawberry.field(
        description="The run table: any filter, any order, only the columns asked for. Without an order the newest "
        "come first. Pages stay right while runs are being written."
    )
    async def runs(
        self,
        info: Info,
        where: Annotated[FilterInput | None, strawberry.argument(description="Only those that fulfil this.")] = None,
        query: Annotated[str | None, strawberry.argument(description=QUERY)] = None,
        order_by: Annotated[
            list[RunOrder] | None, strawberry.argument(description="At most 8 keys; the first weighs most.")
        ] = None,
        first: Annotated[int, strawberry.argument(description=FIRST)] = DEFAULT_PAGE,
        after: Annotated[str | None, strawberry.argument(description=AFTER)] = None,
        lifecycle: Annotated[
            Lifecycle, strawberry.argument(description="Whether archived and deleted runs are shown.")
        ] = Lifecycle.PRESENT,
        at_least: AtLeast = None,
        wait_ms: WaitMs = DEFAULT_WAIT_MS,
        fallback: WithFallback = Fallback.RECORD,
    ) -> Runs:
        await await_token(info, at_least, wait_ms=wait_ms, fallback=fallback)
        context = info.context
        size = check_first(first)
        asked = await read_question(where, query, context.workspace)
        tree = await replace_ancestry_whole(info, asked, "query" if where is None else "where")
        orders = read_orders(order_by)

        async def count() -> Count:
            async with read_run_table(context, tree) as conn:
                return await count_runs(conn, context.workspace, tree, lifecycle=lifecycle)

        if size == 0:
            return connect_runs(info, RunPage([], [], has_next=False), {}, count=count)
        async with read_run_table(context, tree, orders) as conn:
            page = await fetch_run_page(
                conn, context.workspace, tree, orders, first=size, after=after, lifecycle=lifecycle
            )
            found = await fetch_runs(conn, context.workspace, page.ids)
        return connect_runs(info, page, found, count=count)


def connect_runs(
    info: Info, page: RunPage, found: Mapping[RunID, runs.Run], *, count: Callable[[], Awaitable[Count]]
) -> Connection[Run]:
    """Return a page of the run table; a run that was purged between the two statements is left out."""
    rows = [(found[run], cursor) for run, cursor in zip(page.ids, page.cursors, strict=True) if run in found]
    return connect(
        rows,
        make=lambda row: Run.of(row[0], info.context.workspace),
        cursor=lambda row: row[1],
        has_next=page.has_next,
        count=count,
    )
