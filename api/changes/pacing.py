"""The rhythm of subscriptions: at most two messages a second, and waiting in between."""

from __future__ import annotations

import asyncio
import time

from store.wakeups import Wakeups, wait_for

INTERVAL_S = 0.5
"""Shortest time between two messages of a subscription; what happens in between comes in one."""

LOOK_S = 2.0
"""How often a subscription looks by itself: the net below lost notifications and writes that were held up."""


class Pace:
    """Lets a subscription go on when something may have changed, and not too soon."""

    def __init__(self, wakeups: Wakeups) -> None:
        self._wakeups = wakeups
        self._signal = wakeups.signal
        self._sent = 0.0

    def look(self) -> None:
        """Call before reading: a change after this ends the next wait at once."""
        self._signal = self._wakeups.signal

    def sent(self) -> None:
        """Call after a message."""
        self._sent = time.monotonic()

    async def wait(self) -> None:
        """Wait for a change, then until the next message is due."""
        await wait_for(self._signal, seconds=LOOK_S)
        await self.rest()

    async def rest(self) -> None:
        """Wait until the next message is due."""
        await asyncio.sleep(max(0.0, self._sent + INTERVAL_S - time.monotonic()))
