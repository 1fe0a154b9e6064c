"""Runs end, change and are put away; every change raises what its readers look at."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from domain.errors import Conflict, InvalidInput, NotFound, TooLarge
from domain.ids import AttemptID, NodeKind, RunID, make_uuid7
from domain.runs import RunEdit, RunKind, RunStatus
from store.database import Database
from store.keys import Keys
from store.lifecycle import beat
from store.lineage.concluding import LOCK
from store.outbox import Changed
from store.run_edits import archive_runs, delete_runs, edit_run, finish_run, restore_runs
from tests.metrics.logging_points import log_points, make_request, one_series, read_counters
from tests.store.making import DEFAULT, fetch_changed, make_run, make_run_id, make_workspace, read_run

LATER = datetime(2030, 1, 1, tzinfo=UTC)
BOTH = Changed.GRAPH | Changed.DOCUMENT


async def finish(database: Database, run: RunID, status: RunStatus, **fields: object) -> None:
    async with database.write() as tx:
        await finish_run(tx, DEFAULT, run, status, **fields)  # type: ignore[arg-type]


async def edit(database: Database, run: RunID, expected_version: int | None = None, **fields: object) -> None:
    async with database.write() as tx:
        await edit_run(tx, DEFAULT, run, RunEdit(**fields), expected_version=expected_version)  # type: ignore[arg-type]


async def test_a_run_ends_once_and_the_same_again_changes_nothing(database: Database) -> None:
    run = await make_run(database)
    await finish(database, run, RunStatus.FINISHED, ended_at=LATER)
    await finish(database, run, RunStatus.FINISHED)

    found = await read_run(database, run)
    assert (found.status, found.ended_at, found.revision, found.version) == (RunStatus.FINISHED, LATER, 2, 2)
    assert await fetch_changed(database, NodeKind.RUN) == [(run, 1, BOTH), (run, 2, BOTH)]
    with pytest.raises(Conflict, match="already ended as FINISHED"):
        await finish(database, run, RunStatus.FAILED)


async def test_runs_that_only_have_a_parent_end_while_somebody_else_concludes(database: Database) -> None:
    parent = await make_run(database)
    runs = [await make_run(database, parent=parent) for _ in range(2)]
    async with database.write() as other:
        await other.driver.execute(LOCK, str(DEFAULT))
        async with asyncio.timeout(20):
            await asyncio.gather(*(finish(database, run, RunStatus.FINISHED) for run in [*runs, parent]))

    assert {(await read_run(database, run)).status for run in [*runs, parent]} == {RunStatus.FINISHED}


@pytest.mark.parametrize("status", [RunStatus.RUNNING, RunStatus.LOST])
async def test_a_run_does_not_end_as_running_or_lost(database: Database, status: RunStatus) -> None:
    run = await make_run(database)

    with pytest.raises(InvalidInput, match=f"does not end as {status}") as caught:
        await finish(database, run, status)
    assert caught.value.path == ("status",)


async def test_a_later_attempt_that_is_named_first_by_a_write_may_end_the_run(database: Database) -> None:
    first = AttemptID(make_uuid7())
    run = await make_run(database, attempt=first)
    await finish(database, run, RunStatus.FAILED, attempt=first)

    assert (await read_run(database, run)).status is RunStatus.FAILED
    assert (await read_run(database, run)).attempt == first


async def test_an_edit_changes_what_it_names_and_nothing_else(database: Database) -> None:
    parent = await make_run(database)
    run = await make_run(database, description="first", host="a")
    await edit(database, run, name="better", description=None, kind=RunKind.EVALUATE, parent=parent, started_at=LATER)

    found = await read_run(database, run)
    assert (found.name, found.description, found.kind, found.parent) == ("better", None, RunKind.EVALUATE, parent)
    assert (found.started_at, found.host, found.revision, found.version) == (LATER, "a", 2, 2)


async def test_an_edit_that_changes_nothing_raises_nothing(database: Database) -> None:
    run = await make_run(database, name="same")
    await edit(database, run, name="same")

    assert (await read_run(database, run)).revision == 1


async def test_an_edit_of_text_is_no_work_for_the_graph(database: Database) -> None:
    run = await make_run(database)
    await edit(database, run, description="what it is for")

    assert (await fetch_changed(database, NodeKind.RUN))[-1] == (run, 2, Changed.DOCUMENT)


async def test_each_counter_rises_with_what_its_own_readers_see(database: Database) -> None:
    run, keys = await make_run(database), Keys(database)

    async def read_three() -> tuple[int, int, int]:
        counters = await read_counters(database, run)
        return counters["revision"], counters["graph_revision"], (await read_run(database, run)).version

    assert await read_three() == (1, 1, 1)
    await log_points(database, keys, make_request(run, one_series("loss", [1.0])))
    assert await read_three() == (2, 1, 1)
    await edit(database, run, description="why")
    assert await read_three() == (3, 1, 2)
    await finish(database, run, RunStatus.FINISHED)
    assert await read_three() == (4, 2, 3)
    async with database.write() as tx:
        await beat(tx, DEFAULT, run)
    assert await read_three() == (4, 2, 3)


async def test_an_edit_expects_the_version_it_was_made_on(database: Database) -> None:
    run = await make_run(database)
    results = await asyncio.gather(
        *(edit(database, run, 1, name=f"name {n}") for n in range(5)), return_exceptions=True
    )

    assert sum(result is None for result in results) == 1
    assert {type(result) for result in results} == {type(None), Conflict}
    with pytest.raises(Conflict, match="version is 2, not 1") as caught:
        await edit(database, run, 1, name="late")
    assert caught.value.path == ("expectedVersion",)


async def test_a_status_is_changed_back_only_when_asked(database: Database) -> None:
    run = await make_run(database)
    await finish(database, run, RunStatus.KILLED)
    await edit(database, run, status=RunStatus.RUNNING)

    found = await read_run(database, run)
    assert (found.status, found.ended_at) == (RunStatus.RUNNING, None)
    with pytest.raises(InvalidInput, match="only the service"):
        await edit(database, run, status=RunStatus.LOST)


async def test_a_circle_of_parents_is_refused(database: Database) -> None:
    top = await make_run(database)
    middle = await make_run(database, parent=top)
    bottom = await make_run(database, parent=middle)

    for parent in (bottom, middle, top):
        with pytest.raises(Conflict, match="cannot be its parent") as caught:
            await edit(database, top, parent=parent)
        assert caught.value.path == ("parent",)


async def test_two_edits_cannot_close_a_circle_between_them(database: Database) -> None:
    for _ in range(10):
        a, b = await make_run(database), await make_run(database)
        results = await asyncio.gather(edit(database, a, parent=b), edit(database, b, parent=a), return_exceptions=True)

        assert sorted(type(result).__name__ for result in results) == ["Conflict", "NoneType"]


async def test_a_parent_must_be_in_the_workspace(database: Database) -> None:
    run = await make_run(database)
    foreign = await make_run(database, workspace=await make_workspace(database))

    with pytest.raises(NotFound, match=str(foreign)):
        await edit(database, run, parent=foreign)


async def test_runs_are_deleted_and_restored_together(database: Database) -> None:
    runs = [await make_run(database) for _ in range(3)]
    unknown = make_run_id()
    async with database.write() as tx:
        failures = await delete_runs(tx, DEFAULT, [*runs, unknown])

    assert {run: type(failure) for run, failure in failures.items()} == {unknown: NotFound}
    assert all([(await read_run(database, run)).deleted_at is not None for run in runs])
    assert (await fetch_changed(database, NodeKind.RUN))[-1][1:] == (2, BOTH)
    async with database.write() as tx:
        assert await restore_runs(tx, DEFAULT, runs) == {}
    assert {(await read_run(database, run)).deleted_at for run in runs} == {None}


async def test_archiving_twice_changes_once(database: Database) -> None:
    run = await make_run(database)
    for _ in range(2):
        async with database.write() as tx:
            await archive_runs(tx, DEFAULT, [run], archived=True)

    found = await read_run(database, run)
    assert found.archived_at is not None
    assert (found.revision, found.version) == (2, 2)


async def test_too_many_runs_at_once_are_refused(database: Database) -> None:
    with pytest.raises(TooLarge, match="1001 runs; at most 1000"):
        async with database.write() as tx:
            await delete_runs(tx, DEFAULT, [make_run_id() for _ in range(1001)])


async def test_a_run_of_another_workspace_cannot_be_changed(database: Database) -> None:
    other = await make_workspace(database)
    run = await make_run(database)

    with pytest.raises(NotFound, match=str(run)):
        async with database.write() as tx:
            await finish_run(tx, other, run, RunStatus.FINISHED)
    async with database.write() as tx:
        assert {type(one) for one in (await delete_runs(tx, other, [run])).values()} == {NotFound}
