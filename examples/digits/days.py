"""When things happened: what is done in seconds here takes a project weeks, so each step is dated a day later."""

from __future__ import annotations

import hashlib
import time
from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

DAY = timedelta(days=1)


@dataclass
class Days:
    """The mornings of the story, and when each of its steps really began."""

    since: datetime
    began: list[datetime] = field(default_factory=list)

    def begin_next(self) -> None:
        """Let the next step begin on the morning after the one before."""
        time.sleep(0.01)  # so that no moment of the step before falls into this one
        now = datetime.now(UTC)
        self.began.append(now.replace(microsecond=now.microsecond // 1000 * 1000))  # the record has milliseconds

    def redate(self, moment: datetime) -> datetime:
        """Return when something happened in the story: on its step's morning, and as long after it as it really was."""
        number = max(bisect_right(self.began, moment) - 1, 0)
        return self.since + number * DAY + (moment - self.began[number])

    def make_id(self, name: str) -> str:
        """Return the id of the run of that name: a UUIDv7 of its day, its random bits from the name."""
        milliseconds = int((self.since + (len(self.began) - 1) * DAY).timestamp() * 1000)
        digest = int.from_bytes(hashlib.sha256(f"digits/{name}".encode()).digest()[:10], "big")
        random_a, random_b = digest & 0xFFF, digest >> 12 & (1 << 62) - 1
        return str(UUID(int=milliseconds << 80 | 7 << 76 | random_a << 64 | 2 << 62 | random_b))
