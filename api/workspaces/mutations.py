"""Mutation of workspaces."""

from __future__ import annotations

from typing import Annotated, Any

import strawberry

from api.info import Info
from api.mutating import TOKEN, Keyed, read_delivery, write
from api.problems import result_of
from api.workspaces.types import Workspace
from domain.errors import NotFound
from domain.ids import WorkspaceID, parse_uuid
from store.transactions import Transaction
from store.workspaces import create_workspace, fetch_workspaces


@strawberry.input(description="A workspace to be made.")
class CreateWorkspaceInput(Keyed):
    name: str = strawberry.field(
        description="1 to 63 of a-z, 0-9, dot, dash and underscore, beginning with a letter or digit. A taken name is "
        "a CONFLICT."
    )


@strawberry.type(description="A workspace was made.")
class CreateWorkspacePayload:
    workspace: Workspace = strawberry.field(description="The workspace.")
    token: str = strawberry.field(description=TOKEN)


@strawberry.type
class WorkspaceMutations:
    @strawberry.mutation(
        graphql_type=result_of(CreateWorkspacePayload),
        description="Make a workspace: a part of the record that shares nothing with others.",
    )
    async def create_workspace(
        self, info: Info, input: Annotated[CreateWorkspaceInput, strawberry.argument(description="Its name.")]
    ) -> CreateWorkspacePayload:
        async def work(tx: Transaction) -> dict[str, Any]:
            return {"workspace": str(await create_workspace(tx, input.name))}

        answer = await write(info, read_delivery(info, input), work)
        made = WorkspaceID(parse_uuid(answer.values["workspace"]))
        async with info.context.read() as conn:
            found = (await fetch_workspaces(conn, [made])).get(made)
        if found is None:
            raise NotFound(f"no workspace {made}")
        return CreateWorkspacePayload(workspace=Workspace.of(found), token=str(answer.token))
