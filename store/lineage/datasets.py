"""What follows for one dataset: what its readers saw, what its versions were added to, and in which order they came."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any
from uuid import UUID

from domain.ids import NodeKey, NodeKind, RunID, WorkspaceID
from domain.lineage.binding import INITIAL, DatedVersion, Reading, Versions
from domain.lineage.edges import ALWAYS, WHENCE, Edge, Held, replace
from domain.lineage.kinds import EdgeKind, Origin, WriteMode
from domain.nodes import make_natural_key
from store.edges import make_interval
from store.lineage.drafts import Drafts, Touched
from store.lineage.runs import RunFacts, fetch_run_facts
from store.lineage.syncing import sync
from store.lineage.unbound import StoredFact, fetch_read_between, fetch_unbound
from store.lineage.versions import fetch_dated_versions
from store.node_rows import insert_nodes
from store.transactions import Transaction

BOUND = "SELECT * FROM edges WHERE workspace = $1 AND unbound = ANY($2::uuid[]) AND retracted = 9223372036854775807"
BOUND_TO = """
SELECT DISTINCT unbound FROM edges
WHERE workspace = $1 AND source = ANY($2::uuid[]) AND retracted = 9223372036854775807 AND unbound IS NOT NULL
"""
BETWEEN = """
SELECT e.* FROM edges e
JOIN dataset_versions s ON s.workspace = e.workspace AND s.id = e.source
JOIN dataset_versions t ON t.workspace = e.workspace AND t.id = e.target AND t.dataset = s.dataset
WHERE e.workspace = $1 AND (e.source = ANY($2::uuid[]) OR e.target = ANY($2::uuid[])) AND e.kind IN (3, 13)
    AND e.retracted = 9223372036854775807 AND e.origin = 3 AND e.unbound IS NULL
"""
FOREVER = datetime(9999, 12, 31, tzinfo=UTC)


@dataclass(slots=True)
class _Dataset:
    """One dataset with all that its edges follow from."""

    tx: Transaction
    workspace: WorkspaceID
    id: UUID
    versions: Versions
    readers: Mapping[RunID, RunFacts]

    async def make_initial(self) -> UUID:
        """Return the version that stands for the dataset before its first known write."""
        for one in self.versions.all:
            if one.name == INITIAL:
                return one.id
        natural_key = make_natural_key(NodeKind.DATASET_VERSION, str(self.id), INITIAL)
        columns = {natural_key: {"dataset": self.id, "name": INITIAL}}
        made = await insert_nodes(self.tx, self.workspace, NodeKind.DATASET_VERSION, columns, placeholder=True)
        self.versions.all.append(DatedVersion(made[natural_key], INITIAL))
        return made[natural_key]


async def conclude_dataset(
    tx: Transaction,
    workspace: WorkspaceID,
    dataset: UUID,
    touched: Touched,
    *,
    versions: Collection[UUID],
    facts: Collection[UUID],
) -> None:
    """Bring in step what follows from some versions of a dataset, written otherwise than before, and some readings.

    Costs as much as there are readings that those versions may be the answer to, not as all readings there are.
    """
    dated = await fetch_dated_versions(tx, workspace, dataset)
    stored = await _fetch_affected(tx, workspace, dataset, dated, versions=versions, facts=facts)
    runs = {fact.fact.run for fact in stored.values() if fact.fact.run is not None}
    whole = _Dataset(tx, workspace, dataset, Versions(dated), await fetch_run_facts(tx, workspace, runs))
    due = Drafts(workspace)
    for fact in stored.values():
        await _bind_one(whole, fact, due)
    rows = await tx.driver.fetch(BOUND, workspace, [*{*stored, *facts}])
    if versions:
        rows += await _follow_around(whole, versions, due)
    await sync(tx, [make_interval(row) for row in rows], due, touched)


async def _fetch_affected(
    tx: Transaction,
    workspace: WorkspaceID,
    dataset: UUID,
    dated: Collection[DatedVersion],
    *,
    versions: Collection[UUID],
    facts: Collection[UUID],
) -> dict[UUID, StoredFact]:
    """Return the readings that have to be bound again, by id.

    Those asked for, those bound to one of the versions, and those that such a version may be the answer to: they are
    not over when the first of them begins to be written, and begin before another one follows the last of them.
    """
    bound = await tx.driver.fetch(BOUND_TO, workspace, list(versions)) if versions else []
    found = await fetch_unbound(tx, workspace, {*facts, *(row["unbound"] for row in bound)})
    changed = [one for one in dated if one.id in versions and (one.writes or one.finished is not None)]
    if changed:
        start = min(moment for one in changed for moment in _list_moments(one))
        ends = [one.finished for one in changed]
        last = max((end for end in ends if end is not None), default=None)
        later = [o.finished for o in dated if o.id not in versions and o.finished and last and o.finished > last]
        end = FOREVER if None in ends or _is_written(changed) else min(later, default=FOREVER)
        found += await fetch_read_between(tx, workspace, dataset, start, end, runs=_list_odd_writers(dated))
    return {one.fact.id: one for one in found}


def _list_moments(version: DatedVersion) -> list[datetime]:
    told = [] if version.finished is None else [version.finished]
    return [*told, *(write.started for write in version.writes)]


def _list_odd_writers(versions: Collection[DatedVersion]) -> set[RunID]:
    """Return the runs that began after what they wrote was there: it hides no earlier version from them."""
    finished = [(one.finished, write) for one in versions if one.finished is not None for write in one.writes]
    return {write.run for moment, write in finished if moment <= write.started}


def _is_written(versions: Collection[DatedVersion]) -> bool:
    """Say whether some run is still writing one of the versions."""
    return any(write.finished is None for one in versions for write in one.writes)


async def _follow_around(whole: _Dataset, versions: Collection[UUID], due: Drafts) -> list[Any]:
    """Say what follows what around some versions; return the rows that say so now."""
    standing = await whole.tx.driver.fetch(BETWEEN, whole.workspace, list(versions))
    around = {*versions, *(row[end] for row in standing for end in ("source", "target"))}
    pairs = list(pairwise(whole.versions.ordered))
    for before, after in pairs:
        if before.id in versions or after.id in versions:
            around |= {before.id, after.id}
    for before, after in pairs:
        if before.id in around or after.id in around:
            _follow(before, after, whole.workspace, due)
    return list(await whole.tx.driver.fetch(BETWEEN, whole.workspace, list(around)))


async def _bind_one(whole: _Dataset, stored: StoredFact, due: Drafts) -> None:
    run = None if stored.fact.run is None else whole.readers.get(stored.fact.run)
    reading = _make_reading(stored, run)
    latest, meanwhile = whole.versions.bind(reading)
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


def _follow(before: DatedVersion, after: DatedVersion, workspace: WorkspaceID, due: Drafts) -> None:
    """Say that a version came after another, and whether it holds what that one held."""
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
