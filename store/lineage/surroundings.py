"""RAN_CODE and RAN_IN: the code of a run and where it ran."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from domain import nodes
from domain.ids import NodeKey, NodeKind, RunID, WorkspaceID
from domain.lineage.edges import Edge, Held
from domain.lineage.kinds import EdgeKind, Origin
from domain.lineage.roles import is_of_choice
from domain.lineage.surroundings import CodeDraft, EnvironmentDraft
from domain.nodes import make_natural_key
from store.edges import fetch_open
from store.lineage.drafts import Drafts
from store.lineage.runs import fetch_run_facts
from store.lineage.writing import write_drafts
from store.node_rows import fetch_lineage_rows, insert_nodes
from store.transactions import Transaction


async def record_surroundings(
    tx: Transaction,
    workspace: WorkspaceID,
    run: RunID,
    *,
    code: CodeDraft | None = None,
    environment: EnvironmentDraft | None = None,
) -> None:
    """Record what a run ran and where, making the nodes where nobody knows them. The run's counters are locked."""
    if code is None and environment is None:
        return
    facts = (await fetch_run_facts(tx, workspace, [run]))[run]
    drafts = Drafts(workspace)
    choice = is_of_choice(NodeKind.RUN, None, facts.kind)
    if code is not None:
        held = Held(path=code.path, entry_point=code.entry_point, choice=choice)
        drafts.add(_make_edge(workspace, EdgeKind.RAN_CODE, await insert_code(tx, workspace, code), run), held)
    if environment is not None:
        key = await insert_environment(tx, workspace, environment)
        drafts.add(_make_edge(workspace, EdgeKind.RAN_IN, key, run), Held(choice=choice))
    await write_drafts(tx, drafts)


async def insert_code(tx: Transaction, workspace: WorkspaceID, code: CodeDraft) -> NodeKey:
    """Return the node of code, made where nobody knows it."""
    columns = {"repository": code.repository, "commit": code.commit, "diff_digest": code.diff_digest}
    return await _insert(tx, workspace, NodeKind.CODE_REVISION, columns)


async def insert_environment(tx: Transaction, workspace: WorkspaceID, environment: EnvironmentDraft) -> NodeKey:
    """Return the node of an environment, made where nobody knows it."""
    columns = {
        "image_digest": environment.image_digest,
        "lock_digest": environment.lock_digest,
        "hardware": environment.hardware,
    }
    return await _insert(tx, workspace, NodeKind.ENVIRONMENT, columns)


async def fetch_surroundings(
    conn: AsyncConnection, workspace: WorkspaceID, runs: Collection[RunID]
) -> tuple[dict[RunID, list[nodes.CodeRevision]], dict[RunID, list[nodes.Environment]]]:
    """Return the code of runs and where they ran, by their natural order; three queries."""
    kinds = [EdgeKind.RAN_CODE, EdgeKind.RAN_IN]
    edges = [one.edge for one in await fetch_open(conn, workspace, targets=runs, kinds=kinds)]
    code = await fetch_lineage_rows(
        conn, workspace, NodeKind.CODE_REVISION, {e.source.uuid for e in edges if e.kind is EdgeKind.RAN_CODE}
    )
    environments = await fetch_lineage_rows(
        conn, workspace, NodeKind.ENVIRONMENT, {e.source.uuid for e in edges if e.kind is EdgeKind.RAN_IN}
    )
    return _by_run(edges, code), _by_run(edges, environments)


def _by_run(edges: Collection[Edge], found: Mapping[Any, Any]) -> dict[RunID, list[Any]]:
    by_run: dict[RunID, dict[Any, Any]] = {}
    for edge in edges:
        if edge.source.uuid in found:
            by_run.setdefault(RunID(edge.target.uuid), {})[edge.source.uuid] = found[edge.source.uuid]
    return {run: [those[id_] for id_ in sorted(those)] for run, those in by_run.items()}


async def _insert(
    tx: Transaction, workspace: WorkspaceID, kind: NodeKind, columns: Mapping[str, str | None]
) -> NodeKey:
    natural_key = make_natural_key(kind, *columns.values())
    found = await insert_nodes(tx, workspace, kind, {natural_key: columns}, placeholder=False)
    return NodeKey(kind, found[natural_key])


def _make_edge(workspace: WorkspaceID, kind: EdgeKind, source: NodeKey, run: RunID) -> Edge:
    return Edge(
        workspace=workspace,
        kind=kind,
        source=source,
        target=NodeKey(NodeKind.RUN, run),
        run=run,
        origin=Origin.OBSERVED,
    )
