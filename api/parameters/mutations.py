"""Mutation of parameters."""

from __future__ import annotations

from typing import Annotated, Any

import strawberry

from api.info import Info
from api.mutating import TOKEN, read_run_write, write
from api.parameters.inputs import LogParamsInput, read_parameters
from api.problems import result_of
from api.runs.answers import answer_run
from api.runs.types import Run
from domain.ids import RunID
from store.parameters import log_parameters
from store.transactions import Transaction


@strawberry.type(description="Parameters were logged.")
class LogParamsPayload:
    run: Run = strawberry.field(description="The run as it is now.")
    token: str = strawberry.field(description=TOKEN)


@strawberry.type
class ParameterMutations:
    @strawberry.mutation(graphql_type=result_of(LogParamsPayload), description="Log parameters of a run.")
    async def log_params(
        self,
        info: Info,
        input: Annotated[LogParamsInput, strawberry.argument(description="Which run, and its parameters.")],
    ) -> LogParamsPayload:
        target = read_run_write(info, input)
        parameters = read_parameters(input.params, input.parameters)
        context = info.context
        keys = await context.services.keys.intern(context.workspace, {parameter.key for parameter in parameters})

        async def work(tx: Transaction) -> dict[str, Any]:
            await log_parameters(
                tx,
                context.workspace,
                target.run,
                parameters,
                mode=input.mode,
                keys=keys,
                attempt=target.attempt,
            )
            return {}

        answer = await write(info, target.delivery, work)
        return LogParamsPayload(run=await answer_run(info, RunID(target.run), answer), token=str(answer.token))
