"""Models registered: a version under a name, from a file or a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.ids import GlobalID, NodeKey, NodeKind, RunID, WorkspaceID
from domain.lineage.claims import Claim
from domain.lineage.kinds import EdgeKind, Origin
from domain.lineage.roles import Role
from domain.nodes import make_natural_key
from domain.references import IDRef, ModelRef, NodeRef, RunRef
from store.lineage.alias_times import AliasSet, set_alias
from store.lineage.describing import describe_node, save_facts
from store.lineage.locating import find_nodes
from store.lineage.recording import Recorded, record_claims
from store.lineage.spelling import note_names
from store.node_rows import fetch_lineage_rows, insert_nodes
from store.placeholders import insert_names
from store.transactions import Transaction

NEXT_NUMBER = """
SELECT COALESCE(max(name::bigint), 0) + 1 FROM {table}
WHERE workspace = $1 AND {name} = $2 AND name ~ '^[0-9]{{1,18}}$'
"""
LOCK_NAME = "SELECT id FROM {table} WHERE workspace = $1 AND id = $2 FOR NO KEY UPDATE"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelDraft:
    """A version to be registered; without a name it is the next number."""

    model: ModelRef
    file: NodeRef | None = None
    run: RunID | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    aliases: tuple[str, ...] = ()
    at: datetime | None = None
    origin: Origin = Origin.OBSERVED
    producer: str = ""


async def register_model(
    tx: Transaction, workspace: WorkspaceID, draft: ModelDraft, *, now: datetime
) -> tuple[NodeKey, Recorded]:
    """Register a version of a model and return it with its edges.

    The same bytes again are another version of the same file. Raises `Conflict` for a version that has another
    digest, and what `record_claims` does for the file and the run.
    """
    model = (await insert_names(tx, workspace, [draft.model], placeholder=False))[draft.model]
    warnings = await note_names(tx, workspace, {model: (draft.model.registry, draft.model.name)})
    version = await make_version(tx, workspace, NodeKind.MODEL_VERSION, model.uuid, draft.model.version)
    target = IDRef(GlobalID(version.kind, workspace, version.uuid))
    facts = {**await _fetch_bytes(tx, workspace, draft), **draft.facts}
    if draft.at is not None:
        facts["happened_at"] = draft.at
    said: dict[str, Any] = {"target": target, "origin": draft.origin, "producer": draft.producer}
    claims = []
    if draft.file is not None:
        claims.append(Claim(kind=EdgeKind.REGISTERED_AS, source=draft.file, held_from=draft.at, **said))
    if draft.run is not None:
        claims.append(Claim(kind=EdgeKind.GENERATED, source=RunRef(draft.run), role=Role.OUTPUT, **said))
    recorded = await record_claims(tx, workspace, claims, path=()) if claims else Recorded([])
    if facts:
        await describe_node(tx, workspace, version, facts)
    else:
        await save_facts(tx, workspace, version, {})
    for alias in draft.aliases:
        await set_alias(tx, workspace, model.uuid, AliasSet(alias, version.uuid, draft.at or now))
    return version, Recorded(recorded.edges, [*warnings, *recorded.warnings])


async def make_version(
    tx: Transaction, workspace: WorkspaceID, kind: NodeKind, name: UUID, version: str | None
) -> NodeKey:
    """Return a version of a name, made where absent; without one of its own it is the next number. Locks the name."""
    table, parent = (
        ("model_versions", "model") if kind is NodeKind.MODEL_VERSION else ("deployment_revisions", "deployment")
    )
    await tx.driver.fetch(LOCK_NAME.format(table=f"{parent}s"), workspace, name)
    if version is None:
        version = str(await tx.driver.fetchval(NEXT_NUMBER.format(table=table, name=parent), workspace, name))
    natural_key = make_natural_key(kind, str(name), version)
    columns = {natural_key: {parent: name, "name": version}}
    return NodeKey(kind, (await insert_nodes(tx, workspace, kind, columns, placeholder=True))[natural_key])


async def _fetch_bytes(tx: Transaction, workspace: WorkspaceID, draft: ModelDraft) -> dict[str, Any]:
    """Return the digest of the file that is registered, where it is known."""
    if draft.file is None:
        return {}
    key = (await find_nodes(tx, workspace, {draft.file: ("source",)}))[draft.file]
    if key.kind is not NodeKind.ARTIFACT_VERSION:
        return {}  # refused by its kind when the edge is recorded
    found = await fetch_lineage_rows(tx.conn, workspace, key.kind, [key.uuid])
    digest = found[key.uuid].digest
    return {} if digest is None else {"digest": digest}
