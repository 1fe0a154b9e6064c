"""Marks: each write of a target is preceded by a row in the record, committed after the moment that is written.

Whatever record has that row has that moment too. The row's nonce stands in the target's own store before the write
does. So a target always tells whether a record that it meets is from before what it has.
"""

from __future__ import annotations

import asyncio

from projection.targets import Mark, ProjectionTarget
from store.database import Database
from store.outbox import make_nonce
from store.projections.marks import delete_old_marks, insert_mark
from store.projections.snapshots import change_progress

TIDY_EVERY = 50
STRIDE = 1 << 20
"""How far a new leader jumps ahead: what one before it still has under way can never come to stand later."""


class Marker:
    """Keeps the mark of one target. One at a time: the line and a copy beside it share it."""

    def __init__(self, database: Database, target: ProjectionTarget, kept: Mark | None) -> None:
        self._database = database
        self._target = target
        self._kept = kept
        self._order = (0 if kept is None else kept.order) + STRIDE
        self._lock = asyncio.Lock()

    @property
    def nonce(self) -> int | None:
        """The nonce that the target keeps; None before the first."""
        return None if self._kept is None else self._kept.nonce

    async def mark(self) -> None:
        """Call this after a moment was read and before it is written. Raises `Unavailable`."""
        async with self._lock:
            self._order += 1
            mark = Mark(make_nonce(), self._order)
            async with change_progress(self._database, tell=False) as driver:
                await insert_mark(driver, self._target.name, mark.nonce)
                if self._order % TIDY_EVERY == 0:
                    await delete_old_marks(driver, self._target.name, but=self.nonce)
            await self._target.write_mark(mark)
            self._kept = mark
