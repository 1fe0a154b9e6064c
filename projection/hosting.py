"""The projections of one process: a line for each that the settings name, and what questions go through."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from projection.lines import Line
from projection.settings import ProjectionSettings
from projection.targets import ProjectionTarget
from store.database import Database
from store.projections.checkpoints import register
from store.projections.incarnations import notice_server
from store.wakeups import Wakeups


async def prepare_projections(database: Database, targets: Sequence[ProjectionTarget]) -> None:
    """Notice another server below the record, and say which projections this process has in its settings.

    To be called before the process answers anything: until the incarnation is raised, fences and tokens of a record
    that is gone would be believed.
    """
    await notice_server(database)
    for target in targets:
        await register(database, target.name)


def list_lines(
    database: Database, wakeups: Wakeups, targets: Sequence[ProjectionTarget], settings: ProjectionSettings
) -> dict[str, Callable[[], Awaitable[None]]]:
    """Return the lines as background work, by name."""
    return {
        f"projection_{target.name}": Line(database=database, target=target, wakeups=wakeups, settings=settings).run
        for target in targets
    }
