"""What a task does, by its kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from domain.errors import Conflict
from domain.projections import TaskKind
from store.projections.tasks import Task

if TYPE_CHECKING:
    from projection.following import Following


async def do_task(following: Following, task: Task) -> Mapping[str, Any]:
    """Do what was asked for and return what came of it. Raises `DomainError`."""
    drop_anyway = bool(task.options.get("drop_anyway"))
    if task.kind is TaskKind.REBUILD:
        return await following.rebuild(task, drop_anyway=drop_anyway)
    serving = await following.find_serving()
    if serving is None:
        raise Conflict(f"the projection {following.target.name} is being built: nothing serves yet")
    report = await following.verify(
        serving,
        deep=bool(task.options.get("deep")) or task.kind is TaskKind.REPAIR,
        mend=task.kind is TaskKind.REPAIR,
        drop_anyway=drop_anyway,
        task=task,
    )
    return report.tell()
