"""Reading console output: a range of lines, or those of a range that hold a text."""

from __future__ import annotations

from typing import Annotated

import strawberry

from api.console.types import Console, ConsoleLine, ConsoleWriter
from api.info import Info
from api.reading import AtLeast, await_token
from api.runs.loaders import load_run
from api.scalars import Int64
from domain.console import LARGEST_LINE, MAX_LINES, MAX_SCANNED, cut_lines
from domain.console import ConsoleLine as Line
from domain.errors import InvalidInput
from domain.ids import RunID
from domain.references import parse_run_id
from store.log_chunks import fetch_console_writers, fetch_lines

START = Int64(0)
CHUNKS = 200
"""Chunks that are read at once."""


@strawberry.type
class ConsoleQueries:
    @strawberry.field(description="What a run printed: a range of lines, or those of it that hold a text.")
    async def console(
        self,
        info: Info,
        run: Annotated[strawberry.ID, strawberry.argument(description="The run: its global id, or its bare UUID.")],
        stream: Annotated[str, strawberry.argument(description="`stdout` or `stderr`.")] = "stdout",
        writer: Annotated[
            str | None, strawberry.argument(description="Of which process; left out, the one that began last.")
        ] = None,
        from_line: Annotated[Int64, strawberry.argument(description="The first line, counted from 0.")] = START,
        lines: Annotated[int, strawberry.argument(description="How many lines at most, 1 to 10,000.")] = 1000,
        contains: Annotated[
            str | None,
            strawberry.argument(
                description="Only lines that hold this text, in any case. At most 200,000 lines are looked at."
            ),
        ] = None,
        at_least: AtLeast = None,
    ) -> Console:
        await await_token(info, at_least)
        if not 1 <= lines <= MAX_LINES:
            raise InvalidInput(f"{lines} is not from 1 to {MAX_LINES}", path=["lines"])
        if not 0 <= from_line <= LARGEST_LINE:
            raise InvalidInput(f"{from_line} is no number of a line", path=["fromLine"])
        target = parse_run_id(run, info.context.workspace, "run")
        await load_run(info, target)
        async with info.context.read() as conn:
            writers = await fetch_console_writers(conn, info.context.workspace, target, stream)
        chosen = writer if writer is not None else (writers[0][0] if writers else "")
        found, next_line = await _find(
            info, target, stream, writer=chosen, from_line=int(from_line), most=lines, contains=contains
        )
        return Console(
            writers=[ConsoleWriter(writer=name, lines=Int64(end)) for name, end in writers],
            lines=[ConsoleLine.of(line) for line in found],
            next_line=None if next_line is None else Int64(next_line),
        )


async def _find(
    info: Info, run: RunID, stream: str, *, writer: str, from_line: int, most: int, contains: str | None
) -> tuple[list[Line], int | None]:
    """Return lines, and where the next question begins; None at the end."""
    found: list[Line] = []
    wanted = None if contains is None else contains.casefold()
    scanned = 0
    while scanned < MAX_SCANNED:
        async with info.context.read() as conn:
            chunks = await fetch_lines(
                conn, info.context.workspace, run, stream, writer=writer, from_line=from_line, limit=CHUNKS
            )
        read = cut_lines(chunks, from_line=from_line)
        for line in read:
            if wanted is None or wanted in line.text.casefold():
                found.append(line)
            from_line, scanned = line.number + 1, scanned + 1
            if len(found) == most or scanned == MAX_SCANNED:
                return found, from_line
        if len(chunks) < CHUNKS:
            return found, None
    return found, from_line
