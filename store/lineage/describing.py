"""What is known about nodes: facts set, unknown digests filled in, and what follows from them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from domain.errors import Conflict, DomainError, InvalidInput, NotFound
from domain.ids import NodeKey, NodeKind, WorkspaceID
from domain.lineage.facts import read_facts
from domain.nodes import make_natural_key
from store import tables
from store.lineage.concluding import conclude
from store.lineage.drafts import Touched
from store.lineage.merging import merge_nodes
from store.lineage.moments import retime_versions
from store.node_rows import insert_nodes
from store.node_tables import LINEAGE
from store.outbox import Changed
from store.texts import Place, replace_texts
from store.transactions import Transaction

IN_GRAPH = frozenset({"digest", "location", "size", "splits", "stage", "availability", "happened_at", "owner"})


async def describe_node(tx: Transaction, workspace: WorkspaceID, key: NodeKey, given: Mapping[str, Any]) -> NodeKey:
    """Set facts of a node and return it; of a file with another digest the version that has that one.

    The first that names a digest fills it in. Raises `InvalidInput` for a fact that the kind has not, `Conflict` for
    another digest of a dataset's or model's version, `NotFound`.
    """
    if key.kind not in LINEAGE:
        raise InvalidInput(f"a {key.kind.name} is not described here", path=["node"])
    try:
        facts = read_facts(key.kind, given)
    except DomainError as exc:
        raise exc.below("facts") from exc
    if key.kind is NodeKind.ARTIFACT_VERSION and "digest" in facts:
        key = await fill_digest(tx, workspace, key, facts.pop("digest"))
    if facts:
        await save_facts(tx, workspace, key, facts)
    touched = Touched(versions={key})
    for edge in await retime_versions(tx, workspace, [key.uuid]):
        touched.add_edge(edge)
    await conclude(tx, workspace, touched)
    return key


async def save_facts(tx: Transaction, workspace: WorkspaceID, key: NodeKey, facts: Mapping[str, Any]) -> None:
    """Write facts into a node's row, which is a placeholder no more; what stands so already changes nothing."""
    table = LINEAGE[key.kind][0]
    row = await _lock(tx, workspace, key)
    if "digest" in facts and row.digest is not None and row.digest != facts["digest"]:
        raise Conflict(f"its digest is {row.digest}: another digest is another version", path=["facts", "digest"])
    values = {name: value for name, value in facts.items() if getattr(row, name) != value}
    if not values and not row.placeholder:
        return
    graph = bool(IN_GRAPH & values.keys()) or row.placeholder
    await tx.conn.execute(
        sa.update(table)
        .where(table.c.workspace == workspace, table.c.id == key.uuid)
        .values(
            **values,
            placeholder=False,
            revision=row.revision + 1,
            version=row.version + 1,
            graph_revision=row.graph_revision + graph,
        )
    )
    if "description" in values:
        await replace_texts(tx, workspace, key, {Place.DESCRIPTION: values["description"]})
    what = Changed.DOCUMENT | (Changed.GRAPH if graph else Changed.NOTHING)
    tx.changed(workspace, key, row.revision + 1, what)


async def save_missing(tx: Transaction, workspace: WorkspaceID, key: NodeKey, facts: Mapping[str, Any]) -> None:
    """Write those facts into a node's row that it has not yet."""
    row = await _lock(tx, workspace, key)
    missing = {name: value for name, value in facts.items() if value is not None and getattr(row, name) is None}
    if missing or row.placeholder:
        await save_facts(tx, workspace, key, missing)


async def fill_digest(tx: Transaction, workspace: WorkspaceID, key: NodeKey, digest: str) -> NodeKey:
    """Return the version of a file that has a digest: the one of unknown digest becomes it, else it is another one.

    Where both are there already they turned out to be one thing: the younger becomes an alias of the older.
    """
    table = tables.artifact_versions
    row = await _lock(tx, workspace, key)
    if row.digest == digest:
        return key
    natural_key = make_natural_key(NodeKind.ARTIFACT_VERSION, row.uri, digest)
    there = await tx.conn.scalar(
        sa.select(table.c.id).where(table.c.workspace == workspace, table.c.natural_key == natural_key)
    )
    if row.digest is not None:
        if there is not None:
            return NodeKey(key.kind, there)
        columns = {natural_key: {"uri": row.uri, "digest": digest}}
        made = await insert_nodes(tx, workspace, NodeKind.ARTIFACT_VERSION, columns, placeholder=False)
        return NodeKey(key.kind, made[natural_key])
    if there is not None:
        return await merge_nodes(tx, workspace, key, NodeKey(key.kind, there))
    await tx.conn.execute(
        sa.update(table)
        .where(table.c.workspace == workspace, table.c.id == key.uuid)
        .values(
            natural_key=natural_key,
            digest=digest,
            placeholder=False,
            revision=row.revision + 1,
            graph_revision=row.graph_revision + 1,
        )
    )
    tx.changed(workspace, key, row.revision + 1, Changed.GRAPH | Changed.DOCUMENT)
    return key


async def find_file(tx: Transaction, workspace: WorkspaceID, uri: str, digest: str | None) -> NodeKey:
    """Return the version of a file at a place: the one with the digest, else the newest; made where there is none.

    A version of unknown digest at that place gets the digest.
    """
    table = tables.artifact_versions
    natural = {one: make_natural_key(NodeKind.ARTIFACT_VERSION, uri, one) for one in {digest, None}}
    rows = await tx.conn.execute(
        sa.select(table.c.id, table.c.digest).where(
            table.c.workspace == workspace, table.c.natural_key.in_(natural.values())
        )
    )
    known: dict[str | None, UUID] = {row.digest: row.id for row in rows}
    if digest is not None and None in known:
        return await fill_digest(tx, workspace, NodeKey(NodeKind.ARTIFACT_VERSION, known[None]), digest)
    if digest in known:
        return NodeKey(NodeKind.ARTIFACT_VERSION, known[digest])
    columns = {natural[digest]: {"uri": uri, "digest": digest}}
    made = await insert_nodes(tx, workspace, NodeKind.ARTIFACT_VERSION, columns, placeholder=digest is None)
    return NodeKey(NodeKind.ARTIFACT_VERSION, made[natural[digest]])


async def _lock(tx: Transaction, workspace: WorkspaceID, key: NodeKey) -> Any:
    table = LINEAGE[key.kind][0]
    found = await tx.conn.execute(
        sa.select(table).where(table.c.workspace == workspace, table.c.id == key.uuid).with_for_update(key_share=True)
    )
    row = found.first()
    if row is None:
        raise NotFound(f"no {key.kind.name} {key.uuid} in this workspace", path=["node"])
    return row
