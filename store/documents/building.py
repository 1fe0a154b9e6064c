"""Documents of every kind, from the nodes that they are and those that they stand on."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.artifacts import Artifact
from domain.filters import Field
from domain.ids import NodeKey, NodeKind, NoteID, WorkspaceID
from domain.nodes import Dataset, LineageNode
from domain.notes import Note
from domain.parameters import ParameterType
from domain.search.documents import Dimensions, DocumentKind, DocumentText, SearchDocument, TextField
from store import tables
from store.artifacts import fetch_artifacts
from store.documents.subjects import Subject, fetch_subjects
from store.nodes import fetch_nodes
from store.notes import fetch_notes

KINDS = {kind.node_kind: kind for kind in DocumentKind}
"""The kinds of nodes that are documents."""


async def fetch_documents(
    conn: AsyncConnection, workspace: WorkspaceID, keys: Collection[NodeKey]
) -> list[SearchDocument]:
    """Return the documents of those nodes that the record has and search shows.

    The connection sees one moment, of the primary. The revision of a note or an artifact is its own and that of what it
    stands on together. Some fifteen statements however many they are.
    """
    notes = await fetch_notes(conn, workspace, [NoteID(key.uuid) for key in keys if key.kind is NodeKind.NOTE])
    artifacts = await fetch_artifacts(conn, workspace, [key.uuid for key in keys if key.kind is NodeKind.ARTIFACT])
    own = [key for key in keys if key.kind in KINDS and key.kind not in (NodeKind.NOTE, NodeKind.ARTIFACT)]
    below = {note.subject for note in notes.values()} | {NodeKey(NodeKind.RUN, one.run) for one in artifacts.values()}
    subjects = await fetch_subjects(conn, workspace, {*own, *below})
    nodes = await fetch_nodes(conn, workspace, [key for key in own if key.kind in (NodeKind.DATASET, NodeKind.MODEL)])
    made = [_make_note(workspace, note, subjects.get(note.subject)) for note in notes.values()]
    made += [_make_artifact(workspace, one, subjects[NodeKey(NodeKind.RUN, one.run)]) for one in artifacts.values()]
    return made + [_make_own(workspace, key, subjects[key], nodes.get(key)) for key in own if key in subjects]


async def fetch_shown_by(conn: AsyncConnection, workspace: WorkspaceID, keys: Collection[NodeKey]) -> set[NodeKey]:
    """Return the documents that show something of these nodes beside their own: what stands on them."""
    ids = sa.cast(list({key.uuid for key in keys}), sa.ARRAY(sa.Uuid))
    notes, artifacts = tables.notes.c, tables.artifacts.c
    on_runs = sa.select(artifacts.id).where(artifacts.workspace == workspace, artifacts.run == sa.func.any(ids))
    shown = {NodeKey(NodeKind.ARTIFACT, one) for one in (await conn.execute(on_runs)).scalars()}
    all_ids = sa.cast([*(key.uuid for key in keys), *(key.uuid for key in shown)], sa.ARRAY(sa.Uuid))
    on_all = sa.select(notes.id).where(notes.workspace == workspace, notes.subject == sa.func.any(all_ids))
    return shown | {NodeKey(NodeKind.NOTE, one) for one in (await conn.execute(on_all)).scalars()}


def _make_note(workspace: WorkspaceID, note: Note, subject: Subject | None) -> SearchDocument:
    """A note on what has no dimensions (a workspace, a note's version) has none either."""
    dimensions = Dimensions(id=note.subject.uuid, kind=note.subject.kind) if subject is None else subject.dimensions
    return SearchDocument(
        workspace=workspace,
        kind=DocumentKind.NOTE,
        id=note.id,
        revision=note.revision + (0 if subject is None else subject.revision),
        deleted=note.deleted_at is not None or (subject is not None and subject.is_hidden),
        subject=note.subject,
        texts=(DocumentText(TextField.TEXT, note.text),),
        created_at=note.created_at,
        created_by=note.created_by,
        dimensions=dimensions,
    )


def _make_artifact(workspace: WorkspaceID, artifact: Artifact, run: Subject) -> SearchDocument:
    texts = (DocumentText(TextField.NAME, artifact.name), DocumentText(TextField.PATH, artifact.path))
    return SearchDocument(
        workspace=workspace,
        kind=DocumentKind.ARTIFACT,
        id=artifact.id,
        revision=artifact.revision + run.revision,
        deleted=artifact.deleted_at is not None or run.is_hidden,
        subject=NodeKey(NodeKind.RUN, artifact.run),
        texts=texts,
        created_at=artifact.created_at,
        dimensions=run.dimensions,
    )


def _make_own(workspace: WorkspaceID, key: NodeKey, subject: Subject, node: LineageNode | None) -> SearchDocument:
    dimensions = subject.dimensions
    namespace = node.namespace if isinstance(node, Dataset) else None
    fields: Any = dimensions.fields
    return SearchDocument(
        workspace=workspace,
        kind=KINDS[key.kind],
        id=key.uuid,
        revision=subject.revision,
        deleted=subject.is_hidden,
        texts=tuple(_list_texts(dimensions, namespace)),
        created_at=fields[Field.CREATED_AT],
        created_by=fields.get(Field.CREATED_BY),
        dimensions=dimensions,
    )


def _list_texts(dimensions: Dimensions, namespace: str | None) -> Iterable[DocumentText]:
    """Give the texts of a document in the order of `TextField`."""
    for field, text_field in ((Field.NAME, TextField.NAME), (Field.DESCRIPTION, TextField.DESCRIPTION)):
        if (text := dimensions.fields.get(field)) is not None:
            yield DocumentText(text_field, str(text))
    yield from (DocumentText(TextField.TAG, value, key) for key, value in dimensions.tags.items())
    yield from (DocumentText(TextField.TAG_KEY, key) for key in dimensions.tags)
    yield from (DocumentText(TextField.PARAM_KEY, key) for key in dimensions.params)
    for parameter in dimensions.params.values():
        if parameter.type is ParameterType.STRING:
            yield DocumentText(TextField.PARAM, parameter.raw, parameter.key)
    if namespace is not None:
        yield DocumentText(TextField.NAMESPACE, namespace)
