"""What follows for one dataset: what its readers saw, what its versions were added to, and in which order they came."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from uuid import UUID

from domain.ids import NodeKey, NodeKind, RunID, WorkspaceID
from domain.lineage.binding import INITIAL, DatedVersion, Reading, bind, order_versions
from domain.lineage.edges import ALWAYS, WHENCE, Edge, Held
from domain.lineage.kinds import EdgeKind, Origin, WriteMode
from domain.nodes import make_natural_key
from store.edges import make_interval
from store.lineage.drafts import Drafts, Touched
from store.lineage.runs import RunFacts, fetch_run_facts
from store.lineage.syncing import sync
from store.lineage.unbound import StoredFact, fetch_unbound_of
from store.lineage.versions import fetch_dated_versions
from store.node_rows import insert_nodes
from store.transactions import Transaction

STANDING = """
SELECT e.* FROM dataset_versions v
JOIN edges e ON e.workspace = v.workspace AND e.source = v.id AND e.kind IN (1, 3, 13)
    AND e.retracted = 9223372036854775807 AND e.origin = 3
LEFT JOIN dataset_versions t ON t.workspace = e.workspace AND t.id = e.target AND t.dataset = v.dataset
WHERE v.workspace = $1 AND v.dataset = $2 AND (e.unbound IS NOT NULL OR (e.kind IN (3, 13) AND t.id IS NOT NULL))
"""


@dataclass(slots=True)
class _Dataset:
    """One dataset with all that its edges follow from."""

    tx: Transaction
    workspace: WorkspaceID
    id: UUID
    versions: list[DatedVersion]
    readers: Mapping[RunID, RunFacts]

    @property
    def ordered(self) -> list[DatedVersion]:
        return order_versions(self.versions)

    async def make_initial(self) -> UUID:
        """Return the version that stands for the dataset before its first known write."""
        for one in self.versions:
            if one.name == INITIAL:
                return one.id
        natural_key = make_natural_key(NodeKind.DATASET_VERSION, str(self.id), INITIAL)
        columns = {natural_key: {"dataset": self.id, "name": INITIAL}}
        made = await insert_nodes(self.tx, self.workspace, NodeKind.DATASET_VERSION, columns, placeholder=True)
        self.versions.append(DatedVersion(made[natural_key], INITIAL))
        return made[natural_key]


async def conclude_dataset(tx: Transaction, workspace: WorkspaceID, dataset: UUID, touched: Touched) -> None:
    """Bring in step what follows from the writes and readings of a dataset."""
    facts = await fetch_unbound_of(tx, workspace, dataset)
    runs = {fact.fact.run for fact in facts if fact.fact.run is not None}
    whole = _Dataset(
        tx,
        workspace,
        dataset,
        await fetch_dated_versions(tx, workspace, dataset),
        await fetch_run_facts(tx, workspace, runs),
    )
    due = Drafts(workspace)
    for fact in facts:
        await _bind_one(whole, fact, due)
    _follow_versions(whole.ordered, workspace, due)
    standing = [make_interval(row) for row in await tx.driver.fetch(STANDING, workspace, dataset)]
    await sync(tx, standing, due, touched)


async def _bind_one(whole: _Dataset, stored: StoredFact, due: Drafts) -> None:
    run = None if stored.fact.run is None else whole.readers.get(stored.fact.run)
    reading = _make_reading(stored, run)
    latest, meanwhile = bind(reading, whole.versions)
    version = await whole.make_initial() if latest is None else latest.id
    began = stored.held.held_from if stored.held.own_time or run is None else run.started_at
    for id_, overlapping in [(version, False), *((one.id, True) for one in meanwhile)]:
        held = replace(stored.held, held_from=began, overlapping=overlapping, unbound=stored.fact.id)
        edge = Edge(
            workspace=whole.workspace,
            kind=stored.fact.kind,
            source=NodeKey(NodeKind.DATASET_VERSION, id_),
            target=stored.fact.other,
            role=stored.fact.role,
            run=stored.fact.run,
            subset=stored.fact.subset,
            origin=Origin.INFERRED,
            producer=stored.fact.producer,
        )
        if edge.kind is EdgeKind.USED and run is not None:
            due.add_sided(edge, held, run)
        elif edge.kind is not EdgeKind.USED:
            due.add(edge, replace(held, range={**(held.range or {}), "unknown": True}))


def _make_reading(stored: StoredFact, run: RunFacts | None) -> Reading:
    """Return when a fact's run read: at its own time, else from its start to its end; a view at its cutoff."""
    cutoff = (stored.held.range or {}).get("cutoff")
    if stored.fact.kind is not EdgeKind.USED and isinstance(cutoff, str):
        moment = datetime.fromisoformat(cutoff)
        return Reading(stored.fact.run, moment, moment)
    if stored.held.own_time or run is None:
        return Reading(stored.fact.run, stored.held.held_from, stored.held.held_from)
    return Reading(run.id, run.started_at, run.ended_at)


def _follow_versions(ordered: Sequence[DatedVersion], workspace: WorkspaceID, due: Drafts) -> None:
    """Say which version came after which, and which holds what the one before it held."""
    for before, after in pairwise(ordered):
        held = Held(held_from=after.finished or ALWAYS)
        due.edges[_make_between(workspace, EdgeKind.REVISION_OF, before.id, after.id)] = held
        modes = {write.mode for write in after.writes if write.mode is not None and write.mode.keeps}
        if modes:
            mode = WriteMode.APPEND if WriteMode.APPEND in modes else WriteMode.MERGE
            due.edges[_make_between(workspace, EdgeKind.DERIVED, before.id, after.id)] = replace(held, mode=mode)


def _make_between(workspace: WorkspaceID, kind: EdgeKind, source: UUID, target: UUID) -> Edge:
    return Edge(
        workspace=workspace,
        kind=kind,
        source=NodeKey(NodeKind.DATASET_VERSION, source),
        target=NodeKey(NodeKind.DATASET_VERSION, target),
        origin=Origin.INFERRED,
        producer=WHENCE,
    )
