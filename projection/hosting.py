"""The projections of one process: a line for each that the settings name, and what questions go through."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import structlog

from domain.errors import Unavailable
from projection.lines import Line
from projection.settings import ProjectionSettings
from projection.targets import ProjectionTarget
from store.database import Database
from store.projections.checkpoints import register
from store.projections.incarnations import notice_server, raise_without_mark
from store.wakeups import Wakeups

log = structlog.get_logger()

ANSWER_S = 2.0


async def prepare_projections(database: Database, targets: Sequence[ProjectionTarget]) -> None:
    """Notice another server below the record, or an older state of it, and register the projections of this process.

    To be called before the process answers anything: until the incarnation is raised, fences and tokens of a record
    that is gone would be believed. A target that does not answer is looked at by whoever leads its projection.
    """
    await notice_server(database)
    for target in targets:
        await register(database, target.name)
    await asyncio.gather(*(_notice_mark(database, target) for target in targets))


async def _notice_mark(database: Database, target: ProjectionTarget) -> None:
    """Raise the incarnation where a target has seen a record that went further than this one."""
    try:
        async with asyncio.timeout(ANSWER_S):
            mark = await target.read_mark()
    except (Unavailable, TimeoutError):
        return
    if mark is not None and await raise_without_mark(database, target.name, mark.nonce) is not None:
        log.warning("record_restored", projection=target.name)


def list_lines(
    database: Database, wakeups: Wakeups, targets: Sequence[ProjectionTarget], settings: ProjectionSettings
) -> dict[str, Callable[[], Awaitable[None]]]:
    """Return the lines as background work, by name."""
    return {
        f"projection_{target.name}": Line(database=database, target=target, wakeups=wakeups, settings=settings).run
        for target in targets
    }
