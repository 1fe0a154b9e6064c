"""Builders of what tests of the record stand on."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from domain.ids import RunID, WorkspaceID, make_uuid7
from domain.parameters import parse_parameter
from domain.runs import RunDraft
from domain.tags import parse_tag
from store.database import Database
from store.keys import Keys
from store.numbers import Numbers
from store.runs import create_run
from store.workspaces import create_workspace

DEFAULT = WorkspaceID(UUID("00000000-0000-7000-8000-000000000000"))
"""The workspace that every record begins with."""


def make_run_id() -> RunID:
    return RunID(make_uuid7())


async def make_run(
    database: Database,
    experiment: str = "track",
    *,
    workspace: WorkspaceID = DEFAULT,
    params: dict[str, Any] | None = None,
    tags: dict[str, str] | None = None,
    **fields: Any,
) -> RunID:
    """Make a run as a mutation does: keys and number first, then one transaction."""
    draft = RunDraft(
        experiment=experiment,
        parameters=tuple(parse_parameter(key, value) for key, value in (params or {}).items()),
        tags=tuple(parse_tag(key, value) for key, value in (tags or {}).items()),
        **fields,
    )
    keys = await Keys(database).intern(workspace, draft.key_names)
    place = await Numbers(database).take(workspace, draft.experiment)
    async with database.write() as tx:
        return await create_run(tx, workspace, draft, place, keys=keys)


async def make_workspace(database: Database, name: str = "other") -> WorkspaceID:
    async with database.write() as tx:
        return await create_workspace(tx, name)
