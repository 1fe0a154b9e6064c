"""Points in time: what a question and its later pages see, whatever is written meanwhile; shared by searches."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress

from elasticsearch import ApiError, AsyncElasticsearch, NotFoundError

from domain.errors import CursorExpired, Unavailable
from search.elastic.failures import EXPIRED, driver_errors, name_cause

KEPT = "5m"
"""How long a point is kept after it was last used."""

FRESH_S = 0.25
"""How long one is handed to new searches. With the engine's own refreshes, twice a second, a write is seen within a
second by those who do not wait for it."""


MOST = 300
"""Points that are kept for later pages. Above that the oldest are closed, and their pages begin anew: so many are open
only where many write, wait for it, and search.
"""


class PointsInTime:
    """Hands out one point for all searches of a moment, so that few are open however many search."""

    def __init__(
        self, client: AsyncElasticsearch, indexes: Sequence[str], *, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._client = client
        self.indexes = list(indexes)
        self._now = now
        self._point: str | None = None
        self._until = 0.0
        self._forgotten = 0
        self._left: deque[str] = deque()
        self._closing: set[asyncio.Task[None]] = set()

    async def take(self) -> str:
        """Return a point that sees what was visible when it was asked for, or a moment before."""
        if self._point is None or self._now() >= self._until:
            asked, forgotten = self._now(), self._forgotten
            async with driver_errors():
                answer = await self._client.open_point_in_time(
                    index=self.indexes, keep_alive=KEPT, allow_partial_search_results=False
                )
            point = str(answer["id"])
            self._keep(point)
            if forgotten != self._forgotten:  # opened before what was made visible meanwhile: for this search only
                return point
            self._point, self._until = point, asked + FRESH_S
        return self._point

    @property
    def current(self) -> str | None:
        """The point that is handed out now."""
        return self._point

    def forget(self) -> None:
        """Hand out a new point from now on: something was made visible."""
        self._point = None
        self._forgotten += 1

    def _keep(self, point: str) -> None:
        self._left.append(point)
        if len(self._left) > MOST:
            task = asyncio.create_task(self._close(self._left.popleft()))
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)

    async def _close(self, point: str) -> None:
        with suppress(Unavailable, ApiError):  # it ends by itself, or has
            async with driver_errors():
                await self._client.close_point_in_time(id=point)


def is_expired(error: NotFoundError) -> bool:
    """Say whether a search failed because its point is kept no longer."""
    return name_cause(error) == EXPIRED


def explain_expired() -> CursorExpired:
    return CursorExpired("the page before was too long ago: begin from the first page", path=["after"])
