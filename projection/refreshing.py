"""One refresh of the index for all who wait for one, and none where the last one still covers what is asked."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

Seen = tuple[int, int, int]
"""Generation, checkpoint and epoch, as one statement saw them."""


class SharedRefresh:
    """Refreshes a generation after the moment at which a caller saw its progress."""

    def __init__(self, refresh: Callable[[int], Awaitable[None]]) -> None:
        self._refresh = refresh
        self._covered: Seen = (-1, -1, -1)
        self._running: asyncio.Task[None] | None = None
        self._next: asyncio.Task[None] | None = None
        self._asked: Seen = (-1, -1, -1)

    async def cover(self, seen: Seen) -> None:
        """Return once a refresh that began after `seen` was seen is done. Raises what the refresh raises."""
        if self._covers(seen):
            return
        if self._next is None:
            self._asked = seen
            self._next = asyncio.create_task(self._run(self._running))
            self._next.add_done_callback(_look_at)
        elif seen > self._asked:
            self._asked = seen
        await asyncio.shield(self._next)  # one who goes away must not take it from the others
        if not self._covers(seen):  # another generation began to serve meanwhile
            await self._refresh(seen[0])

    def _covers(self, seen: Seen) -> bool:
        generation, checkpoint, epoch = self._covered
        return generation == seen[0] and checkpoint >= seen[1] and epoch >= seen[2]

    async def _run(self, before: asyncio.Task[None] | None) -> None:
        if before is not None:
            await asyncio.wait({before})
        self._running, self._next = self._next, None
        asked = self._asked
        await self._refresh(asked[0])
        self._covered = asked


def _look_at(task: asyncio.Task[None]) -> None:
    """Whoever waited has its failure; where all went away, nobody is to be told."""
    if not task.cancelled():
        task.exception()
