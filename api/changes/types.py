"""What subscriptions send."""

from __future__ import annotations

import strawberry

from api.runs.types import Run
from api.scalars import Float64List, Int64List

CURSOR = "Give it as `since` after a broken connection, and nothing is missed."
RESET = "True when `since` was too old, or of another record: read anew, then go on from this cursor."


@strawberry.type(description="Runs that changed since the message before.")
class RunChanges:
    cursor: str = strawberry.field(description=CURSOR)
    reset: bool = strawberry.field(description=RESET)
    runs: list[Run] = strawberry.field(description="The runs as they are now, at most 1,000; purged ones are left out.")


@strawberry.type(description="New points of one series, in the order of arrival.")
class AppendedSeries:
    key: str = strawberry.field(description="The metric's key.")
    steps: Int64List = strawberry.field(description="Steps.")
    values: Float64List = strawberry.field(description="Values; NaN and infinities by name.")
    times_ms: Int64List = strawberry.field(description="Times in milliseconds since 1970.")


@strawberry.type(description="Points that a run got since the message before.")
class AppendedPoints:
    cursor: str = strawberry.field(
        description=f"{CURSOR} Points of a burst that was cut into several messages may come again."
    )
    reset: bool = strawberry.field(description=RESET)
    series: list[AppendedSeries] = strawberry.field(
        description="New points by series, at most 10,000 in a message. Superseded ones come too."
    )
