"""Waiting until a projection shows a write: one look at all checkpoints serves everybody who waits in this process."""

from __future__ import annotations

import asyncio
import time

from domain.ids import WorkspaceID
from domain.positions import Position
from store.database import Database
from store.projections.checkpoints import fetch_progress, fetch_settled_position
from store.projections.settled import hurry_workspace
from store.projections.snapshots import change_progress
from store.projections.tokens import TokenStanding, fetch_token_standing
from store.wakeups import Wakeups, wait_for

GAP_S = 0.005
"""Shortest time between two looks: commits of others wake us as well."""

POLL_S = 0.25
"""How often is looked without being woken."""


class ProjectionWaiting:
    """How projections stand to positions, and waiting for them to pass one."""

    def __init__(self, database: Database, wakeups: Wakeups) -> None:
        self._database = database
        self._wakeups = wakeups
        self._look: asyncio.Task[dict[str, tuple[Position, int]]] | None = None

    async def fetch(self, projection: str, workspace: WorkspaceID, position: Position | None) -> TokenStanding | None:
        """Return how a projection stands to a position now, in one statement."""
        async with self._database.read_primary() as conn:
            return await fetch_token_standing(conn, projection, workspace, position)

    async def fetch_record_position(self) -> Position:
        """Return the position below which the record is settled."""
        async with self._database.read_primary() as conn:
            return await fetch_settled_position(conn)

    async def wait(
        self, projection: str, workspace: WorkspaceID, position: Position | None, *, seconds: float
    ) -> TokenStanding | None:
        """Return how the projection stands once it shows all through the position, or when the time is over.

        What was put off of this workspace is made due.
        """
        until = time.monotonic() + seconds
        while True:
            signal = self._wakeups.signal
            standing = await self.fetch(projection, workspace, position)
            left = until - time.monotonic()
            if standing is None or standing.satisfied or position is None or standing.dead or left <= 0:
                return standing
            if standing.pending:
                async with change_progress(self._database) as driver:
                    await hurry_workspace(driver, projection, workspace, position)
            await self._wait_for_progress(projection, standing, signal, until=until)

    async def _wait_for_progress(
        self, projection: str, standing: TokenStanding, signal: asyncio.Event, *, until: float
    ) -> None:
        """Wait until the checkpoint or the epoch is another, or the time is over."""
        while (left := until - time.monotonic()) > 0:
            await wait_for(signal, seconds=min(left, POLL_S))
            signal = self._wakeups.signal
            if (await self._look_once()).get(projection) != (standing.checkpoint, standing.epoch):
                return

    async def _look_once(self) -> dict[str, tuple[Position, int]]:
        """Return where all projections are: by a look that begins from now on, shared with whoever asks meanwhile."""
        if self._look is None or self._look.done():
            self._look = asyncio.create_task(self._look_after_gap())
            self._look.add_done_callback(lambda task: task.cancelled() or task.exception())
        return await asyncio.shield(self._look)

    async def _look_after_gap(self) -> dict[str, tuple[Position, int]]:
        await asyncio.sleep(GAP_S)
        self._look = None
        async with self._database.read_primary() as conn:
            return await fetch_progress(conn)
