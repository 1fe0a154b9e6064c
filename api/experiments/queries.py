"""Experiments, one and many."""

from __future__ import annotations

from typing import Annotated

import strawberry

from api.connections import AFTER, DEFAULT_PAGE, FIRST, Connection, connect_page, read_page
from api.experiments.loaders import find_experiment, load_experiment
from api.experiments.types import Experiment
from api.filters.inputs import FilterInput, read_filter
from api.info import Info
from api.reading import DEFAULT_WAIT_MS, AtLeast, WaitMs, WithFallback, await_token
from domain.errors import InvalidInput, NotFound
from domain.experiments import Lifecycle
from domain.ids import ExperimentID, NodeKind
from domain.pages import Count
from domain.references import parse_node_id
from projection.routing import Fallback
from store.experiment_lists import count_experiments, list_experiments

Experiments = Connection[Experiment]


@strawberry.type
class ExperimentQueries:
    @strawberry.field(description="One experiment by its name or its id, deleted or not; null when there is none.")
    async def experiment(
        self,
        info: Info,
        name: Annotated[str | None, strawberry.argument(description="Its name.")] = None,
        id: Annotated[strawberry.ID | None, strawberry.argument(description="Its global id.")] = None,
        at_least: AtLeast = None,
        wait_ms: WaitMs = DEFAULT_WAIT_MS,
        fallback: WithFallback = Fallback.RECORD,
    ) -> Experiment | None:
        if (name is None) == (id is None):
            raise InvalidInput("either `name` or `id` is given", path=["name"])
        await await_token(info, at_least, wait_ms=wait_ms, fallback=fallback)
        try:
            if id is not None:
                found = ExperimentID(parse_node_id(id, info.context.workspace, NodeKind.EXPERIMENT, "id"))
            else:
                found = await find_experiment(info, name or "", "name")
            return await load_experiment(info, found)
        except NotFound:
            return None

    @strawberry.field(
        description="Experiments, the newest first: those that fulfil a filter. What only runs have (metrics, "
        "parameters, a status) no experiment fulfils."
    )
    async def experiments(
        self,
        info: Info,
        where: Annotated[FilterInput | None, strawberry.argument(description="Only those that fulfil this.")] = None,
        first: Annotated[int, strawberry.argument(description=FIRST)] = DEFAULT_PAGE,
        after: Annotated[str | None, strawberry.argument(description=AFTER)] = None,
        lifecycle: Annotated[
            Lifecycle, strawberry.argument(description="Whether archived and deleted ones are shown.")
        ] = Lifecycle.PRESENT,
        at_least: AtLeast = None,
        wait_ms: WaitMs = DEFAULT_WAIT_MS,
        fallback: WithFallback = Fallback.RECORD,
    ) -> Experiments:
        await await_token(info, at_least, wait_ms=wait_ms, fallback=fallback)
        context = info.context
        asked = read_page(first, after)
        tree = read_filter(where, context.workspace, "where")
        async with context.read() as conn:
            page = await list_experiments(
                conn, context.workspace, tree, first=asked.first, after=asked.after, lifecycle=lifecycle
            )

        async def count() -> Count:
            async with context.read() as conn:
                return await count_experiments(conn, context.workspace, tree, lifecycle=lifecycle)

        return connect_page(
            page,
            make=lambda one: Experiment.of(one, context.workspace),
            moment=lambda one: one.created_at,
            count=count,
        )
