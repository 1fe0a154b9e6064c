"""Runs are made whole or not at all, with numbers of their own and ids that stay refused."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from uuid import UUID

import pytest
import sqlalchemy as sa

from domain.errors import Conflict, InvalidInput, NotFound, TooLarge
from domain.ids import ExperimentID, NodeKey, NodeKind, make_uuid7
from domain.runs import RunKind, RunStatus
from domain.tags import Tag
from store import tables
from store.database import Database
from store.experiments import delete_experiment, fetch_experiment_id, fetch_experiments
from store.parameters import fetch_parameters
from store.runs import fetch_runs
from store.tags import fetch_tags
from tests.store.making import DEFAULT, make_run, make_run_id, make_workspace


async def test_a_run_is_made_with_its_experiment_parameters_and_tags(database: Database) -> None:
    started = datetime(2024, 5, 1, tzinfo=UTC)
    run = await make_run(
        database,
        "short",
        name="seed 1",
        kind=RunKind.GROUP,
        created_by="ana",
        host="node7",
        started_at=started,
        params={"lr": 0.02, "batch": 524288, "compile": True, "net": {"depth": 3}},
        tags={"record": "baseline"},
    )

    async with database.read() as conn:
        found = (await fetch_runs(conn, DEFAULT, [run]))[run]
        experiment = (await fetch_experiments(conn, DEFAULT, [found.experiment]))[found.experiment]
        params = (await fetch_parameters(conn, DEFAULT, [run]))[run]
        tags = (await fetch_tags(conn, DEFAULT, [run]))[run]
    assert (found.name, found.kind, found.status, found.number) == ("seed 1", RunKind.GROUP, RunStatus.RUNNING, 1)
    assert (found.created_by, found.host, found.started_at, found.ended_at) == ("ana", "node7", started, None)
    assert (found.revision, found.version, found.heartbeat_at) == (1, 1, None)
    assert experiment.name == "short"
    assert {param.key: param.value for param in params} == {
        "batch": 524288,
        "compile": True,
        "lr": 0.02,
        "net": {"depth": 3},
    }
    assert tags == [Tag("record", "baseline")]


async def test_a_run_without_a_name_is_called_by_its_number(database: Database) -> None:
    await make_run(database)
    run = await make_run(database)

    async with database.read() as conn:
        assert (await fetch_runs(conn, DEFAULT, [run]))[run].name == "run 2"


async def test_an_experiment_that_twenty_make_at_once_is_made_once_and_numbers_them_all(database: Database) -> None:
    runs = await asyncio.gather(*(make_run(database, "shared") for _ in range(20)))

    async with database.read() as conn:
        found = await fetch_runs(conn, DEFAULT, runs)
        named = await conn.execute(sa.select(tables.experiments.c.id))
    assert len({run.experiment for run in found.values()}) == 1
    assert len({run.number for run in found.values()}) == 20
    assert len(named.all()) == 1


async def test_a_run_writes_one_outbox_row_and_its_experiment_another(database: Database) -> None:
    run = await make_run(database)

    async with database.read() as conn:
        experiment = await fetch_experiment_id(conn, DEFAULT, "track")
        rows = (await conn.execute(sa.select(tables.outbox.c.kind, tables.outbox.c.uid, tables.outbox.c.changed))).all()
    assert [tuple(row) for row in rows] == [
        (NodeKind.EXPERIMENT.value, experiment, 2),
        (NodeKind.RUN.value, run, 3),
    ]


async def test_an_id_can_be_chosen_and_is_taken_once(database: Database) -> None:
    chosen = make_run_id()
    assert await make_run(database, id=chosen) == chosen

    with pytest.raises(Conflict, match=f"run {chosen} already exists") as caught:
        await make_run(database, id=chosen)
    assert caught.value.path == ("id",)


async def test_a_failed_run_leaves_nothing_behind(database: Database) -> None:
    with pytest.raises(NotFound, match="no run") as caught:
        await make_run(database, "new", parent=make_run_id(), params={"lr": 1})

    assert caught.value.path == ("parent",)
    async with database.read() as conn:
        assert await fetch_experiment_id(conn, DEFAULT, "new") is None
        assert (await conn.execute(sa.select(tables.parameters))).all() == []


async def test_a_parent_in_another_workspace_is_not_found(database: Database) -> None:
    other = await make_workspace(database)
    parent = await make_run(database, workspace=other)

    with pytest.raises(NotFound, match=str(parent)):
        await make_run(database, parent=parent)


async def test_an_experiment_named_by_an_id_must_exist(database: Database) -> None:
    unknown = ExperimentID(make_uuid7())

    with pytest.raises(NotFound, match=str(unknown)) as caught:
        await make_run(database, unknown)  # type: ignore[arg-type]  # a draft takes either
    assert caught.value.path == ("experiment",)


async def test_a_deleted_experiment_takes_no_runs(database: Database) -> None:
    await make_run(database)
    async with database.write() as tx:
        experiment = await fetch_experiment_id(tx.conn, DEFAULT, "track")
        assert experiment is not None
        await delete_experiment(tx, DEFAULT, experiment)

    with pytest.raises(Conflict, match="restore it first"):
        await make_run(database)


@pytest.mark.parametrize(
    "fields, failure, path",
    [
        ({"experiment": ""}, InvalidInput, ("experiment",)),
        ({"experiment": "x" * 501}, TooLarge, ("experiment",)),
        ({"name": "a\0b"}, InvalidInput, ("name",)),
        ({"name": "\ud800"}, InvalidInput, ("name",)),
        ({"created_by": "é" * 40_000}, TooLarge, ("createdBy",)),
        ({"params": {"lr": float("nan")}}, InvalidInput, ("lr",)),
        ({"params": {"lr": {"deep": float("inf")}}}, InvalidInput, ("lr",)),
        ({"params": {"": 1}}, InvalidInput, ("",)),
        ({"params": {f"p{n}": n for n in range(4001)}}, TooLarge, ("params",)),
        ({"tags": {"t": "\udfff"}}, InvalidInput, ("t",)),
        ({"tags": {f"t{n}": "" for n in range(501)}}, TooLarge, ("tags",)),
        ({"id": UUID(int=0)}, InvalidInput, ("id",)),
    ],
)
async def test_what_cannot_be_taken_is_named(
    database: Database, fields: dict[str, object], failure: type[InvalidInput | TooLarge], path: tuple[str, ...]
) -> None:
    with pytest.raises(failure) as caught:
        await make_run(database, **fields)  # type: ignore[arg-type]  # what clients send has any shape

    assert caught.value.path == path


async def test_a_run_of_another_workspace_is_not_seen(database: Database) -> None:
    other = await make_workspace(database)
    run = await make_run(database)

    async with database.read() as conn:
        assert await fetch_runs(conn, other, [run]) == {}
        assert (await fetch_tags(conn, other, [run]))[run] == []
    assert NodeKey(NodeKind.RUN, run).uuid == run
