"""Mutations of one run: made, resumed, ended, changed."""

from __future__ import annotations

from typing import Annotated, Any

import strawberry

from api.info import Info
from api.mutating import read_attempt, read_delivery, read_run_write, read_uuid, show_writes, write
from api.problems import result_of
from api.runs.answers import answer_run
from api.runs.drafts import read_draft, read_run_edit
from api.runs.inputs import CreateRunInput, FinishRunInput, HeartbeatInput, ResumeRunInput, UpdateRunInput
from api.runs.loaders import load_run
from api.runs.payloads import (
    CreateRunPayload,
    FinishRunPayload,
    HeartbeatPayload,
    ResumeRunPayload,
    UpdateRunPayload,
)
from domain.errors import InvalidInput
from domain.ids import AttemptID, RunID, parse_uuid
from domain.references import parse_run_id
from store.lifecycle import beat
from store.metrics.resuming import Resume, resume_run
from store.once import Answer
from store.run_edits import edit_run, finish_run
from store.runs import create_run, create_run_at_once
from store.transactions import Transaction


@strawberry.type
class RunMutations:
    @strawberry.mutation(
        graphql_type=result_of(CreateRunPayload), description="Make a run, and its experiment where a name finds none."
    )
    async def create_run(
        self, info: Info, input: Annotated[CreateRunInput, strawberry.argument(description="The run.")]
    ) -> CreateRunPayload:
        context = info.context
        draft = read_draft(info, input)
        delivery = read_delivery(info, input, draft.id)
        keys = await context.services.keys.intern(context.workspace, draft.key_names)
        place = await context.services.numbers.take(context.workspace, draft.experiment)

        async def work(tx: Transaction) -> dict[str, Any]:
            return {"run": str(await create_run(tx, context.workspace, draft, place, keys=keys))}

        if place is not None and not draft.has_lineage and not delivery.is_known_again:
            done = await create_run_at_once(context.database, context.workspace, draft, place, keys=keys)
            if done is not None:
                show_writes(info)
                run = await answer_run(info, done[0], Answer({}, done[1]))
                return CreateRunPayload(run=run, token=str(done[1]))
        answer = await write(info, delivery, work, again={"run": str(draft.id)}, creates_run=True)
        run = await answer_run(info, RunID(parse_uuid(answer.values["run"])), answer)
        return CreateRunPayload(run=run, token=str(answer.token))

    @strawberry.mutation(
        graphql_type=result_of(ResumeRunPayload),
        description="Begin a new attempt of a run. Points above `fromStep` that came before are superseded: kept, and "
        "out of summaries.",
    )
    async def resume_run(
        self,
        info: Info,
        input: Annotated[ResumeRunInput, strawberry.argument(description="Which run, and the new attempt.")],
    ) -> ResumeRunPayload:
        target = read_run_write(info, input)
        resumed = read_resumption(input)

        async def work(tx: Transaction) -> dict[str, Any]:
            done = await resume_run(tx, info.context.workspace, target.run, resumed)
            return {"current": done.current, "recomputing": done.recomputing}

        again = {"current": True, "recomputing": False}
        answer = await write(info, target.delivery, work, again=again, claims_compaction=True)
        return ResumeRunPayload(
            run=await answer_run(info, target.run, answer),
            current=answer.values["current"],
            recomputing=answer.values["recomputing"],
            token=str(answer.token),
        )

    @strawberry.mutation(
        graphql_type=result_of(FinishRunPayload),
        description="End a run. It still takes points, tags, notes and artifacts: spools come late.",
    )
    async def finish_run(
        self, info: Info, input: Annotated[FinishRunInput, strawberry.argument(description="Which run, and how.")]
    ) -> FinishRunPayload:
        target = read_run_write(info, input)

        async def work(tx: Transaction) -> dict[str, Any]:
            await finish_run(
                tx,
                info.context.workspace,
                target.run,
                input.status,
                ended_at=input.ended_at,
                attempt=target.attempt,
            )
            return {}

        answer = await write(info, target.delivery, work, opens_run=True)
        return FinishRunPayload(run=await answer_run(info, target.run, answer), token=str(answer.token))

    @strawberry.mutation(
        graphql_type=result_of(UpdateRunPayload),
        description="Change a run: rename it, describe it, move it below another.",
    )
    async def update_run(
        self, info: Info, input: Annotated[UpdateRunInput, strawberry.argument(description="Which run, and how.")]
    ) -> UpdateRunPayload:
        target = read_run_write(info, input)
        edit = read_run_edit(info, input)
        workspace = info.context.workspace

        async def work(tx: Transaction) -> dict[str, Any]:
            await edit_run(tx, workspace, target.run, edit, expected_version=input.expected_version)
            return {}

        answer = await write(info, target.delivery, work)
        return UpdateRunPayload(run=await answer_run(info, target.run, answer), token=str(answer.token))

    @strawberry.mutation(
        graphql_type=result_of(HeartbeatPayload),
        description="Say that a run is alive. Three missed heartbeats make it LOST, a later one RUNNING.",
    )
    async def heartbeat(
        self, info: Info, input: Annotated[HeartbeatInput, strawberry.argument(description="Which run.")]
    ) -> HeartbeatPayload:
        workspace = info.context.workspace
        run, attempt = parse_run_id(input.run, workspace, "run"), read_attempt(input)
        async with info.context.database.write() as tx:
            await beat(tx, workspace, run, seconds=input.seconds, attempt=attempt)
        show_writes(info)
        return HeartbeatPayload(run=await load_run(info, run))


def read_resumption(given: ResumeRunInput) -> Resume:
    """Return the attempt that an input describes. Raises `InvalidInput`."""
    if given.restart_count < 0:
        raise InvalidInput(f"restartCount is {given.restart_count}, it cannot be below 0", path=["restartCount"])
    after = read_uuid(given.after, "after")
    attempt = read_uuid(given.attempt, "attempt")
    if attempt is None:
        raise InvalidInput("an attempt needs its UUID", path=["attempt"])
    return Resume(
        attempt=AttemptID(attempt),
        after=None if after is None else AttemptID(after),
        restart_count=given.restart_count,
        from_step=given.from_step,
    )
