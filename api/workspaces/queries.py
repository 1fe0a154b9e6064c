"""Workspaces, and what answers here."""

from __future__ import annotations

from typing import Annotated

import strawberry

from api.connections import DEFAULT_PAGE, FIRST, Connection, check_first, connect
from api.info import Info
from api.nodes.loaders import load_named
from api.workspaces.types import Workspace
from domain.errors import InvalidInput
from domain.ids import NodeKey, NodeKind
from domain.pages import Count
from domain.workspaces import check_workspace_name
from store.workspaces import count_workspaces, list_workspaces

Workspaces = Connection[Workspace]
MARK = "w:"


@strawberry.type
class WorkspaceQueries:
    @strawberry.field(description="The workspace of this request: that of the path, the header, or the default one.")
    async def workspace(self, info: Info) -> Workspace:
        return await load_named(info, NodeKey(NodeKind.WORKSPACE, info.context.workspace), Workspace)

    @strawberry.field(description="All workspaces of the service by name.")
    async def workspaces(
        self,
        info: Info,
        first: Annotated[int, strawberry.argument(description=FIRST)] = DEFAULT_PAGE,
        after: Annotated[
            str | None, strawberry.argument(description="Begin behind this cursor of the page before.")
        ] = None,
    ) -> Workspaces:
        name = None if after is None else read_cursor(after)
        async with info.context.read() as conn:
            page = await list_workspaces(conn, first=check_first(first), after=name)

        async def count() -> Count:
            async with info.context.read() as conn:
                return await count_workspaces(conn)

        return connect(
            page.items,
            make=Workspace.of,
            cursor=lambda one: MARK + one.name,
            has_next=page.has_next,
            count=count,
        )


def read_cursor(text: str) -> str:
    """Return the name in a cursor. Raises `InvalidInput`."""
    if not text.startswith(MARK):
        raise InvalidInput(f"{text[:80]!r} is not a cursor", path=["after"])
    return check_workspace_name(text.removeprefix(MARK), "after")
