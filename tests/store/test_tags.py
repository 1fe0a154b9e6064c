"""Tags stand on runs and experiments, one text a key, five hundred at most."""

from __future__ import annotations

import pytest

from domain.attempts import Attempt
from domain.errors import InvalidInput, NotFound, TooLarge
from domain.ids import AttemptID, NodeKey, NodeKind, WorkspaceID, make_uuid7
from domain.tags import Tag
from store.database import Database
from store.experiments import fetch_experiments
from store.keys import Keys
from store.metrics.attempts import insert_attempt
from store.tags import fetch_tags, remove_tags, set_tags
from tests.store.making import DEFAULT, make_run, make_workspace, read_run


async def put(
    database: Database,
    subject: NodeKey,
    workspace: WorkspaceID = DEFAULT,
    *,
    attempt: AttemptID | None = None,
    **tags: str,
) -> None:
    keys = await Keys(database).intern(workspace, tags.keys())
    async with database.write() as tx:
        await set_tags(tx, workspace, subject, [Tag(*item) for item in tags.items()], keys=keys, attempt=attempt)


async def remove(database: Database, subject: NodeKey, *names: str, attempt: AttemptID | None = None) -> None:
    async with database.write() as tx:
        await remove_tags(tx, DEFAULT, subject, names, attempt=attempt)


async def read(database: Database, subject: NodeKey) -> dict[str, str]:
    async with database.read() as conn:
        found = await fetch_tags(conn, DEFAULT, [subject.uuid])
        return {tag.key: tag.value for tag in found[subject.uuid]}


async def test_tags_of_a_run_are_set_changed_and_removed(database: Database) -> None:
    run = (await read_run(database, await make_run(database, tags={"a": "1"}))).key
    await put(database, run, a="2", b="")
    await remove(database, run, "b", "never there")

    assert await read(database, run) == {"a": "2"}
    assert (await read_run(database, run.uuid)).revision == 3  # type: ignore[arg-type]  # a run's uuid


async def test_the_same_tag_again_and_the_removal_of_none_change_nothing(database: Database) -> None:
    run = await make_run(database, tags={"a": "1"})
    await put(database, NodeKey(NodeKind.RUN, run), a="1")
    await remove(database, NodeKey(NodeKind.RUN, run), "b")

    assert (await read_run(database, run)).revision == 1


async def test_tags_of_an_experiment_raise_its_revision_and_not_its_version(database: Database) -> None:
    run = await read_run(database, await make_run(database))
    subject = NodeKey(NodeKind.EXPERIMENT, run.experiment)
    await put(database, subject, team="vision")
    await remove(database, subject, "team")
    await put(database, subject, team="speech")

    assert await read(database, subject) == {"team": "speech"}
    async with database.read() as conn:
        experiment = (await fetch_experiments(conn, DEFAULT, [run.experiment]))[run.experiment]
    assert (experiment.revision, experiment.version) == (4, 1)


async def test_five_hundred_tags_are_the_limit(database: Database) -> None:
    run = await read_run(database, await make_run(database, tags={f"t{n:03}": "" for n in range(500)}))
    await put(database, run.key, t000="changed")

    with pytest.raises(TooLarge, match="has 500 tags; 1 more would exceed 500"):
        await put(database, run.key, one_more="")
    await remove(database, run.key, "t001")
    await put(database, run.key, one_more="")
    subject = NodeKey(NodeKind.EXPERIMENT, run.experiment)
    await put(database, subject, DEFAULT, attempt=None, **{f"t{n}": "" for n in range(500)})
    with pytest.raises(TooLarge, match="has 500 tags"):
        await put(database, subject, one_more="")


async def test_an_earlier_attempt_touches_no_tag_of_a_later_one(database: Database) -> None:
    first, second = AttemptID(make_uuid7()), AttemptID(make_uuid7())
    run = NodeKey(NodeKind.RUN, await make_run(database, attempt=first))
    async with database.write() as tx:
        await insert_attempt(tx, DEFAULT, run.uuid, Attempt(number=2, id=second, after=first))  # type: ignore[arg-type]
    await put(database, run, attempt=second, state="resumed", node="b")
    await put(database, run, attempt=first, state="late", late="yes")
    await remove(database, run, "node", "late", attempt=first)

    assert await read(database, run) == {"state": "resumed", "node": "b"}


async def test_nothing_else_takes_tags(database: Database) -> None:
    with pytest.raises(InvalidInput, match="a NOTE takes no tags"):
        await put(database, NodeKey(NodeKind.NOTE, make_uuid7()), a="1")


async def test_another_workspace_sees_and_changes_nothing(database: Database) -> None:
    other = await make_workspace(database)
    run = await read_run(database, await make_run(database, tags={"a": "1"}))

    for subject in (run.key, NodeKey(NodeKind.EXPERIMENT, run.experiment)):
        with pytest.raises(NotFound, match=str(subject.uuid)):
            await put(database, subject, other, a="2")
    assert await read(database, run.key) == {"a": "1"}
