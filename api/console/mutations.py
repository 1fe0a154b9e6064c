"""Mutation of console output."""

from __future__ import annotations

from typing import Annotated, Any

import strawberry

from api.console.inputs import LogConsoleInput
from api.info import Info
from api.mutating import TOKEN, read_run_write, write
from api.problems import result_of
from domain.console import make_chunk
from store.log_chunks import log_console
from store.transactions import Transaction


@strawberry.type(description="Console output was logged.")
class LogConsolePayload:
    token: str = strawberry.field(description=TOKEN)


@strawberry.type
class ConsoleMutations:
    @strawberry.mutation(
        graphql_type=result_of(LogConsolePayload), description="Log lines that a process of a run printed."
    )
    async def log_console(
        self, info: Info, input: Annotated[LogConsoleInput, strawberry.argument(description="Which run, and what.")]
    ) -> LogConsolePayload:
        target = read_run_write(info, input)
        chunk = make_chunk(
            input.text,
            stream=input.stream,
            writer="" if input.writer is None else str(input.writer),
            first_line=int(input.first_line),
            attempt=target.attempt,
        )

        async def work(tx: Transaction) -> dict[str, Any]:
            await log_console(tx, info.context.workspace, target.run, chunk)
            return {}

        answer = await write(info, target.delivery, work)
        return LogConsolePayload(token=str(answer.token))
