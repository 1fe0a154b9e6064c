"""A world of documents written into the record as mutations write it, and read back as the documents of any index."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa

from domain.artifacts import ArtifactDraft
from domain.filters import Field, FieldLeaf, Filter, IdsLeaf, Leaf, Statistic, replace_leaves
from domain.ids import NodeKey, NodeKind, NoteID, RunID, WorkspaceID, make_uuid7
from domain.lineage.claims import Claim
from domain.lineage.kinds import EdgeKind
from domain.lineage.roles import INPUTS
from domain.lineage.surroundings import CodeDraft, EnvironmentDraft
from domain.references import DatasetRef, RunRef
from domain.runs import RunDraft, RunKind
from domain.search.documents import DocumentKind, SearchDocument
from domain.search.questions import SearchQuestion
from domain.tags import parse_tag
from domain.times import EPOCH
from store import tables
from store.artifacts import log_artifact
from store.database import Database
from store.documents import fetch_documents
from store.keys import Keys
from store.lineage.recording import record_claims
from store.notes import add_note
from store.numbers import Numbers
from store.runs import create_run

TIMES = (Field.CREATED_AT, Field.STARTED_AT, Field.ENDED_AT)
KINDS = {
    NodeKind.EXPERIMENT: tables.experiments,
    NodeKind.RUN: tables.runs,
    NodeKind.NOTE: tables.notes,
    NodeKind.ARTIFACT: tables.artifacts,
    NodeKind.DATASET: tables.datasets,
}


@dataclass(frozen=True, slots=True)
class World:
    """What was written: the workspace, the ids of its runs by those of the world, and all its documents."""

    workspace: WorkspaceID
    runs: dict[UUID, RunID]
    documents: list[SearchDocument]
    hidden: frozenset[UUID]

    def ask(self, question: SearchQuestion) -> SearchQuestion:
        """Return a question about this world: with its ids, and what is put away in it."""
        scope = question.scope
        return replace(
            question,
            workspace=self.workspace,
            text=self.translate(question.text),
            where=self.translate(question.where),
            scope=None if scope is None else replace(scope, ids=self._translate_ids(scope.ids)),
            hidden=self.hidden,
        )

    def translate(self, tree: Filter) -> Filter:
        """Return a filter with the ids of this world's runs."""
        return replace_leaves(tree, self._translate_leaf)

    def _translate_leaf(self, leaf: Leaf) -> Filter:
        if isinstance(leaf, IdsLeaf):
            return self._translate_ids(leaf)
        if isinstance(leaf, FieldLeaf) and leaf.field in (Field.RUN, Field.PARENT):
            ids: Any = tuple(self.runs.get(one, one) if isinstance(one, UUID) else one for one in leaf.condition.values)
            return replace(leaf, condition=replace(leaf.condition, values=ids))
        return leaf

    def _translate_ids(self, leaf: IdsLeaf) -> IdsLeaf:
        return IdsLeaf.of(self.runs.get(one, RunID(one)) for one in leaf.ids)


async def record_world(database: Database, world: Sequence[SearchDocument], *, archived: bool = False) -> World:
    """Write a world into a workspace of its own; `archived` puts one of its experiments away."""
    workspace = WorkspaceID(uuid4())
    async with database.write() as tx:
        await tx.conn.execute(sa.insert(tables.workspaces), [{"id": workspace, "name": str(workspace)}])
    writer = _Writer(database, workspace)
    for document in world:
        if document.kind is DocumentKind.RUN:
            await writer.write_run(document)
    for document in world:
        if document.kind is DocumentKind.NOTE:
            await writer.write_note(document)
    if archived:
        await writer.put_away()
    documents = await read_documents(database, workspace)
    return World(workspace, writer.runs, documents, frozenset(writer.hidden))


async def read_documents(database: Database, workspace: WorkspaceID) -> list[SearchDocument]:
    """Return the documents of all that a workspace has."""
    async with database.read_primary() as conn:
        keys = [
            NodeKey(kind, one)
            for kind, table in KINDS.items()
            for one in (await conn.execute(sa.select(table.c.id).where(table.c.workspace == workspace))).scalars()
        ]
        return await fetch_documents(conn, workspace, keys)


class _Writer:
    def __init__(self, database: Database, workspace: WorkspaceID) -> None:
        self._database = database
        self._workspace = workspace
        self._keys = Keys(database)
        self._numbers = Numbers(database)
        self.runs: dict[UUID, RunID] = {}
        self.hidden: list[UUID] = []

    async def write_run(self, document: SearchDocument) -> None:
        """Write a run, and what stands around it: an artifact, the data it used, code and environment."""
        about, fields = document.dimensions, document.dimensions.fields
        draft = RunDraft(
            experiment=str(about.experiment_name),
            name=str(fields[Field.NAME]),
            description=self._text(fields.get(Field.DESCRIPTION)),
            kind=RunKind(str(fields[Field.KIND])),
            created_by=self._text(fields.get(Field.CREATED_BY)),
            host=self._text(fields.get(Field.HOST)),
            parameters=tuple(about.params.values()),
            tags=tuple(parse_tag(key, value) for key, value in about.tags.items()),
            code=CodeDraft(repository="https://git/x", commit=about.commits[0]) if about.commits else None,
            environment=EnvironmentDraft(image_digest=about.environments[0]) if about.environments else None,
        )
        keys = await self._keys.intern(self._workspace, {*draft.key_names, *about.metrics})
        place = await self._numbers.take(self._workspace, draft.experiment)
        async with self._database.write() as tx:
            run = await create_run(tx, self._workspace, draft, place, keys=keys)
            self.runs[document.id] = run
            parent = self.runs.get(fields.get(Field.PARENT))  # type: ignore[arg-type]  # a parent is an id
            row = tables.runs.c
            await tx.conn.execute(
                sa.update(tables.runs)
                .where(row.workspace == self._workspace, row.id == run)
                .values(
                    status=fields[Field.STATUS],
                    parent=None if parent == run else parent,
                    deleted_at=EPOCH if document.deleted else None,
                    **{name.name.lower(): fields.get(name) for name in TIMES},
                )
            )
            rows = [self._summarise(run, keys[name], numbers) for name, numbers in about.metrics.items()]
            if rows:
                await tx.conn.execute(sa.insert(tables.metric_summaries), rows)
            if about.commits:
                artifact = ArtifactDraft(name="loss.csv", path=f"out/{fields[Field.NAME]}"[:200])
                await log_artifact(tx, self._workspace, run, artifact, id=make_uuid7())
        claims = [
            Claim(kind=EdgeKind.USED, source=DatasetRef(use.namespace, use.name, use.version), target=RunRef(run),
                  role=use.role)
            for use in about.datasets
            if use.version is not None and (use.role is None or use.role in INPUTS)
        ]  # fmt: skip
        if claims:
            async with self._database.write() as tx:
                await record_claims(tx, self._workspace, claims)

    async def write_note(self, document: SearchDocument) -> None:
        """Write a note on its run."""
        assert document.subject is not None
        on, note = NodeKey(NodeKind.RUN, self.runs[document.subject.uuid]), NoteID(make_uuid7())
        async with self._database.write() as tx:
            by = self._text(document.created_by)
            await add_note(tx, self._workspace, on, document.texts[0].text, id=note, created_by=by)
            row = tables.notes.c
            await tx.conn.execute(
                sa.update(tables.notes)
                .where(row.workspace == self._workspace, row.id == note)
                .values(created_at=document.created_at)
            )

    async def put_away(self) -> None:
        """Archive the first experiment, by name."""
        row = tables.experiments.c
        async with self._database.write() as tx:
            first = sa.select(row.id).where(row.workspace == self._workspace).order_by(row.name).limit(1)
            self.hidden = list((await tx.conn.execute(first)).scalars())
            await tx.conn.execute(
                sa.update(tables.experiments).where(row.id.in_(self.hidden)).values(archived_at=EPOCH)
            )

    def _summarise(self, run: RunID, key: int, numbers: Any) -> dict[str, Any]:
        row: dict[str, Any] = {"workspace": self._workspace, "run": run, "key": key, "count": numbers[Statistic.COUNT]}
        row |= {"nans": 0, "infinities": 0, "first_rank": 0, "last_rank": 0}
        for of, name in ((Statistic.FIRST, "first"), (Statistic.LAST, "last"), (Statistic.MIN, "min"),
                         (Statistic.MAX, "max")):  # fmt: skip
            there = 0 if of in numbers else None
            row |= {f"{name}_step": there, f"{name}_time": there, f"{name}_value": numbers.get(of)}
        return row

    @staticmethod
    def _text(given: object) -> str | None:
        return str(given) if given else None
