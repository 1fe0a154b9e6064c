"""Feature views: a read makes a version of data "as read by run R", derived from the view and its sources."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from domain.ids import GlobalID, NodeKey, NodeKind, WorkspaceID
from domain.lineage.claims import Claim
from domain.lineage.edges import WHENCE, Held
from domain.lineage.kinds import EdgeKind, Origin
from domain.lineage.unbound import UnboundFact
from domain.lineage.views import ViewRead
from domain.nodes import make_natural_key
from domain.references import DatasetRef, IDRef, RunRef
from store import tables
from store.lineage.drafts import Drafts
from store.lineage.recording import Recorded, record_claims
from store.lineage.runs import fetch_run_facts
from store.lineage.spelling import note_names
from store.lineage.writing import write_drafts
from store.node_rows import insert_nodes
from store.placeholders import insert_names
from store.transactions import Transaction


async def read_view(tx: Transaction, workspace: WorkspaceID, read: ViewRead) -> tuple[NodeKey, Recorded]:
    """Record that a run read a feature view; return the version of data that it read, with its edges.

    Sources that are named with a version were read so; others, and those that the view was read from before where
    none is named, are bound by event time at the cutoff, else at the run's start.
    """
    view, definition = await _insert_view(tx, workspace, read.view)
    warnings = await note_names(tx, workspace, {view: (read.view.namespace, read.view.name)})
    data = read.data
    said: dict[str, Any] = {"origin": Origin.OBSERVED, "producer": read.producer}
    claims = [
        Claim(
            kind=EdgeKind.DERIVED,
            source=IDRef(GlobalID(definition.kind, workspace, definition.uuid)),
            target=data,
            **said,
        ),
        *(
            Claim(kind=EdgeKind.DERIVED, source=source, target=data, **said)
            for source in read.sources
            if source.version is not None
        ),
        Claim(
            kind=EdgeKind.USED,
            source=data,
            target=RunRef(read.run),
            role=read.role,
            subset=read.subset,
            range=read.range,
            **said,
        ),
    ]
    recorded = await record_claims(tx, workspace, claims, path=())
    made = recorded.edges[-1].edge.source
    await _bind_sources(tx, workspace, read, definition, made)
    return made, Recorded(recorded.edges, [*warnings, *recorded.warnings])


async def _bind_sources(
    tx: Transaction, workspace: WorkspaceID, read: ViewRead, definition: NodeKey, made: NodeKey
) -> None:
    """Leave the sources that have no version to binding, at the cutoff."""
    named = [source for source in read.sources if source.version is None]
    if not read.sources:
        named = await _fetch_sources(tx, workspace, definition)
    elif named:
        await _save_sources(tx, workspace, definition, named)
    if not named:
        return
    datasets = await insert_names(tx, workspace, named)
    run = (await fetch_run_facts(tx, workspace, [read.run]))[read.run]
    drafts = Drafts(workspace)
    for source in named:
        fact = UnboundFact(
            workspace=workspace,
            kind=EdgeKind.DERIVED,
            name=datasets[source],
            alias=None,
            other=made,
            role=None,
            run=read.run,
            subset=None,
            origin=Origin.OBSERVED,
            producer=read.producer or WHENCE,
        )
        drafts.add_unbound(fact, Held(held_from=run.started_at, range=read.range))
    await write_drafts(tx, drafts)


async def _insert_view(tx: Transaction, workspace: WorkspaceID, ref: DatasetRef) -> tuple[NodeKey, NodeKey]:
    natural_key = make_natural_key(NodeKind.FEATURE_VIEW, ref.namespace, ref.name)
    columns = {natural_key: {"namespace": ref.namespace, "name": ref.name}}
    view = (await insert_nodes(tx, workspace, NodeKind.FEATURE_VIEW, columns, placeholder=True))[natural_key]
    key = make_natural_key(NodeKind.FEATURE_VIEW_VERSION, str(view), ref.version)
    versions = {key: {"feature_view": view, "name": ref.version}}
    made = await insert_nodes(tx, workspace, NodeKind.FEATURE_VIEW_VERSION, versions, placeholder=True)
    return NodeKey(NodeKind.FEATURE_VIEW, view), NodeKey(NodeKind.FEATURE_VIEW_VERSION, made[key])


async def _fetch_sources(tx: Transaction, workspace: WorkspaceID, definition: NodeKey) -> list[DatasetRef]:
    versions = tables.feature_view_versions.c
    facts = await tx.conn.scalar(
        sa.select(versions.facts).where(versions.workspace == workspace, versions.id == definition.uuid)
    )
    return [DatasetRef(one["namespace"], one["name"]) for one in (facts or {}).get("sources", ())]


async def _save_sources(
    tx: Transaction, workspace: WorkspaceID, definition: NodeKey, sources: list[DatasetRef]
) -> None:
    """Keep what a view is made from, for reads that name no source."""
    table = tables.feature_view_versions
    told = [{"namespace": one.namespace, "name": one.name} for one in sources]
    await tx.conn.execute(
        sa.update(table)
        .where(table.c.workspace == workspace, table.c.id == definition.uuid)
        .values(facts=table.c.facts.concat({"sources": told}))
    )
