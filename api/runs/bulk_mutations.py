"""Mutations of many runs, answered run by run; and the purge of one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Annotated, Any

import strawberry

from api.info import Info
from api.lineage.descendants import HasDescendants
from api.mutating import read_delivery, show_writes, write
from api.problems import describe_problem, result_of
from api.runs.inputs import ArchiveRunsInput, PurgeRunInput, RunsInput
from api.runs.payloads import (
    ArchiveRunsPayload,
    DeleteRunsPayload,
    PurgeRunPayload,
    RestoreRunsPayload,
    RunOutcome,
)
from api.runs.types import Run
from domain import errors
from domain.errors import DomainError, TooLarge
from domain.ids import RunID, WorkspaceID
from domain.lineage import descendants
from domain.references import parse_run_id
from domain.runs import BULK_LIMIT
from store.purging import purge_run
from store.run_edits import archive_runs, delete_runs, restore_runs
from store.transactions import Transaction

Act = Callable[[Transaction, WorkspaceID, list[RunID]], Awaitable[dict[RunID, DomainError]]]


@strawberry.type
class BulkRunMutations:
    @strawberry.mutation(
        graphql_type=result_of(ArchiveRunsPayload),
        description="Put runs away, or take them out again: archived ones are left out of lists.",
    )
    async def archive_runs(
        self, info: Info, input: Annotated[ArchiveRunsInput, strawberry.argument(description="Which runs.")]
    ) -> ArchiveRunsPayload:
        outcomes, token = await act_on(info, input, partial(archive_runs, archived=input.archived))
        return ArchiveRunsPayload(outcomes=outcomes, token=token)

    @strawberry.mutation(
        graphql_type=result_of(DeleteRunsPayload),
        description="Delete runs. They can be restored until they are purged.",
    )
    async def delete_runs(
        self, info: Info, input: Annotated[RunsInput, strawberry.argument(description="Which runs.")]
    ) -> DeleteRunsPayload:
        outcomes, token = await act_on(info, input, delete_runs)
        return DeleteRunsPayload(outcomes=outcomes, token=token)

    @strawberry.mutation(graphql_type=result_of(RestoreRunsPayload), description="Take back the deletion of runs.")
    async def restore_runs(
        self, info: Info, input: Annotated[RunsInput, strawberry.argument(description="Which runs.")]
    ) -> RestoreRunsPayload:
        outcomes, token = await act_on(info, input, restore_runs)
        return RestoreRunsPayload(outcomes=outcomes, token=token)

    @strawberry.mutation(
        graphql_type=result_of(PurgeRunPayload, HasDescendants),
        description="Erase a deleted run: its points, parameters, tags, notes and artifacts. Cannot be undone; its id "
        "is refused for ever.",
    )
    async def purge_run(
        self, info: Info, input: Annotated[PurgeRunInput, strawberry.argument(description="Which run.")]
    ) -> PurgeRunPayload | HasDescendants:
        run = parse_run_id(input.run, info.context.workspace, "run")
        try:
            token = await purge_run(
                info.context.database,
                info.context.workspace,
                run,
                delivery=read_delivery(info, input),
                despite_descendants=input.despite_descendants,
                principal=info.context.principal.name,
            )
        except descendants.HasDescendants as exc:
            return HasDescendants.of(exc)
        show_writes(info)
        return PurgeRunPayload(token=str(token))


async def act_on(info: Info, given: RunsInput, act: Act) -> tuple[list[RunOutcome], str]:
    """Do one thing to many runs in one transaction; each has an outcome of its own."""
    if len(given.runs) > BULK_LIMIT:
        raise TooLarge(f"{len(given.runs)} runs, at most {BULK_LIMIT} are taken", path=["runs"])
    workspace = info.context.workspace
    runs: dict[str, RunID] = {}
    failed: dict[str, DomainError] = {}
    for index, text in enumerate(given.runs):
        try:
            runs[text] = parse_run_id(text, workspace, "runs", str(index))
        except DomainError as exc:
            failed[text] = exc

    async def work(tx: Transaction) -> dict[str, Any]:
        refused = await act(tx, workspace, list(runs.values()))
        return {"refused": {str(run): [exc.code, exc.message] for run, exc in refused.items()}}

    answer = await write(info, read_delivery(info, given), work)
    refused = {run: _remember(*told) for run, told in answer.values["refused"].items()}
    failed |= {text: refused[str(run)] for text, run in runs.items() if str(run) in refused}
    return [await _outcome(info, text, runs.get(text), failed.get(text)) for text in given.runs], str(answer.token)


def _remember(code: str, message: str) -> DomainError:
    kinds = {kind.code: kind for kind in DomainError.__subclasses__()}
    return kinds.get(code, errors.InvalidInput)(message)


async def _outcome(info: Info, text: str, run: RunID | None, failure: DomainError | None) -> RunOutcome:
    if failure is not None or run is None:
        problem = None if failure is None else describe_problem(failure, below=("input",))
        return RunOutcome(id=strawberry.ID(text), run=None, problem=problem)
    found = await info.context.loaders.runs.load(run)
    return RunOutcome(id=strawberry.ID(text), run=Run.of(found, info.context.workspace), problem=None)
