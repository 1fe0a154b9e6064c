"""Claims become edges: their ends found or made, each on the right side of its run, with what follows from them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from domain.errors import DomainError, NotFound
from domain.ids import NodeKey, NodeKind, RunID, WorkspaceID
from domain.lineage.claims import Claim
from domain.lineage.edges import ALWAYS, NEVER, Edge, Interval, replace
from domain.lineage.kinds import EdgeKind
from domain.lineage.roles import ROLES, choose_role, is_of_choice
from domain.lineage.unbound import UnboundFact
from domain.runs import RunKind
from store.edges import fetch_intervals, make_interval
from store.lineage.aliases import fetch_alias_times
from store.lineage.drafts import Drafts
from store.lineage.locating import Located, Path, locate
from store.lineage.runs import RunFacts, fetch_run_facts, lock_runs, touch_runs
from store.lineage.writing import write_drafts
from store.transactions import Transaction

FOLLOWING = """
SELECT * FROM edges WHERE workspace = $1 AND unbound = ANY($2::uuid[]) AND retracted = 9223372036854775807 ORDER BY id
"""
GENERATED = """
SELECT g.of_run, g.target, EXISTS (
    SELECT FROM edges u
    WHERE u.workspace = $1 AND u.source = g.target AND u.target = g.source AND u.kind = 1) AS was_used
FROM edges g WHERE g.workspace = $1 AND g.source = ANY($2::uuid[]) AND g.kind = 2 AND g.retracted = 9223372036854775807
"""


@dataclass(frozen=True, slots=True)
class Recorded:
    """Edges as they stand now, in the order of the claims, and what the caller should look at."""

    edges: list[Interval]
    warnings: list[str] = field(default_factory=list)


async def record_claims(
    tx: Transaction, workspace: WorkspaceID, claims: Sequence[Claim], *, path: Path = ("edges",)
) -> Recorded:
    """Record what is claimed and return the edges. Raises with the path of the claim that cannot be taken.

    Makes nodes, locks the counters of the runs that the claims are about, then writes edges. Warns of new names that
    look like known ones, and of aliases that meant nothing at the time.
    """
    at = [((*path, str(place)) if path == ("edges",) else path, claim) for place, claim in enumerate(claims)]
    located, warnings = await locate(tx, workspace, at)
    runs = {run for one in located for run in _runs_of(one)}
    locked = await lock_runs(tx, workspace, runs)
    facts = await fetch_run_facts(tx, workspace, runs)
    drafts = Drafts(workspace)
    made: list[Edge | UnboundFact] = []
    for one in located:
        try:
            made += await _draft(tx, drafts, one, facts)
        except DomainError as exc:
            raise exc.below(*one.path) from exc
    await write_drafts(tx, drafts)
    await touch_runs(tx, list(locked.values()))
    made = [told for one in made for told in (drafts.instead.get(one, [one]) if isinstance(one, Edge) else [one])]
    standing = await _fetch_made(tx, workspace, made)
    selecting = {run for run in runs if run in facts and facts[run].kind is RunKind.SELECT}
    return Recorded(
        standing,
        [*warnings, *(await _warn_chosen(tx, workspace, made, selecting)), *_warn_own(made, standing, selecting)],
    )


def _runs_of(one: Located) -> set[RunID]:
    ends = {RunID(end.uuid) for end in (one.source, one.target) if end.kind is NodeKind.RUN}
    return ends if one.run is None else ends | {one.run}


async def _draft(
    tx: Transaction, drafts: Drafts, one: Located, facts: Mapping[RunID, RunFacts]
) -> list[Edge | UnboundFact]:
    run = None if one.run is None else facts[one.run]
    from_evaluation = one.from_evaluation or (run is not None and run.kind is RunKind.EVALUATE)
    role = choose_role(one.claim.kind, one.claim.role, from_evaluation=from_evaluation)
    held = one.claim.make_held(ALWAYS if run is None else run.started_at)
    if one.from_evaluation:  # whatever the kind of the run becomes
        held = replace(held, own_role=True)
    edge = Edge(
        workspace=drafts.workspace,
        kind=one.claim.kind,
        source=one.source,
        target=one.target,
        role=role,
        run=one.run,
        subset=one.claim.subset,
        origin=one.claim.origin,
        producer=one.claim.producer,
    )
    if one.is_unbound:
        fact = await _make_unbound(tx, one, edge)
        drafts.add_unbound(fact, held)
        return [fact]
    if edge.kind in ROLES and run is not None:
        return [*drafts.add_sided(edge, held, run)]
    choice = is_of_choice(edge.target.kind, role, None if run is None else run.kind)
    return [drafts.add(edge, replace(held, choice=choice))]


async def _make_unbound(tx: Transaction, one: Located, edge: Edge) -> UnboundFact:
    if one.alias is not None and not any(
        time.alias == one.alias for time in await fetch_alias_times(tx, edge.workspace, one.source.uuid)
    ):
        raise NotFound(f"the model has never had the alias {one.alias!r}", path=["source"])
    other = edge.target if one.run is None else NodeKey(NodeKind.RUN, one.run)
    return UnboundFact(
        workspace=edge.workspace,
        kind=edge.kind,
        name=one.source,
        alias=one.alias,
        other=other,
        role=edge.role,
        run=edge.run,
        subset=edge.subset,
        origin=edge.origin,
        producer=edge.producer,
    )


async def _fetch_made(tx: Transaction, workspace: WorkspaceID, made: Sequence[Edge | UnboundFact]) -> list[Interval]:
    """Return the open intervals of what was claimed, and of what follows from facts without a version."""
    intervals = await fetch_intervals(tx.conn, workspace, [one.id for one in made if isinstance(one, Edge)])
    facts = [one.id for one in made if isinstance(one, UnboundFact)]
    following: dict[UUID, list[Interval]] = {}
    for row in await tx.driver.fetch(FOLLOWING, workspace, facts) if facts else ():
        following.setdefault(row["unbound"], []).append(make_interval(row))
    found: dict[UUID, Interval] = {}
    for one in made:
        those = intervals.get(one.id, [])[-1:] if isinstance(one, Edge) else following.get(one.id, [])
        found |= {interval.edge.id: interval for interval in those if interval.retracted == NEVER}
    return list(found.values())


async def _warn_chosen(
    tx: Transaction, workspace: WorkspaceID, made: Sequence[Edge | UnboundFact], selecting: Collection[RunID]
) -> list[str]:
    """Say which select runs generate what they chose from: both ends of one edge, to every walk."""
    used = {(one.run, one.source.uuid) for one in made if isinstance(one, Edge) and one.kind is EdgeKind.USED}
    rows = await tx.driver.fetch(GENERATED, workspace, list(selecting)) if selecting else []
    if not any(row["was_used"] or (row["of_run"], row["target"]) in used for row in rows):
        return []
    return ["a select run generates a new version, never a candidate: name the winner, and what it became, apart"]


def _warn_own(
    made: Sequence[Edge | UnboundFact], standing: Sequence[Interval], selecting: Collection[RunID]
) -> list[str]:
    """Say what was claimed and yet no edge came of it."""
    ids = {one.edge.id for one in standing} | {one.held.unbound for one in standing}
    warnings = []
    for one in made:
        if one.id in ids or (isinstance(one, Edge) and one.run in selecting):
            continue
        if isinstance(one, UnboundFact):
            warnings.append(f"the alias {one.alias!r} meant no version at that time; the edge waits for one")
        else:
            warnings.append("a run that goes on from its own file did not use it: no edge was recorded")
    return warnings
