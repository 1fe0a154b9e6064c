"""Console output as clients write it."""

from __future__ import annotations

import strawberry

from api.mutating import OfRun
from api.scalars import Int64


@strawberry.input(description="Lines that a process of a run printed.")
class LogConsoleInput(OfRun):
    text: str = strawberry.field(description="The lines, with `\\n` between and none behind the last; at most 1 MiB.")
    first_line: Int64 = strawberry.field(
        description="Number of the first of them among the writer's in the stream, counted from 0. Lines that begin "
        "where earlier ones did replace them."
    )
    stream: str = strawberry.field(default="stdout", description="What they were printed to: `stdout`, `stderr`.")
