"""A record and a projection kept in this process: started, killed between any two steps, started again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from domain.errors import Unavailable
from domain.ids import RunID
from domain.runs import RunEdit
from projection.comparing import compare
from projection.judging import Comparison
from projection.lines import Line
from projection.settings import ProjectionSettings
from projection.targets import ProjectionTarget
from store.database import Database
from store.driver import fetch_driver
from store.projections.generations import fetch_generations
from store.projections.overview import ProjectionOverview, fetch_overview
from store.projections.snapshots import read_moment
from store.projections.tasks import fetch_latest_tasks
from store.run_edits import edit_run
from store.wakeups import Wakeups
from tests.projection.kept_target import Kept, KeptTarget
from tests.store.making import DEFAULT, make_run

PATIENCE_S = 60.0


class Followed:
    """The record, what follows it, and how a test waits for it."""

    def __init__(self, record: Database, target: ProjectionTarget | None = None) -> None:
        self.record = record
        self.kept = Kept()
        self.target: ProjectionTarget = target or KeptTarget(self.kept)
        self.wakeups = Wakeups(record)
        self.settings = ProjectionSettings(hot_seconds=3600, poll_seconds=0.05)
        self._task: asyncio.Task[None] | None = None

    def make_line(self) -> Line:
        return Line(database=self.record, target=self.target, wakeups=self.wakeups, settings=self.settings)

    def start(self) -> None:
        """Begin to follow."""
        self._task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        while True:
            with suppress(Unavailable):
                await self.make_line().run()
            await asyncio.sleep(0.05)

    async def stop(self) -> None:
        """Stop wherever it is: as a kill does, it leaves all half done."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    async def look(self) -> ProjectionOverview:
        """Return how the projection stands."""
        async with self.record.read_primary() as conn:
            found = {one.name: one for one in await fetch_overview(conn)}
        return found[self.target.name]

    async def wait_until(self, holds: Callable[[ProjectionOverview], bool]) -> ProjectionOverview:
        """Wait until the projection stands so, and return how it does."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                if self._task is not None and self._task.done():
                    self._task.result()
                with suppress(KeyError):
                    found = await self.look()
                    if holds(found):
                        return found
                await asyncio.sleep(0.01)

    async def catch_up(self) -> ProjectionOverview:
        """Wait until nothing is unread, unwritten or untrusted."""

        def is_even(found: ProjectionOverview) -> bool:
            behind = found.lag_rows or found.pending or found.dead_letters
            return not behind and found.trusted and found.generation is not None

        return await self.wait_until(is_even)

    async def finish_tasks(self) -> None:
        """Wait until all that was asked for is done: a rebuild drops what served before."""

        async def is_idle() -> bool:
            async with read_moment(self.record) as conn:
                driver = await fetch_driver(conn)
                tasks = await fetch_latest_tasks(driver, self.target.name, limit=100)
            return all(task.finished_at is not None for task in tasks)

        await eventually(is_idle)

    async def compare(self, *, deep: bool = False) -> Comparison:
        """Compare what serves with the record."""
        serving = (await self.look()).generation
        assert serving is not None
        return await compare(self.record, self.target, serving, deep=deep, progress=_tell_nobody)

    async def list_generations(self) -> dict[int, str]:
        async with read_moment(self.record) as conn:
            found = await fetch_generations(await fetch_driver(conn), self.target.name)
        return {one.number: one.state.value for one in found}


async def _tell_nobody(done: int) -> None: ...


async def describe(record: Database, run: RunID, text: str) -> None:
    """Change what a document shows of a run."""
    async with record.write() as tx:
        await edit_run(tx, DEFAULT, run, RunEdit(description=text))


async def make_runs(record: Database, count: int, **fields: Any) -> list[RunID]:
    return [await make_run(record, **fields) for _ in range(count)]


async def eventually(holds: Callable[[], Awaitable[bool]]) -> None:
    """Wait until something holds."""
    async with asyncio.timeout(PATIENCE_S):
        while not await holds():
            await asyncio.sleep(0.01)
