"""The index as a projection's target: documents of search, each with its fence, in generations."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.ids import NodeKey, NodeKind, WorkspaceID
from domain.projections import Entity, ProjectionName
from domain.search.documents import STANDING, DocumentKind, SearchDocument
from projection.buckets import find_bucket, make_check
from projection.targets import BucketDigest, Found, Mark, Refusal, State, Written
from search.elastic.connecting import SearchClient
from search.elastic.contents import (
    Stored,
    digest_body,
    fetch_stored,
    fetch_sums,
    list_stored,
    make_tombstone,
    prepare_mark,
    read_mark,
    write_mark,
)
from search.elastic.documents import Body, list_names, make_bodies
from search.elastic.failures import driver_errors
from search.elastic.generations import Names, Part, drop_generation, prepare_generation, serve_generation
from search.elastic.names import NameWriter
from search.elastic.writing import Write, write_documents
from store import tables
from store.documents import fetch_documents, fetch_shown_by
from store.node_tables import LINEAGE
from store.outbox import Changed

SHOWN = {kind.node_kind: kind for kind in DocumentKind}
TABLES = {
    NodeKind.EXPERIMENT: tables.experiments,
    NodeKind.RUN: tables.runs,
    NodeKind.NOTE: tables.notes,
    NodeKind.ARTIFACT: tables.artifacts,
    NodeKind.DATASET: tables.datasets,
    NodeKind.MODEL: tables.models,
}
"""What is listed of the record, in this order."""


@dataclass(frozen=True, slots=True)
class IndexBody:
    """What is written of one entity: its document, and the names in it."""

    document: Body
    names: frozenset[tuple[str, str]]


class IndexTarget:
    """Writes the documents of search to Elasticsearch, and looks at what is there."""

    name: str = ProjectionName.INDEX
    kinds: frozenset[NodeKind] = frozenset({*SHOWN, *LINEAGE})
    """What a note stands on is shown with it, whatever it is."""
    wants: Changed = Changed.DOCUMENT | Changed.POINTS
    hot: Changed = Changed.POINTS
    rewritten: frozenset[NodeKind] = frozenset()

    def __init__(self, client: SearchClient, *, prefix: str) -> None:
        self._client = client
        self._names = Names(prefix)
        self._writers: dict[int, NameWriter] = {}

    async def fetch_states(self, conn: AsyncConnection, entities: Sequence[Entity]) -> list[State]:
        by_workspace: dict[WorkspaceID, list[NodeKey]] = {}
        for entity in entities:
            by_workspace.setdefault(entity.workspace, []).append(entity.key)
        states: list[State] = []
        for workspace, keys in by_workspace.items():
            shown = await fetch_shown_by(conn, workspace, keys)
            documents = await fetch_documents(conn, workspace, list({*keys, *shown}))
            states += map(_make_state, documents, make_bodies(documents))
        return states

    async def fetch_entities(self, conn: AsyncConnection, after: Entity | None, *, limit: int) -> list[Entity]:
        kinds = list(TABLES) if after is None else list(TABLES)[list(TABLES).index(after.key.kind) :]
        page: list[Entity] = []
        for kind in kinds:
            page += await _list_kind(conn, kind, after, limit=limit - len(page))
            after = None
            if len(page) == limit:
                break
        return page

    async def count_entities(self, conn: AsyncConnection) -> int:
        counted = [sa.select(sa.func.count()).select_from(table).scalar_subquery() for table in TABLES.values()]
        return int((await conn.execute(sa.select(sum(counted[1:], counted[0])))).scalar_one())

    async def read_mark(self) -> Mark | None:
        await prepare_mark(self._client, self._names)
        kept = await read_mark(self._client, self._names)
        return None if kept is None else Mark(*kept)

    async def write_mark(self, mark: Mark) -> None:
        await write_mark(self._client, self._names, nonce=mark.nonce, order=mark.order)

    async def prepare(self, generation: int) -> bool:
        return await prepare_generation(self._client, self._names, generation)

    async def write(self, states: Sequence[State], generations: Sequence[int]) -> Written:
        shown = [state for state in states if state.entity.key.kind in SHOWN]
        refused: dict[Entity, str] = {}
        for generation in generations:
            written = await self._write(shown, generation)
            refused |= written
        return Written(refused=tuple(Refusal(entity, error) for entity, error in refused.items()))

    async def refresh(self, generation: int) -> None:
        async with driver_errors():
            await self._client.indices.refresh(index=self._names.all_of(generation))

    async def serve(self, generation: int) -> None:
        await serve_generation(self._client, self._names, generation)

    async def drop(self, generation: int) -> None:
        self._writers.pop(generation, None)
        await drop_generation(self._client, self._names, generation)

    async def fetch_digests(self, generation: int) -> dict[int, BucketDigest]:
        sums = await fetch_sums(self._client, self._names, generation)
        return {bucket: BucketDigest(count, check) for bucket, (count, check) in sums.items()}

    async def list_found(
        self, generation: int, *, buckets: frozenset[int] | None, deep: bool
    ) -> AsyncIterator[list[Found]]:
        for bucket in [None] if buckets is None else sorted(buckets):
            async for page in list_stored(self._client, self._names, generation, bucket=bucket, deep=deep):
                yield [_make_found(stored) for stored in page]

    async def fetch_found(self, generation: int, entities: Sequence[Entity], *, deep: bool) -> list[Found]:
        wanted = [(self._find_index(entity, generation), make_id(entity)) for entity in entities]
        return [_make_found(stored) for stored in await fetch_stored(self._client, wanted, deep=deep)]

    async def erase(self, generation: int, entities: Sequence[Entity]) -> None:
        """Nothing here has no fence."""

    async def _write(self, states: Sequence[State], generation: int) -> dict[Entity, str]:
        writes = [self._make_write(state, generation) for state in states]
        writer = self._writers.setdefault(
            generation, NameWriter(self._client, self._names.index(Part.NAMES, generation))
        )
        refused, _ = await asyncio.gather(write_documents(self._client, writes), writer.write(_list_named(states)))
        entities = {(write.index, write.id): state.entity for write, state in zip(writes, states, strict=True)}
        return {entities[one.write.index, one.write.id]: one.error for one in refused}

    def _make_write(self, state: State, generation: int) -> Write:
        entity = state.entity
        body = make_tombstone(entity.workspace, entity.key) if state.body is None else state.body.document
        beside = {
            "node": entity.key.kind.value,
            "bucket": find_bucket(entity),
            "content": state.content,
            "check": make_check(entity, state.fence, state.content),
        }
        index = self._find_index(entity, generation)
        return Write(index=index, id=make_id(entity), version=state.fence, body={**body, **beside})

    def _find_index(self, entity: Entity, generation: int) -> str:
        standing = SHOWN.get(entity.key.kind) in STANDING
        return self._names.index(Part.NOTES if standing else Part.THINGS, generation)


def make_id(entity: Entity) -> str:
    """Return the engine's id of an entity."""
    return entity.workspace.hex + entity.key.uuid.hex


def _make_state(document: SearchDocument, body: Body) -> State:
    return State(
        entity=Entity(document.workspace, document.key),
        fence=document.revision,
        content=digest_body(body),
        body=IndexBody(body, frozenset(list_names(document))),
    )


def _list_named(states: Iterable[State]) -> set[tuple[WorkspaceID, str, str]]:
    bodies: list[tuple[WorkspaceID, Any]] = [(state.entity.workspace, state.body) for state in states]
    return {(workspace, *name) for workspace, body in bodies if body is not None for name in body.names}


def _make_found(stored: Stored) -> Found:
    return Found(
        entity=Entity(stored.workspace, stored.key), fence=stored.fence, content=stored.content, tombstone=stored.gone
    )


async def _list_kind(conn: AsyncConnection, kind: NodeKind, after: Entity | None, *, limit: int) -> list[Entity]:
    columns = TABLES[kind].c
    place = sa.tuple_(columns.workspace, columns.id)
    statement = sa.select(columns.workspace, columns.id).order_by(columns.workspace, columns.id).limit(limit)
    if after is not None:
        statement = statement.where(place > sa.tuple_(sa.literal(after.workspace), sa.literal(after.key.uuid)))
    return [Entity(WorkspaceID(row.workspace), NodeKey(kind, row.id)) for row in await conn.execute(statement)]
