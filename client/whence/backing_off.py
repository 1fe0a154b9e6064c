"""How long to wait before trying again, and when to stop."""

from __future__ import annotations

import random
import time


class BackOff:
    """Waits twice as long each time, with jitter, until the patience of one request is used up."""

    def __init__(self, *, patience: float, first: float = 0.1, longest: float = 5.0) -> None:
        self._deadline = time.monotonic() + patience
        self._next = first
        self._longest = longest

    def wait(self, *, at_least: float = 0.0) -> bool:
        """Sleep before the next attempt, or return False at once if it would come too late. Times are in seconds."""
        pause = max(at_least, self._next * random.uniform(0.5, 1.0))  # noqa: S311
        if time.monotonic() + pause > self._deadline:
            return False
        time.sleep(pause)
        self._next = min(self._next * 2, self._longest)
        return True
