"""Runs by id, and the runs below them, of many runs in one query."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from sqlalchemy.ext.asyncio import AsyncConnection

from api.batching import ArgumentLoader, BatchLoader
from api.connections import Connection, PageArguments, connect_page, read_page
from api.info import Info
from api.runs.types import Run
from domain import runs
from domain.errors import NotFound
from domain.ids import RunID
from domain.pages import Count, Page
from store.runs import count_children, fetch_children, fetch_runs, find_missing_run


class RunLoader(BatchLoader[RunID, runs.Run]):
    """Runs by id."""

    async def fetch(self, conn: AsyncConnection, keys: Sequence[RunID]) -> Mapping[RunID, runs.Run]:
        return await fetch_runs(conn, self.workspace, keys)

    def absent(self, key: RunID) -> NotFound:
        return NotFound(f"no run {key} in this workspace", path=["run"])


class ChildrenLoader(ArgumentLoader[RunID, PageArguments, Page[runs.Run]]):
    """Pages of runs by their parent."""

    async def fetch(
        self, conn: AsyncConnection, keys: Sequence[RunID], arguments: PageArguments
    ) -> Mapping[RunID, Page[runs.Run]]:
        return await fetch_children(conn, self.workspace, keys, first=arguments.first, after=arguments.after)

    def absent(self) -> Page[runs.Run]:
        return Page([], has_next=False)


class ChildCountLoader(BatchLoader[RunID, Count]):
    """How many runs a run holds."""

    async def fetch(self, conn: AsyncConnection, keys: Sequence[RunID]) -> Mapping[RunID, Count]:
        return await count_children(conn, self.workspace, keys)

    def absent(self, key: RunID) -> Count:
        return Count(0, exact=True)


async def load_run(info: Info, run: RunID) -> Run:
    """Return a run as its GraphQL type. Raises `NotFound`, or `Gone` for a purged one."""
    try:
        found = await info.context.loaders.runs.load(run)
    except NotFound:
        async with info.context.read() as conn:
            raise await find_missing_run(conn, info.context.workspace, run) from None
    return Run.of(found, info.context.workspace)


async def connect_children(info: Info, parent: RunID, *, first: int, after: str | None) -> Connection[Run]:
    """Return the runs below a run as a connection."""
    loaders, workspace = info.context.loaders, info.context.workspace
    page = await loaders.children.load((parent, read_page(first, after)))
    return connect_page(
        page,
        make=lambda run: Run.of(run, workspace),
        moment=lambda run: run.created_at,
        count=partial(loaders.child_counts.load, parent),
    )
