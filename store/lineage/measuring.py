"""What points were measured on: USED by the run's Evaluation with role test, where nobody said anything better."""

from __future__ import annotations

from collections.abc import Sequence

from domain.ids import NodeKey, NodeKind, RunID, WorkspaceID
from domain.lineage.edges import WHENCE, Held
from domain.lineage.kinds import ENDS, EdgeKind, Origin
from domain.lineage.roles import Role, find_sides, make_side_key
from domain.lineage.unbound import UnboundFact
from domain.metrics import MetricContext
from store.edges import fetch_open
from store.lineage.drafts import Drafts, make_measured_on
from store.lineage.runs import RunFacts, fetch_run_facts
from store.lineage.writing import write_drafts
from store.transactions import Transaction

READABLE = ENDS[EdgeKind.USED][0]


async def record_measured(
    tx: Transaction, workspace: WorkspaceID, run: RunID, contexts: Sequence[MetricContext]
) -> None:
    """Record the data that new contexts of a run name. Its counters are locked."""
    named = {(one.on, one.subset) for one in contexts if one.on is not None}
    versions = {(on, subset) for on, subset in named if on.kind in READABLE}
    datasets = {(on, subset) for on, subset in named if on.kind is NodeKind.DATASET}
    if not versions and not datasets:
        return
    facts = (await fetch_run_facts(tx, workspace, [run]))[run]
    drafts = Drafts(workspace)
    side = NodeKey(NodeKind.RUN, run)
    for on, subset in versions - await _fetch_known(tx, workspace, facts, versions):
        drafts.add_sided(make_measured_on(workspace, on, run, side, subset), Held(), facts)
    for on, subset in datasets:
        fact = UnboundFact(
            workspace=workspace,
            kind=EdgeKind.USED,
            name=on,
            alias=None,
            other=side,
            role=Role.TEST,
            run=run,
            subset=subset,
            origin=Origin.OBSERVED,
            producer=WHENCE,
        )
        drafts.add_unbound(fact, Held(held_from=facts.started_at))
    await write_drafts(tx, drafts)


async def _fetch_known(
    tx: Transaction, workspace: WorkspaceID, run: RunFacts, versions: set[tuple[NodeKey, str | None]]
) -> set[tuple[NodeKey, str | None]]:
    """Return those that the side of the run that test data stands on used already, whatever the role."""
    sources = {on.uuid for on, _ in versions}
    targets = [make_side_key(run.id, side).uuid for side in find_sides(EdgeKind.USED, Role.TEST, run.kind)]
    known = await fetch_open(tx.conn, workspace, sources=sources, targets=targets, kinds=[EdgeKind.USED])
    return {(one.edge.source, one.edge.subset) for one in known}
