"""References lead to one node, make placeholders in mutations only, and name candidates where they are ambiguous."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest
import sqlalchemy as sa

from domain.artifacts import make_artifact_draft
from domain.errors import Conflict, Gone, InvalidInput, NotFound
from domain.ids import GlobalID, NodeKey, NodeKind, WorkspaceID, make_uuid7
from domain.nodes import ArtifactVersion, DatasetVersion, make_natural_key
from domain.references import (
    CommitRef,
    DatasetRef,
    DigestRef,
    ForeignRef,
    IDRef,
    ModelRef,
    NodeRef,
    RunRef,
    URIRef,
    make_commit_ref,
    make_dataset_ref,
    make_model_ref,
    parse_node_id,
    parse_run_id,
)
from store import tables
from store.artifacts import log_artifact
from store.database import Database
from store.foreign_ids import add_foreign_id, fetch_foreign_ids
from store.node_rows import insert_nodes
from store.nodes import fetch_nodes
from store.purging import purge_run
from store.references import resolve, resolve_or_make
from store.run_edits import delete_runs
from tests.store.making import DEFAULT, count_rows, make_run, make_run_id, make_workspace

DATASET = DatasetRef("s3://data", "web", "3")
MODEL = ModelRef("whence", "gpt2", "7")
FILE = URIRef("s3://bucket/model.pt")
DIGEST = "sha256:" + "ab" * 32


async def find(database: Database, ref: NodeRef, workspace: WorkspaceID = DEFAULT) -> NodeKey:
    async with database.read() as conn:
        return await resolve(conn, workspace, ref)


async def make(database: Database, *refs: NodeRef, workspace: WorkspaceID = DEFAULT) -> list[NodeKey]:
    async with database.write() as tx:
        return await resolve_or_make(tx, workspace, refs)


@pytest.mark.parametrize(
    ("ref", "shown"),
    [
        (ModelRef("whence", "gpt2"), "the model 'gpt2' in 'whence'"),
        (ModelRef("whence", "gpt2", alias="best"), "the model 'gpt2' 'best' in 'whence'"),
        (DatasetRef("s3://data", "web", None), "the dataset 's3://data' 'web'"),
        (DatasetRef("s3://data", "web", "3"), "the dataset 's3://data' 'web' '3'"),
    ],
)
async def test_what_is_not_there_is_named_as_it_was_asked_for(database: Database, ref: NodeRef, shown: str) -> None:
    with pytest.raises(NotFound) as caught:
        await find(database, ref)

    assert caught.value.message == f"nothing in this workspace is {shown}"


@pytest.mark.parametrize("ref", [DATASET, MODEL, FILE])
async def test_a_full_natural_key_makes_a_placeholder_in_a_mutation_only(database: Database, ref: NodeRef) -> None:
    with pytest.raises(NotFound, match="nothing in this workspace is"):
        await find(database, ref)
    (made,) = await make(database, ref)

    assert await find(database, ref) == made
    assert await make(database, ref) == [made]
    async with database.read() as conn:
        node = (await fetch_nodes(conn, DEFAULT, [made]))[made]
    assert (node.placeholder, node.key) == (True, made)


@pytest.mark.parametrize(
    "ref",
    [
        DatasetRef("s3://data", "web"),
        ModelRef("whence", "gpt2"),
        ModelRef("whence", "gpt2", alias="best"),
        RunRef(make_run_id()),
        DigestRef(DIGEST),
        CommitRef(None, "a" * 40),
        ForeignRef("MLFLOW", "run", "", "1"),
    ],
)
async def test_nothing_else_makes_one(database: Database, ref: NodeRef) -> None:
    with pytest.raises(NotFound):
        await make(database, ref)

    assert await count_rows(database, tables.datasets) == 0


async def test_twenty_writers_make_one_node_and_its_name(database: Database) -> None:
    other = DatasetRef("s3://data", "web", "4")
    made = await asyncio.gather(
        *(make(database, *((DATASET, other) if n % 2 else (other, DATASET))) for n in range(20))
    )

    assert len({key for keys in made for key in keys}) == 2
    assert await count_rows(database, tables.datasets) == 1
    assert await count_rows(database, tables.dataset_versions) == 2
    assert await count_rows(database, tables.outbox) == 3


async def test_a_name_leads_to_the_name_and_a_version_to_the_version(database: Database) -> None:
    (version,) = await make(database, DATASET)
    name = await find(database, DatasetRef("s3://data", "web"))

    assert (name.kind, version.kind) == (NodeKind.DATASET, NodeKind.DATASET_VERSION)
    async with database.read() as conn:
        node = (await fetch_nodes(conn, DEFAULT, [version]))[version]
    assert isinstance(node, DatasetVersion)
    assert (node.dataset, node.name) == (name.uuid, "3")


async def test_an_id_leads_to_any_node_of_the_workspace_that_exists(database: Database) -> None:
    run = await make_run(database)
    key = NodeKey(NodeKind.RUN, run)
    other = await make_workspace(database)

    assert await find(database, IDRef(GlobalID(key.kind, DEFAULT, run))) == key
    assert await find(database, RunRef(run)) == key
    for ref in (IDRef(GlobalID(key.kind, DEFAULT, run)), IDRef(GlobalID(key.kind, other, run)), RunRef(run)):
        with pytest.raises(NotFound):
            await find(database, ref, other)


async def test_a_purged_run_is_gone_under_each_of_its_names(database: Database) -> None:
    run = await make_run(database)
    async with database.write() as tx:
        await delete_runs(tx, DEFAULT, [run])
    await purge_run(database, DEFAULT, run)

    for ref in (RunRef(run), IDRef(GlobalID(NodeKind.RUN, DEFAULT, run))):
        with pytest.raises(Gone, match=str(run)):
            await find(database, ref)


async def test_a_uri_is_its_newest_version(database: Database) -> None:
    (first,) = await make(database, FILE)
    natural_key = make_natural_key(NodeKind.ARTIFACT_VERSION, FILE.uri, DIGEST)
    async with database.write() as tx:
        columns = {natural_key: {"uri": FILE.uri, "digest": DIGEST}}
        second = await insert_nodes(tx, DEFAULT, NodeKind.ARTIFACT_VERSION, columns, placeholder=False)

    assert await find(database, FILE) == NodeKey(NodeKind.ARTIFACT_VERSION, second[natural_key]) != first
    async with database.read() as conn:
        node = (await fetch_nodes(conn, DEFAULT, [await find(database, FILE)])).popitem()[1]
    assert isinstance(node, ArtifactVersion)
    assert (node.uri, node.digest) == (FILE.uri, DIGEST)


async def test_a_digest_leads_to_its_only_bearer_or_names_the_candidates(database: Database) -> None:
    run = await make_run(database)

    async def log(path: str) -> None:
        async with database.write() as tx:
            draft = make_artifact_draft(path=path, digest=DIGEST)
            await log_artifact(tx, DEFAULT, run, draft, id=make_uuid7())

    await log("model.pt")
    await log("model.pt")
    bearer = await find(database, DigestRef(DIGEST))
    assert bearer.kind is NodeKind.ARTIFACT_VERSION
    await log("copy.pt")

    with pytest.raises(Conflict, match="ambiguous") as caught:
        await find(database, DigestRef(DIGEST))
    assert str(GlobalID(bearer.kind, DEFAULT, bearer.uuid)) in caught.value.message


async def test_a_commit_may_be_cut_short(database: Database) -> None:
    async with database.write() as tx:
        for sha in ("abcdef0" + "1" * 33, "abcdef1" + "2" * 33):
            columns = {make_natural_key(NodeKind.CODE_REVISION, "git", sha, None): {"repository": "git", "commit": sha}}
            await insert_nodes(tx, DEFAULT, NodeKind.CODE_REVISION, columns, placeholder=False)

    assert await find(database, make_commit_ref("ABCDEF0", None)) == await find(
        database, make_commit_ref("abcdef0" + "1" * 33, "git")
    )
    with pytest.raises(NotFound):
        await find(database, make_commit_ref("abcdef0", "elsewhere"))
    with pytest.raises(InvalidInput, match="7 to 64"):
        make_commit_ref("abcdef", None)


async def test_a_foreign_id_leads_to_what_it_was_given_to(database: Database) -> None:
    run, name = NodeKey(NodeKind.RUN, await make_run(database)), ForeignRef("WANDB", "run", "team/project", "a1b2c3d4")
    for _ in range(2):
        async with database.write() as tx:
            await add_foreign_id(tx, DEFAULT, name, run)

    assert await find(database, name) == run
    async with database.read() as conn:
        assert await fetch_foreign_ids(conn, DEFAULT, [run.uuid]) == {run.uuid: [name]}
    with pytest.raises(Conflict, match="already"):
        async with database.write() as tx:
            await add_foreign_id(tx, DEFAULT, name, NodeKey(NodeKind.RUN, make_run_id()))


async def test_an_alias_leads_to_the_version_that_holds_it_now(database: Database) -> None:
    (version,) = await make(database, MODEL)
    model = await find(database, ModelRef("whence", "gpt2"))
    async with database.write() as tx:
        row = {"workspace": DEFAULT, "model": model.uuid, "alias": "best", "model_version": version.uuid, "recorded": 1}
        held = {"held_from": sa.func.now()}
        await tx.conn.execute(sa.insert(tables.model_aliases).values(interval=1, **row, **held, retracted=2))
        await tx.conn.execute(sa.insert(tables.model_aliases).values(interval=2, **row, **held))

    assert await find(database, ModelRef("whence", "gpt2", alias="best")) == version


def test_references_have_one_spelling_and_refuse_what_contradicts_itself() -> None:
    assert make_dataset_ref("S3A://Data/", "web", None) == DatasetRef("s3://data", "web", None)
    assert make_dataset_ref("kafka.prod", "topic", None) == DatasetRef("kafka.prod", "topic", None)
    assert make_model_ref("gpt2", version="7") == MODEL
    with pytest.raises(InvalidInput, match="not both") as caught:
        make_model_ref("gpt2", "on", "model", version="7", alias="best")
    assert caught.value.path == ("on", "model", "alias")


def test_a_runs_id_is_global_or_bare() -> None:
    run = make_run_id()

    for text in (str(run), run.hex, str(GlobalID(NodeKind.RUN, DEFAULT, run))):
        assert parse_run_id(text, DEFAULT, "run") == run
    for text, failure in {
        "": InvalidInput,
        "x" * 36: InvalidInput,
        str(GlobalID(NodeKind.NOTE, DEFAULT, run)): InvalidInput,
        str(GlobalID(NodeKind.RUN, WorkspaceID(uuid4()), run)): NotFound,
    }.items():
        with pytest.raises(failure) as caught:
            parse_run_id(text, DEFAULT, "run")
        assert caught.value.path == ("run",)
    assert parse_node_id(str(GlobalID(NodeKind.NOTE, DEFAULT, run)), DEFAULT, NodeKind.NOTE) == run
