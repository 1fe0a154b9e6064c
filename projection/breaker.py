"""A circuit breaker: a server that is away costs nobody its timeout, and is asked again as soon as it answers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from domain.errors import Unavailable

log = structlog.get_logger()

FAILURES = 2
"""Failures in a row, without an answer between them, after which the server counts as away."""

FIRST_PAUSE_S = 0.25
LONGEST_PAUSE_S = 5.0
PROBE_S = 2.0


class Breaker:
    """Open while a server is away. It is then probed beside the requests, so that no request waits for it."""

    def __init__(self, name: str, probe: Callable[[], Awaitable[object]]) -> None:
        self._name = name
        self._probe = probe
        self._failures = 0
        self._probing: asyncio.Task[None] | None = None

    @property
    def is_open(self) -> bool:
        """Say whether nobody should ask the server now."""
        return self._probing is not None

    def succeeded(self) -> None:
        """Note that the server answered."""
        self._failures = 0

    def failed(self) -> None:
        """Note that the server did not answer, or not in time."""
        self._failures += 1
        if self._failures >= FAILURES and self._probing is None:
            log.warning("projection_away", projection=self._name)
            self._probing = asyncio.create_task(self._probe_until_back())

    async def close(self) -> None:
        """End the probing."""
        if self._probing is not None:
            self._probing.cancel()
            await asyncio.wait({self._probing})
            self._probing = None

    async def _probe_until_back(self) -> None:
        pause = FIRST_PAUSE_S
        while True:
            await asyncio.sleep(pause)
            try:
                async with asyncio.timeout(PROBE_S):
                    await self._probe()
            except (Unavailable, TimeoutError):
                pause = min(pause * 2, LONGEST_PAUSE_S)
                continue
            log.info("projection_back", projection=self._name)
            self._failures = 0
            self._probing = None
            return
