"""Mutations of experiments."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Annotated, Any

import strawberry

from api.edits import read_edit
from api.experiments.loaders import load_experiment, read_named
from api.experiments.payloads import (
    ArchiveExperimentInput,
    ArchiveExperimentPayload,
    CreateExperimentInput,
    CreateExperimentPayload,
    DeleteExperimentPayload,
    ExperimentInput,
    PurgeExperimentInput,
    PurgeExperimentPayload,
    RestoreExperimentPayload,
    UpdateExperimentInput,
    UpdateExperimentPayload,
)
from api.info import Info
from api.lineage.descendants import HasDescendants
from api.mutating import read_delivery, show_writes, write
from api.problems import result_of
from domain.experiments import ExperimentEdit
from domain.ids import ExperimentID, WorkspaceID, parse_uuid
from domain.lineage import descendants
from store.experiments import (
    archive_experiment,
    create_experiment,
    delete_experiment,
    edit_experiment,
    resolve_experiment,
    restore_experiment,
)
from store.purging import purge_experiment
from store.transactions import Transaction

Act = Callable[[Transaction, WorkspaceID, ExperimentID], Awaitable[None]]


@strawberry.type
class ExperimentMutations:
    @strawberry.mutation(
        graphql_type=result_of(CreateExperimentPayload),
        description="Make an experiment. `createRun` makes one too, where a name finds none.",
    )
    async def create_experiment(
        self, info: Info, input: Annotated[CreateExperimentInput, strawberry.argument(description="The experiment.")]
    ) -> CreateExperimentPayload:
        async def work(tx: Transaction) -> dict[str, Any]:
            workspace = info.context.workspace
            made = await create_experiment(tx, workspace, input.name, description=input.description)
            return {"experiment": str(made)}

        answer = await write(info, read_delivery(info, input), work)
        made = await load_experiment(info, ExperimentID(parse_uuid(answer.values["experiment"])))
        return CreateExperimentPayload(experiment=made, token=str(answer.token))

    @strawberry.mutation(
        graphql_type=result_of(UpdateExperimentPayload), description="Rename or describe an experiment."
    )
    async def update_experiment(
        self,
        info: Info,
        input: Annotated[UpdateExperimentInput, strawberry.argument(description="Which one, and how.")],
    ) -> UpdateExperimentPayload:
        edit = ExperimentEdit(name=read_edit(input.name), description=read_edit(input.description))
        experiment, token = await act_on(
            info, input, partial(edit_experiment, edit=edit, expected_version=input.expected_version)
        )
        return UpdateExperimentPayload(experiment=await load_experiment(info, experiment), token=token)

    @strawberry.mutation(
        graphql_type=result_of(ArchiveExperimentPayload),
        description="Put an experiment away, or take it out again: lists leave archived ones out.",
    )
    async def archive_experiment(
        self, info: Info, input: Annotated[ArchiveExperimentInput, strawberry.argument(description="Which one.")]
    ) -> ArchiveExperimentPayload:
        experiment, token = await act_on(info, input, partial(archive_experiment, archived=input.archived))
        return ArchiveExperimentPayload(experiment=await load_experiment(info, experiment), token=token)

    @strawberry.mutation(
        graphql_type=result_of(DeleteExperimentPayload),
        description="Delete an experiment with its runs. It can be restored until it is purged.",
    )
    async def delete_experiment(
        self, info: Info, input: Annotated[ExperimentInput, strawberry.argument(description="Which one.")]
    ) -> DeleteExperimentPayload:
        experiment, token = await act_on(info, input, delete_experiment)
        return DeleteExperimentPayload(experiment=await load_experiment(info, experiment), token=token)

    @strawberry.mutation(
        graphql_type=result_of(RestoreExperimentPayload), description="Take back the deletion of an experiment."
    )
    async def restore_experiment(
        self, info: Info, input: Annotated[ExperimentInput, strawberry.argument(description="Which one.")]
    ) -> RestoreExperimentPayload:
        experiment, token = await act_on(info, input, restore_experiment)
        return RestoreExperimentPayload(experiment=await load_experiment(info, experiment), token=token)

    @strawberry.mutation(
        graphql_type=result_of(PurgeExperimentPayload, HasDescendants),
        description="Erase a deleted experiment with its runs. Cannot be undone.",
    )
    async def purge_experiment(
        self, info: Info, input: Annotated[PurgeExperimentInput, strawberry.argument(description="Which one.")]
    ) -> PurgeExperimentPayload | HasDescendants:
        try:
            token = await purge_experiment(
                info.context.database,
                info.context.workspace,
                read_named(info, input.experiment, "experiment"),
                delivery=read_delivery(info, input),
                despite_descendants=input.despite_descendants,
                principal=info.context.principal.name,
            )
        except descendants.HasDescendants as exc:
            return HasDescendants.of(exc)
        show_writes(info)
        return PurgeExperimentPayload(token=str(token))


async def act_on(info: Info, given: ExperimentInput, act: Act) -> tuple[ExperimentID, str]:
    """Do one thing to an experiment; return it and the token. A repeat means the one that had the name then."""
    named = read_named(info, given.experiment, "experiment")

    async def work(tx: Transaction) -> dict[str, Any]:
        experiment = await resolve_experiment(tx.conn, info.context.workspace, named)
        await act(tx, info.context.workspace, experiment)
        return {"experiment": str(experiment)}

    answer = await write(info, read_delivery(info, given), work)
    return ExperimentID(parse_uuid(answer.values["experiment"])), str(answer.token)
