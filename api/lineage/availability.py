"""Whether the bytes of a version are still to be had, as answers say it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Self

import strawberry

from api.lineage.enums import AvailabilityState
from api.scalars import DateTime


@strawberry.type(description="Whether the bytes of a version are to be had.")
class Availability:
    state: AvailabilityState = strawberry.field(description="Whether they are.")
    since: DateTime | None = strawberry.field(description="Since when.")
    reason: str | None = strawberry.field(description="Why.")

    @classmethod
    def of(cls, stored: Any) -> Self | None:
        """Return what stands in the record; None where nobody said anything."""
        if stored is None:
            return None
        since = stored.get("since")
        return cls(
            state=AvailabilityState(stored["state"]),
            since=None if since is None else datetime.fromisoformat(since),
            reason=stored.get("reason"),
        )
