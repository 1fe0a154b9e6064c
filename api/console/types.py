"""Console output as it is answered."""

from __future__ import annotations

from typing import Self

import strawberry

from api.scalars import Int64
from domain.console import ConsoleLine as Line


@strawberry.type(description="One line of console output.")
class ConsoleLine:
    number: Int64 = strawberry.field(description="Its number among the writer's in the stream, counted from 0.")
    text: str = strawberry.field(description="What it says.")

    @classmethod
    def of(cls, line: Line) -> Self:
        return cls(number=Int64(line.number), text=line.text)


@strawberry.type(description="A process of a run that printed something.")
class ConsoleWriter:
    writer: str = strawberry.field(description="Its UUID; empty where it gave none.")
    lines: Int64 = strawberry.field(description="How many lines it printed to the stream.")


@strawberry.type(description="Lines that a process of a run printed.")
class Console:
    writers: list[ConsoleWriter] = strawberry.field(
        description="All that printed to the stream, the one that began last first."
    )
    lines: list[ConsoleLine] = strawberry.field(description="The lines that were asked for, of one writer.")
    next_line: Int64 | None = strawberry.field(
        description="Where to go on: `fromLine` of the next question; null at the end of what is there."
    )
