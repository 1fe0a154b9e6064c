"""What can be asked of projections."""

from __future__ import annotations

from typing import Annotated, Any

import strawberry

from api.info import Info
from api.mutating import TOKEN, Keyed, read_delivery, write
from api.problems import result_of
from api.projections.queries import load_task
from api.projections.types import ProjectionTask
from domain.errors import InvalidInput, NotFound
from domain.positions import INCARNATION_SHIFT
from domain.projections import ProjectionName, TaskKind
from store.projections.incarnations import raise_incarnation
from store.projections.tasks import add_task, fetch_is_known
from store.transactions import Transaction


@strawberry.input(description="What is asked of a projection.")
class StartProjectionTaskInput(Keyed):
    projection: ProjectionName = strawberry.field(description="Of which one.")
    kind: TaskKind = strawberry.field(description="What.")
    deep: bool = strawberry.field(
        default=False, description="For VERIFY: compute contents anew instead of believing what is noted beside them."
    )
    drop_anyway: bool = strawberry.field(
        default=False,
        description="For REBUILD and REPAIR: go on though more is dropped than the share that the settings allow.",
    )


@strawberry.type(description="The projection's leader will do it.")
class StartProjectionTaskPayload:
    task: ProjectionTask = strawberry.field(description="The task; ask `projectionTask` how far it is.")
    token: str = strawberry.field(description=TOKEN)


@strawberry.input(
    description="What to confirm. It takes no client key, which the restored record may know from before: a repeat "
    "begins one incarnation more, and everything is verified once more."
)
class DeclareRestoredInput:
    confirm: bool = strawberry.field(
        default=False, description="Must be true: every projection is verified whole before it is trusted again."
    )


@strawberry.type(description="A new incarnation of the record began.")
class DeclareRestoredPayload:
    incarnation: int = strawberry.field(description="Its number. Tokens and cursors of lost writes are refused.")
    token: str = strawberry.field(description=TOKEN)


@strawberry.type
class ProjectionMutations:
    @strawberry.mutation(
        graphql_type=result_of(StartProjectionTaskPayload),
        description="Ask a projection to be rebuilt, verified or repaired. NOT_FOUND where it is not configured.",
    )
    async def start_projection_task(
        self, info: Info, input: Annotated[StartProjectionTaskInput, strawberry.argument(description="What.")]
    ) -> StartProjectionTaskPayload:
        async def work(tx: Transaction) -> dict[str, Any]:
            if not await fetch_is_known(tx.driver, input.projection.value):
                raise NotFound(f"no projection {input.projection.value} is configured", path=["projection"])
            options = {"deep": input.deep, "drop_anyway": input.drop_anyway}
            return {"task": str(await add_task(tx.driver, input.projection.value, input.kind, options))}

        answer = await write(info, read_delivery(info, input), work)
        return StartProjectionTaskPayload(task=await load_task(info, answer.values["task"]), token=str(answer.token))

    @strawberry.mutation(
        graphql_type=result_of(DeclareRestoredPayload),
        description="Say that the record was restored from a backup, or failed over and lost its newest writes. Whence "
        "notices most such cases by itself.",
    )
    async def declare_restored(
        self, info: Info, input: Annotated[DeclareRestoredInput, strawberry.argument(description="What to confirm.")]
    ) -> DeclareRestoredPayload:
        if not input.confirm:
            raise InvalidInput("confirm is false: nothing was done", path=["confirm"])
        token = await raise_incarnation(info.context.database)
        return DeclareRestoredPayload(incarnation=token.position >> INCARNATION_SHIFT, token=str(token))
