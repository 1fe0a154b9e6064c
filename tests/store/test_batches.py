"""A batch is written whole, in one transaction with one outbox row of its run, or not at all."""

from __future__ import annotations

from typing import Any

import pytest

from domain.artifacts import make_artifact_draft
from domain.errors import Conflict, InvalidInput, NotFound
from domain.ids import NodeKind, NoteID, RunID, WorkspaceID, make_uuid7
from domain.parameters import parse_parameter
from domain.points import PointColumns, PointsRequest, SeriesInput
from domain.runs import RunStatus
from domain.tags import Tag
from store import tables
from store.artifacts import fetch_artifacts_of
from store.batches import Batch, Ending, NewArtifact, NoteDraft, log_batch
from store.comparisons import compare_runs
from store.database import Database
from store.keys import Keys
from store.metrics.points import prepare_points
from store.metrics.settling import read_settled
from store.metrics.summaries import fetch_summaries
from store.notes import fetch_notes_on
from store.outbox import Changed
from tests.store.making import DEFAULT, count_rows, fetch_changed, make_run, make_run_id, make_workspace, read_run


async def send(database: Database, run: RunID, *, workspace: WorkspaceID = DEFAULT, **fields: Any) -> int:
    keys = Keys(database)
    losses = fields.pop("losses", None)
    if losses is not None:
        columns = PointColumns.from_series([SeriesInput(key="loss", values=losses)])
        fields["points"] = await prepare_points(keys, PointsRequest(workspace=workspace, run=run, columns=columns))
    batch = Batch(run=run, **fields)
    ids = await keys.intern(workspace, batch.key_names)
    async with database.write() as tx:
        return await log_batch(tx, workspace, batch, keys=ids)


async def test_all_of_a_run_is_written_at_once(database: Database) -> None:
    run = await make_run(database)
    artifact = NewArtifact(make_uuid7(), make_artifact_draft(path="out/model.pt", size=3))
    accepted = await send(
        database,
        run,
        parameters=(parse_parameter("lr", 0.1),),
        tags=(Tag("state", "done"),),
        notes=(NoteDraft(NoteID(make_uuid7()), "a spike"),),
        artifacts=(artifact,),
        losses=[3.0, 2.0, 4.0],
        ending=Ending(RunStatus.FINISHED),
    )

    found = await read_run(database, run)
    assert (accepted, found.status) == (3, RunStatus.FINISHED)
    async with read_settled(database, DEFAULT, [run]) as conn:
        summary = (await fetch_summaries(conn, DEFAULT, [run], None))[run]["loss"].summary
        notes = (await fetch_notes_on(conn, DEFAULT, [run], first=5, after=None))[run]
        artifacts = (await fetch_artifacts_of(conn, DEFAULT, [run], first=5, after=None))[run]
    assert (summary.count, summary.last.step, summary.last.value) == (3, 2, 4.0)
    assert [note.text for note in notes.items] == ["a spike"]
    assert [(one.id, one.name, one.size) for one in artifacts.items] == [(artifact.id, "model.pt", 3)]
    changed = await fetch_changed(database, NodeKind.RUN)
    assert changed[1:] == [(run, found.revision, Changed.GRAPH | Changed.DOCUMENT | Changed.POINTS)]


async def test_a_part_that_fails_takes_the_rest_with_it(database: Database) -> None:
    run = await make_run(database, params={"lr": 0.1})

    with pytest.raises(Conflict, match="already"):
        await send(
            database,
            run,
            parameters=(parse_parameter("lr", 0.2),),
            tags=(Tag("a", "b"),),
            notes=(NoteDraft(NoteID(make_uuid7()), "x"),),
            losses=[1.0],
        )
    found = await read_run(database, run)
    assert (found.revision, found.status) == (1, RunStatus.RUNNING)
    for table in (tables.tags, tables.notes, tables.metric_segments, tables.metric_summaries):
        assert await count_rows(database, table) == 0


async def test_a_run_that_ended_still_takes_what_comes_late(database: Database) -> None:
    run = await make_run(database)
    await send(database, run, ending=Ending(RunStatus.FAILED))
    await send(database, run, tags=(Tag("late", "yes"),), losses=[1.0])

    found = await read_run(database, run)
    assert (found.status, found.version) == (RunStatus.FAILED, 2)


async def test_what_cannot_be_taken_is_named_before_anything_is_done(database: Database) -> None:
    run = await make_run(database)

    with pytest.raises(InvalidInput) as caught:
        await send(database, run, notes=(NoteDraft(NoteID(make_uuid7()), "ok"), NoteDraft(NoteID(make_uuid7()), "")))
    assert caught.value.path == ("notes", "1", "text")
    with pytest.raises(InvalidInput, match="given twice"):
        await send(database, run, tags=(Tag("a", "1"), Tag("a", "2")))


async def test_a_run_elsewhere_takes_nothing(database: Database) -> None:
    other, run = await make_workspace(database), await make_run(database)

    for workspace, named in ((other, run), (DEFAULT, make_run_id())):
        with pytest.raises(NotFound, match=str(named)):
            await send(database, named, workspace=workspace, losses=[1.0])


async def test_runs_stand_side_by_side(database: Database) -> None:
    a = await make_run(database, params={"lr": 0.1, "seed": 1}, tags={"team": "x"})
    b = await make_run(database, params={"lr": 0.1, "seed": 2}, tags={"team": "x", "gpu": "h100"})
    for run, loss in ((a, 1.0), (b, float("nan"))):
        await send(database, run, losses=[loss])

    async with read_settled(database, DEFAULT) as conn:
        everything = await compare_runs(conn, DEFAULT, [a, b, a])
        differences = await compare_runs(conn, DEFAULT, [a, b], only_differences=True)
    assert {row.key: row.differs for row in everything.parameters} == {"lr": False, "seed": True}
    assert {row.key: row.differs for row in everything.tags} == {"team": False, "gpu": True}
    assert [(row.key, row.differs) for row in everything.metrics] == [("loss", True)]
    assert [row.key for row in differences.parameters] == ["seed"]
    assert differences.tags[0].values == {b: "h100"}
    with pytest.raises(NotFound) as caught:
        async with read_settled(database, DEFAULT) as conn:
            await compare_runs(conn, DEFAULT, [a, make_run_id()])
    assert caught.value.path == ("ids", "run")


@pytest.mark.parametrize(
    "fields, path",
    [
        ({"path": ""}, ("path",)),
        ({"path": "a\0"}, ("path",)),
        ({"path": "a", "size": -1}, ("size",)),
        ({"path": "a", "size": 2**63}, ("size",)),
        ({"path": "a", "step": 2**63}, ("step",)),
        ({"path": "a", "digest": "sha256:12"}, ("digest",)),
        ({"path": "a", "digest": "nothing"}, ("digest",)),
        ({"path": "a", "uri": "model.pt"}, ("uri",)),
        ({"path": "a", "name": "\ud800"}, ("name",)),
    ],
)
def test_an_artifact_that_cannot_be_is_refused(fields: dict[str, Any], path: tuple[str, ...]) -> None:
    with pytest.raises(InvalidInput) as caught:
        make_artifact_draft(**fields)

    assert caught.value.path == path


@pytest.mark.parametrize(
    "given, normal",
    [
        ("SHA256:" + "AB" * 32, "sha256:" + "ab" * 32),
        ("AB" * 32, "sha256:" + "ab" * 32),
        ("sha-256:" + "ab" * 32, "sha256:" + "ab" * 32),
        ("md5:1B2M2Y8AsgTpgAmY7PhCfg==", "md5:d41d8cd98f00b204e9800998ecf8427e"),
        ("xxh64:Ab", "xxh64:Ab"),
    ],
)
def test_a_digest_has_one_spelling(given: str, normal: str) -> None:
    assert make_artifact_draft(path="a", digest=given).digest == normal
