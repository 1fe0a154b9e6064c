"""How the projections stand."""

from __future__ import annotations

from typing import Annotated

import strawberry

from api.info import Info
from api.mutating import read_uuid
from api.projections.types import Projection, ProjectionTask
from domain.errors import NotFound
from store.driver import fetch_driver
from store.projections.generations import fetch_generations
from store.projections.overview import fetch_overview
from store.projections.tasks import fetch_latest_tasks, fetch_task

TASKS = 10


@strawberry.type
class ProjectionQueries:
    @strawberry.field(
        description="The projections of the whole service that were ever configured, by name. None where the record "
        "answers everything itself."
    )
    async def projections(self, info: Info) -> list[Projection]:
        async with info.context.database.read_primary() as conn:
            found = await fetch_overview(conn)
            driver = await fetch_driver(conn)
            return [
                Projection.of(
                    one,
                    await fetch_generations(driver, one.name),
                    await fetch_latest_tasks(driver, one.name, limit=TASKS),
                )
                for one in found
            ]

    @strawberry.field(description="One thing that was asked of a projection.")
    async def projection_task(
        self, info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="The task's id.")]
    ) -> ProjectionTask:
        return await load_task(info, str(id))


async def load_task(info: Info, text: str) -> ProjectionTask:
    """Return a task. Raises `InvalidInput`, `NotFound`."""
    id = read_uuid(text, "id")
    async with info.context.database.read_primary() as conn:
        task = None if id is None else await fetch_task(await fetch_driver(conn), id)
    if task is None:
        raise NotFound(f"no task {text}", path=["id"])
    return ProjectionTask.of(task)
