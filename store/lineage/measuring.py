"""New contexts of points, told to lineage: data that a version or a dataset is measured on."""

from __future__ import annotations

from collections.abc import Sequence

from domain.ids import NodeKey, NodeKind, RunID, WorkspaceID
from domain.lineage.edges import WHENCE, Held
from domain.lineage.kinds import ENDS, EdgeKind, Origin
from domain.lineage.roles import Role
from domain.lineage.unbound import UnboundFact
from domain.metrics import MetricContext
from store.lineage.drafts import Drafts
from store.lineage.runs import fetch_run_facts
from store.lineage.writing import write_drafts
from store.transactions import Transaction

READABLE = ENDS[EdgeKind.USED][0]


async def record_measured(
    tx: Transaction, workspace: WorkspaceID, run: RunID, contexts: Sequence[MetricContext]
) -> None:
    """Record the data that new contexts of a run, written before, name. Its counters are locked."""
    named = {(one.on, one.subset) for one in contexts if one.on is not None}
    datasets = {(on, subset) for on, subset in named if on.kind is NodeKind.DATASET}
    if not datasets and not any(on.kind in READABLE for on, _ in named):
        return
    facts = (await fetch_run_facts(tx, workspace, [run]))[run]
    drafts = Drafts(workspace)
    drafts.touched.runs.add(run)
    for on, subset in datasets:
        fact = UnboundFact(
            workspace=workspace,
            kind=EdgeKind.USED,
            name=on,
            alias=None,
            other=NodeKey(NodeKind.RUN, run),
            role=Role.TEST,
            run=run,
            subset=subset,
            origin=Origin.OBSERVED,
            producer=WHENCE,
        )
        drafts.add_unbound(fact, Held(held_from=facts.started_at))
    await write_drafts(tx, drafts)
