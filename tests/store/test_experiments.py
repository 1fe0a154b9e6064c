"""Experiments are made once, renamed, put away, deleted and restored; their names stay theirs."""

from __future__ import annotations

import asyncio

import pytest

from domain.errors import Conflict, InvalidInput, NotFound
from domain.experiments import ExperimentEdit, ExperimentStatus
from domain.ids import ExperimentID, NodeKind, WorkspaceID, make_uuid7
from domain.pages import Count
from domain.workspaces import Workspace
from store import tables
from store.database import Database
from store.experiment_lists import count_experiments
from store.experiments import (
    archive_experiment,
    create_experiment,
    delete_experiment,
    edit_experiment,
    ensure_experiment,
    fetch_experiments,
    restore_experiment,
)
from store.outbox import Changed
from store.workspaces import create_workspace, fetch_workspace_id, fetch_workspaces, list_workspaces
from tests.store.making import DEFAULT, count_rows, fetch_changed, make_workspace


async def make(database: Database, name: str = "track", *, workspace: WorkspaceID = DEFAULT) -> ExperimentID:
    async with database.write() as tx:
        return await create_experiment(tx, workspace, name, description="what it is for")


async def edit(
    database: Database,
    experiment: ExperimentID,
    edit: ExperimentEdit,
    *,
    workspace: WorkspaceID = DEFAULT,
    expected_version: int | None = None,
) -> None:
    async with database.write() as tx:
        await edit_experiment(tx, workspace, experiment, edit, expected_version=expected_version)


async def test_a_name_is_taken_once_in_a_workspace(database: Database) -> None:
    await make(database)
    await make(database, workspace=await make_workspace(database))

    with pytest.raises(Conflict, match="'track' already exists") as caught:
        await make(database)
    assert caught.value.path == ("name",)


async def test_twenty_that_need_an_experiment_get_the_same(database: Database) -> None:
    async def ensure() -> ExperimentID:
        async with database.write() as tx:
            return await ensure_experiment(tx, DEFAULT, "shared")

    assert len(set(await asyncio.gather(*(ensure() for _ in range(20))))) == 1
    assert await count_rows(database, tables.experiments) == 1


async def test_a_rename_raises_version_revision_and_time(database: Database) -> None:
    experiment = await make(database)
    await edit(database, experiment, ExperimentEdit(name="track 2", description=None), expected_version=1)

    async with database.read() as conn:
        found = (await fetch_experiments(conn, DEFAULT, [experiment]))[experiment]
    assert (found.name, found.description, found.version, found.revision) == ("track 2", None, 2, 2)
    assert found.updated_at > found.created_at
    assert (await fetch_changed(database, NodeKind.EXPERIMENT))[-1] == (experiment, 2, Changed.DOCUMENT)
    with pytest.raises(Conflict, match="version is 2, not 1"):
        await edit(database, experiment, ExperimentEdit(name="x"), expected_version=1)


async def test_a_rename_to_a_taken_name_is_refused_even_where_that_one_is_deleted(database: Database) -> None:
    taken, experiment = await make(database, "taken"), await make(database)
    async with database.write() as tx:
        await delete_experiment(tx, DEFAULT, taken)

    with pytest.raises(Conflict, match="'taken' already exists") as caught:
        await edit(database, experiment, ExperimentEdit(name="taken"))
    assert caught.value.path == ("name",)


async def test_an_experiment_is_archived_deleted_and_restored(database: Database) -> None:
    experiment = await make(database)
    seen = []
    async with database.write() as tx:
        await archive_experiment(tx, DEFAULT, experiment, archived=True)
    seen.append(await read_status(database, experiment))
    async with database.write() as tx:
        await delete_experiment(tx, DEFAULT, experiment)
    seen.append(await read_status(database, experiment))
    async with database.write() as tx:
        await restore_experiment(tx, DEFAULT, experiment)
        await archive_experiment(tx, DEFAULT, experiment, archived=False)
    seen.append(await read_status(database, experiment))

    assert seen == [ExperimentStatus.ARCHIVED, ExperimentStatus.DELETED, ExperimentStatus.ACTIVE]


async def read_status(database: Database, experiment: ExperimentID) -> ExperimentStatus:
    async with database.read() as conn:
        return (await fetch_experiments(conn, DEFAULT, [experiment]))[experiment].status


async def test_another_workspace_sees_and_changes_nothing(database: Database) -> None:
    other, experiment = await make_workspace(database), await make(database)

    with pytest.raises(NotFound, match=str(experiment)):
        await edit(database, experiment, ExperimentEdit(name="x"), workspace=other)
    async with database.read() as conn:
        assert await fetch_experiments(conn, other, [experiment]) == {}
        assert await count_experiments(conn, other) == Count(0, True)
    with pytest.raises(NotFound):
        await edit(database, ExperimentID(make_uuid7()), ExperimentEdit(name="x"))


async def test_workspaces_are_made_once_by_names_that_fit_an_address(database: Database) -> None:
    other = await make_workspace(database, "vision-team.2")

    async with database.read() as conn:
        assert await fetch_workspace_id(conn, "vision-team.2") == other
        assert [one.name for one in (await list_workspaces(conn, first=5)).items] == ["default", "vision-team.2"]
        found = (await fetch_workspaces(conn, [other]))[other]
    assert isinstance(found, Workspace)
    with pytest.raises(Conflict, match="already exists"):
        await make_workspace(database, "vision-team.2")
    for name in ("", "Vision", "a/b", "-a", "a" * 64, "é", "a\0"):
        with pytest.raises(InvalidInput) as caught:
            async with database.write() as tx:
                await create_workspace(tx, name)
        assert caught.value.path == ("name",)
