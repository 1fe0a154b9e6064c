"""Nested runs: one without inputs of its own gets those of the nearest run that called it and has some."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from uuid import UUID

from domain.ids import RunID, WorkspaceID
from domain.lineage.edges import WHENCE, Held, Interval, replace
from domain.lineage.kinds import EdgeKind, Origin
from domain.lineage.roles import make_evaluation_id
from domain.runs import RunKind
from store.edges import fetch_open
from store.lineage.drafts import Drafts, Touched, is_of_points
from store.lineage.runs import RunFacts, fetch_run_facts
from store.lineage.syncing import sync
from store.transactions import Transaction

HEIRS = frozenset({RunKind.TRAIN, RunKind.EVALUATE, RunKind.PREDICT, RunKind.MANUAL})
"""Kinds of runs that inherit."""

BELOW = """
WITH RECURSIVE below (id) AS (
    SELECT unnest($2::uuid[])
    UNION
    SELECT e.target FROM below b JOIN edges e
        ON e.workspace = $1 AND e.source = b.id AND e.kind = 12 AND e.retracted = 9223372036854775807)
SELECT id FROM below
"""
ABOVE = """
WITH RECURSIVE above (id) AS (
    SELECT unnest($2::uuid[])
    UNION
    SELECT e.source FROM above a JOIN edges e
        ON e.workspace = $1 AND e.target = a.id AND e.kind = 12 AND e.retracted = 9223372036854775807)
SELECT a.id, e.source AS caller FROM above a LEFT JOIN edges e
    ON e.workspace = $1 AND e.target = a.id AND e.kind = 12 AND e.retracted = 9223372036854775807
"""


@dataclass(slots=True)
class _Family:
    """Runs that call each other, and what each used by itself."""

    callers: dict[RunID, set[RunID]] = field(default_factory=dict)
    inputs: dict[RunID, list[Interval]] = field(default_factory=dict)
    inherited: dict[RunID, list[Interval]] = field(default_factory=dict)
    continued: set[RunID] = field(default_factory=set)

    def find_inputs(self, run: RunID) -> list[Interval]:
        """Return what the nearest callers that used anything used; several at one distance are taken together."""
        seen, level = {run}, self.callers.get(run, set())
        while level:
            found = [one for caller in sorted(level) for one in self.inputs.get(caller, ())]
            if found:
                return found
            seen |= level
            level = {above for caller in level for above in self.callers.get(caller, ())} - seen
        return []


async def conclude_inheritance(
    tx: Transaction, workspace: WorkspaceID, runs: Collection[RunID], touched: Touched
) -> None:
    """Bring in step what the runs, and those that they call, inherit."""
    if not runs:
        return
    heirs = {RunID(row["id"]) for row in await tx.driver.fetch(BELOW, workspace, list(runs))}
    family = await _fetch_family(tx, workspace, heirs)
    facts = await fetch_run_facts(tx, workspace, heirs)
    due = Drafts(workspace)
    for heir in heirs:
        if heir in facts and _inherits(facts[heir], family):
            _inherit(facts[heir], family.find_inputs(heir), due)
    standing = [one for heir in heirs for one in family.inherited.get(heir, ())]
    await sync(tx, standing, due, touched)


def _inherits(run: RunFacts, family: _Family) -> bool:
    return run.kind in HEIRS and not family.inputs.get(run.id) and run.id not in family.continued


def _inherit(run: RunFacts, inputs: Collection[Interval], due: Drafts) -> None:
    for one in inputs:
        edge = replace(one.edge, run=run.id, origin=Origin.INFERRED, producer=WHENCE)
        held = Held(held_from=run.started_at, range=one.held.range, overlapping=one.held.overlapping)
        due.add_sided(edge, held, run)


async def _fetch_family(tx: Transaction, workspace: WorkspaceID, heirs: Collection[RunID]) -> _Family:
    family = _Family()
    for row in await tx.driver.fetch(ABOVE, workspace, list(heirs)):
        callers = family.callers.setdefault(RunID(row["id"]), set())
        if row["caller"] is not None:
            callers.add(RunID(row["caller"]))
    sides: list[UUID] = [*family.callers, *map(make_evaluation_id, family.callers)]
    kinds = [EdgeKind.USED, EdgeKind.CONTINUED_AS]
    for one in await fetch_open(tx.conn, workspace, targets=sides, kinds=kinds):
        _sort_in(family, one)
    return family


def _sort_in(family: _Family, one: Interval) -> None:
    run = one.edge.run
    if one.edge.kind is EdgeKind.CONTINUED_AS:
        family.continued.add(RunID(one.edge.target.uuid))
    elif run is not None and not is_of_points(one.edge):
        is_inherited = one.edge.origin is Origin.INFERRED and one.held.unbound is None
        (family.inherited if is_inherited else family.inputs).setdefault(run, []).append(one)
