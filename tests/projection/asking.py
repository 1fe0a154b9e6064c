"""Tasks as anybody asks them of a projection."""

from __future__ import annotations

from domain.projections import TaskKind
from store.projections.snapshots import change_progress
from store.projections.tasks import Task, add_task, fetch_task
from tests.projection.following import Followed, eventually


async def ask(followed: Followed, kind: TaskKind, **options: bool) -> Task:
    """Ask something of the projection, and return the finished task."""
    async with change_progress(followed.record) as driver:
        id_ = await add_task(driver, followed.target.name, kind, options)
    found: list[Task] = []

    async def is_finished() -> bool:
        async with change_progress(followed.record) as driver:
            task = await fetch_task(driver, id_)
        assert task is not None
        found.append(task)
        return task.finished_at is not None

    await eventually(is_finished)
    return found[-1]
