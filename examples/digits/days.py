"""When things happened: what is done in seconds here takes a project weeks, so each step is dated a day later."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta

DAY = timedelta(days=1)


@dataclass
class Days:
    """A clock that runs as fast as the machine's, and that each step sets to the next morning."""

    since: datetime
    number: int = -1
    _began: float = field(default_factory=time.monotonic)

    def begin_next(self) -> None:
        """Let the next step begin on the morning after the one before."""
        self.number += 1
        self._began = time.monotonic()

    def now(self) -> datetime:
        """Return the time of the step that is being done: its morning, and the seconds since it began."""
        passed = timedelta(seconds=time.monotonic() - self._began)
        return self.since + self.number * DAY + passed


def tell(moment: datetime) -> str:
    """Return a time as RFC 3339, to the millisecond."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
