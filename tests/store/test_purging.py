"""Purging takes a run with everything on it, leaves nothing but its refused id, and can be interrupted anywhere."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import pytest
import sqlalchemy as sa

from domain.artifacts import make_artifact_draft
from domain.deliveries import Delivery
from domain.errors import Conflict, Gone, NotFound
from domain.ids import AttemptID, NodeKey, NodeKind, NoteID, RunID, make_uuid7
from domain.parameters import ParameterMode, parse_parameter
from domain.points import PointColumns, PointsRequest, SeriesInput
from domain.references import ForeignRef
from domain.streams import Event, LogChunk
from store import tables
from store.artifacts import log_artifact
from store.counters import lock_run, save_counters
from store.database import Database
from store.events import fetch_events, put_events
from store.experiments import delete_experiment, fetch_experiments, restore_experiment
from store.foreign_ids import add_foreign_id
from store.keys import Keys
from store.lifecycle import beat
from store.log_chunks import fetch_lines, put_log_chunks
from store.metrics.points import prepare_points, write_points
from store.notes import add_note, edit_note, fetch_note_versions, fetch_notes, mark_note
from store.once import write_once
from store.parameters import log_parameters
from store.purge_batches import delete_run_rows
from store.purging import finish_purges, purge_experiment, purge_note, purge_run
from store.run_edits import delete_runs
from store.runs import fetch_runs, find_missing_run
from store.summary_overrides import fetch_summary_overrides, put_summary_overrides
from store.transactions import Transaction
from tests.store.making import DEFAULT, count_rows, fetch_changed, make_run, make_workspace, read_run

WHEN = datetime(2026, 1, 1, tzinfo=UTC)


async def make_full_run(database: Database) -> tuple[RunID, NoteID]:
    """Make a run that has a row in every table that may have one."""
    run = await make_run(database, params={"lr": 1}, tags={"a": "b"}, attempt=AttemptID(make_uuid7()))
    keys, artifact, note = Keys(database), make_uuid7(), NoteID(make_uuid7())
    ids = await keys.intern(DEFAULT, ["lr", "picture", "loss"])
    columns = PointColumns.from_series([SeriesInput(key="loss", values=[1.0, 2.0])])
    prepared = await prepare_points(keys, PointsRequest(workspace=DEFAULT, run=run, columns=columns))

    async def write(tx: Transaction) -> dict[str, object]:
        again = [parse_parameter("lr", 2)]
        await log_parameters(tx, DEFAULT, run, again, mode=ParameterMode.REPLACE, keys=ids)
        counters = await lock_run(tx, DEFAULT, run)
        await put_events(tx, counters, [Event(key="picture", step=1, value={"a": [1]}, happened_at=WHEN)], keys=ids)
        chunk = LogChunk(stream="stdout", writer="0", first_line=0, lines=1, content=b"hello")
        await put_log_chunks(tx, counters, [chunk])
        await put_summary_overrides(tx, counters, {"loss": {"best": 1}}, keys=ids)
        await write_points(tx, counters, prepared)
        await save_counters(tx, counters)
        await log_artifact(tx, DEFAULT, run, make_artifact_draft(path="a"), id=artifact)
        await add_note(tx, DEFAULT, NodeKey(NodeKind.RUN, run), "on the run", id=note)
        await add_note(tx, DEFAULT, NodeKey(NodeKind.ARTIFACT, artifact), "on its artifact", id=NoteID(make_uuid7()))
        await add_foreign_id(tx, DEFAULT, ForeignRef("MLFLOW", "run", "", "abc"), NodeKey(NodeKind.RUN, run))
        await beat(tx, DEFAULT, run)
        return {}

    delivery = Delivery(operation="test", digest=b"", run=run, writer=uuid4(), sequence=0)
    await write_once(database, DEFAULT, delivery, write)
    return run, note


async def delete(database: Database, run: RunID) -> None:
    async with database.write() as tx:
        assert await delete_runs(tx, DEFAULT, [run]) == {}


async def count_left(database: Database) -> dict[str, int]:
    """Return how many rows each table has that says something of a run: its lineage and the audit stay."""
    kept = {
        "audits",
        "artifact_versions",
        "edges",
        "workspaces",
        "experiments",
        "keys",
        "purged",
        "outbox",
        "incarnation",
        "position_samples",
        "learned",
    }
    counts = {
        table.name: await count_rows(database, table)
        for table in tables.metadata.sorted_tables
        if table.name not in kept
    }
    async with database.read() as conn:
        of_runs = tables.texts.c.kind != NodeKind.EXPERIMENT.value
        counts["texts"] = (await conn.execute(sa.select(sa.func.count()).where(of_runs))).scalar_one()
    return {name: count for name, count in counts.items() if count}


async def test_a_run_goes_with_everything_on_it(database: Database) -> None:
    run, note = await make_full_run(database)
    had = await count_left(database)
    await delete(database, run)
    await purge_run(database, DEFAULT, run)

    assert {"runs", "events", "log_chunks", "summary_overrides", "metric_segments", "received", "notes"} <= had.keys()
    assert await count_left(database) == {}
    async with database.read() as conn:
        assert await fetch_runs(conn, DEFAULT, [run]) == {}
        assert isinstance(await find_missing_run(conn, DEFAULT, run), Gone)
        assert isinstance(await find_missing_run(conn, DEFAULT, RunID(make_uuid7())), NotFound)
    assert [uid for uid, _, _ in await fetch_changed(database, NodeKind.NOTE)].count(note) == 2
    assert (await fetch_changed(database, NodeKind.RUN))[-1][0] == run


async def test_its_id_and_those_of_its_notes_are_refused_for_ever(database: Database) -> None:
    run, note = await make_full_run(database)
    await delete(database, run)
    await purge_run(database, DEFAULT, run)

    with pytest.raises(Gone) as caught:
        await make_run(database, id=run)
    assert caught.value.path == ("id",)
    with pytest.raises(Gone) as caught:
        await make_run(database, parent=run)
    assert caught.value.path == ("parent",)
    with pytest.raises(Gone, match=str(note)):
        async with database.write() as tx:
            await edit_note(tx, DEFAULT, note, "again")
    with pytest.raises(Gone):
        await purge_run(database, DEFAULT, run)


async def test_only_what_was_deleted_is_purged(database: Database) -> None:
    run = await make_run(database)
    other = await make_workspace(database)

    with pytest.raises(Conflict, match="delete it first"):
        await purge_run(database, DEFAULT, run)
    await delete(database, run)
    with pytest.raises(NotFound):
        await purge_run(database, other, run)
    assert (await read_run(database, run)).deleted_at is not None


async def test_children_stay_without_a_parent(database: Database) -> None:
    parent = await make_run(database)
    children = [await make_run(database, parent=parent) for _ in range(3)]
    await delete(database, parent)
    await purge_run(database, DEFAULT, parent)

    found = [await read_run(database, child) for child in children]
    assert [(child.parent, child.revision) for child in found] == [(None, 2)] * 3


async def test_a_purge_that_was_interrupted_is_finished_later(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, _ = await make_full_run(database)
    await delete(database, run)

    async def die(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("store.purging.delete_run_rows", die)
    with pytest.raises(KeyboardInterrupt):
        await purge_run(database, DEFAULT, run)
    monkeypatch.setattr("store.purging.delete_run_rows", delete_run_rows)
    with pytest.raises(Gone):
        async with database.write() as tx:
            await beat(tx, DEFAULT, run)

    assert await finish_purges(database) == 1
    assert await finish_purges(database) == 0
    assert await count_left(database) == {}


async def test_an_experiment_goes_with_its_runs(database: Database) -> None:
    await make_full_run(database)
    elsewhere = await make_run(database, "other")
    inside = await make_run(database)
    child = await make_run(database, "other", parent=inside)
    experiment = (await read_run(database, inside)).experiment
    with pytest.raises(Conflict, match="delete it first"):
        await purge_experiment(database, DEFAULT, experiment)
    async with database.write() as tx:
        await delete_experiment(tx, DEFAULT, experiment)
    await purge_experiment(database, DEFAULT, experiment)

    async with database.read() as conn:
        assert await fetch_experiments(conn, DEFAULT, [experiment]) == {}
        left = (await conn.execute(sa.select(tables.runs.c.id))).scalars().all()
    assert set(left) == {elsewhere, child}
    assert (await read_run(database, child)).parent is None
    with pytest.raises(Gone):
        async with database.write() as tx:
            await restore_experiment(tx, DEFAULT, experiment)


async def test_events_output_and_overrides_come_back(database: Database) -> None:
    run, _ = await make_full_run(database)

    async with database.read() as conn:
        events = await fetch_events(conn, DEFAULT, run, names=["picture"], from_step=1)
        chunks = await fetch_lines(conn, DEFAULT, run, "stdout", writer="0", from_line=0, limit=100)
        overrides = await fetch_summary_overrides(conn, DEFAULT, [run])
    assert [(event.key, event.step, event.value, event.happened_at) for event in events] == [
        ("picture", 1, {"a": [1]}, WHEN)
    ]
    assert [(chunk.first_line, chunk.content) for chunk in chunks] == [(0, b"hello")]
    assert overrides == {run: {"loss": {"best": 1}}}


async def test_output_that_begins_at_the_same_line_replaces(database: Database) -> None:
    run = await make_run(database)
    for text in (b"50 %", b"50 %", b"100 %"):
        async with database.write() as tx:
            counters = await lock_run(tx, DEFAULT, run)
            chunk = LogChunk(stream="stdout", writer="0", first_line=7, lines=1, content=text)
            await put_log_chunks(tx, counters, [chunk])

    async with database.read() as conn:
        chunks = await fetch_lines(conn, DEFAULT, run, "stdout", writer="0", from_line=7, limit=100)
    assert [chunk.content for chunk in chunks] == [b"100 %"]


async def test_a_purged_note_leaves_none_of_its_versions_and_its_id_is_refused(database: Database) -> None:
    run, note, other = await make_run(database), NoteID(make_uuid7()), NoteID(make_uuid7())
    async with database.write() as tx:
        await add_note(tx, DEFAULT, NodeKey(NodeKind.RUN, run), "a secret", id=note)
        await edit_note(tx, DEFAULT, note, "no secret")
        await add_note(tx, DEFAULT, NodeKey(NodeKind.RUN, run), "stays", id=other)
    with pytest.raises(Conflict, match="delete it first"):
        async with database.write() as tx:
            await purge_note(tx, DEFAULT, note)
    async with database.write() as tx:
        await mark_note(tx, DEFAULT, note, deleted=True)
    async with database.write() as tx:
        await purge_note(tx, DEFAULT, note)
        changed = {change.key.uuid for change in tx.changes}

    assert changed == {run, note}
    async with database.read() as conn:
        assert await fetch_note_versions(conn, DEFAULT, note) == []
        assert set(await fetch_notes(conn, DEFAULT, [note, other])) == {other}
        assert (await conn.execute(sa.select(tables.texts.c.subject))).scalars().all().count(note) == 0
    with pytest.raises(Gone):
        async with database.write() as tx:
            await mark_note(tx, DEFAULT, note, deleted=False)
    with pytest.raises(Gone):
        async with database.write() as tx:
            await purge_note(tx, DEFAULT, note)
