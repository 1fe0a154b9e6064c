"""Facts that name no version, in the record: the same intervals as edges have."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.errors import Unavailable
from domain.ids import NodeKey, NodeKind, RunID, WorkspaceID
from domain.lineage.edges import NEVER, Held
from domain.lineage.kinds import EdgeKind, Origin, WriteMode
from domain.lineage.roles import Role
from domain.lineage.unbound import UnboundFact
from store.transactions import Transaction

NEWEST = """
SELECT f.* FROM unnest($2::uuid[]) AS asked (id)
CROSS JOIN LATERAL (
    SELECT * FROM unbound_facts WHERE workspace = $1 AND id = asked.id ORDER BY n DESC LIMIT 1 FOR UPDATE) AS f
"""
CLOSE = """
UPDATE unbound_facts SET retracted = $3
WHERE workspace = $1 AND id = ANY($2::uuid[]) AND retracted = 9223372036854775807 RETURNING id
"""
COLUMNS = (
    *("id", "n", "kind", "name_kind", "name", "alias", "other_kind", "other", "role", "of_run", "subset", "origin"),
    *("producer", "held_from", "held_to", "own_time", "range", "step", "mode", "path", "entry_point", "evidence"),
)
INSERT = f"""
INSERT INTO unbound_facts (workspace, recorded, {", ".join(COLUMNS)})
VALUES ($1, $2, {", ".join(f"${place}" for place in range(3, 3 + len(COLUMNS)))})
ON CONFLICT (workspace, id, n) DO NOTHING RETURNING true
"""
OF_NAME = (
    "SELECT * FROM unbound_facts WHERE workspace = $1 AND name = $2 AND retracted = 9223372036854775807 ORDER BY id"
)
READ_BETWEEN = """
SELECT f.* FROM unbound_facts f
LEFT JOIN runs r ON r.workspace = f.workspace AND r.id = f.of_run AND NOT f.own_time
WHERE f.workspace = $1 AND f.name = $2 AND f.retracted = 9223372036854775807 AND (f.kind <> 1
    OR f.of_run = ANY($5::uuid[])
    OR (COALESCE(r.started_at, f.held_from) <= $4
        AND CASE WHEN r.id IS NULL THEN f.held_from ELSE COALESCE(r.ended_at, 'infinity') END >= $3))
ORDER BY f.id
"""
OF_OTHER = """
SELECT * FROM unbound_facts WHERE workspace = $1 AND other = ANY($2::uuid[]) AND retracted = 9223372036854775807
ORDER BY id
"""
BY_ID = "SELECT * FROM unbound_facts WHERE workspace = $1 AND id = ANY($2::uuid[]) AND retracted = 9223372036854775807"


@dataclass(frozen=True, slots=True)
class StoredFact:
    """An open fact and what it says."""

    fact: UnboundFact
    held: Held


async def record_unbound(tx: Transaction, workspace: WorkspaceID, facts: Mapping[UnboundFact, Held]) -> None:
    """Record facts; one that stands otherwise is closed first."""
    by_id = {fact.id: (fact, held) for fact, held in facts.items()}
    newest = {row["id"]: row for row in await tx.driver.fetch(NEWEST, workspace, sorted(by_id))}
    for id_, (fact, held) in sorted(by_id.items()):
        row = newest.get(id_)
        is_open = row is not None and row["retracted"] == NEVER
        if row is not None and is_open and make_stored(row).held == held:
            continue
        if is_open:
            await tx.driver.fetch(CLOSE, workspace, [id_], tx.position)
        values = _values(fact, held, 1 if row is None else row["n"] + 1)
        if await tx.driver.fetchval(INSERT, workspace, tx.position, *values) is None:
            raise Unavailable("another writer records the same; send this again")


async def retract_unbound(tx: Transaction, workspace: WorkspaceID, ids: Collection[UUID]) -> set[UUID]:
    """Close facts; return the ids of those that were open."""
    return {row["id"] for row in await tx.driver.fetch(CLOSE, workspace, sorted(ids), tx.position)}


async def fetch_unbound(tx: Transaction, workspace: WorkspaceID, ids: Collection[UUID]) -> list[StoredFact]:
    """Return those of the facts that are open."""
    return [make_stored(row) for row in await tx.driver.fetch(BY_ID, workspace, list(ids))]


async def fetch_unbound_of(tx: Transaction, workspace: WorkspaceID, name: UUID) -> list[StoredFact]:
    """Return the open facts about a name."""
    return [make_stored(row) for row in await tx.driver.fetch(OF_NAME, workspace, name)]


async def fetch_read_between(
    tx: Transaction, workspace: WorkspaceID, name: UUID, start: datetime, end: datetime, *, runs: Collection[RunID]
) -> list[StoredFact]:
    """Return the open facts about a name whose reading is not over before `start`, nor begins after `end`.

    Those of `runs`, and those that read otherwise than a run does, at a cutoff, are among them whenever that is.
    """
    rows = await tx.driver.fetch(READ_BETWEEN, workspace, name, start, end, list(runs))
    return [make_stored(row) for row in rows]


async def fetch_unbound_into(tx: Transaction, workspace: WorkspaceID, others: Collection[UUID]) -> list[StoredFact]:
    """Return the open facts about those runs or versions."""
    return [make_stored(row) for row in await tx.driver.fetch(OF_OTHER, workspace, list(others))]


def make_stored(row: Any) -> StoredFact:
    """Return the fact of a row."""
    role, mode, range_ = row["role"], row["mode"], row["range"]
    fact = UnboundFact(
        workspace=row["workspace"],
        kind=EdgeKind(row["kind"]),
        name=NodeKey(NodeKind(row["name_kind"]), row["name"]),
        alias=row["alias"],
        other=NodeKey(NodeKind(row["other_kind"]), row["other"]),
        role=None if role is None else Role(role),
        run=None if row["of_run"] is None else RunID(row["of_run"]),
        subset=row["subset"],
        origin=Origin(row["origin"]),
        producer=row["producer"],
    )
    held = Held(
        held_from=row["held_from"],
        held_to=row["held_to"],
        own_time=row["own_time"],
        range=json.loads(range_) if isinstance(range_, str) else range_,
        step=row["step"],
        mode=None if mode is None else WriteMode(mode),
        path=row["path"],
        entry_point=row["entry_point"],
        evidence=row["evidence"],
    )
    return StoredFact(fact, held)


def _values(fact: UnboundFact, held: Held, n: int) -> tuple[Any, ...]:
    return (
        *(fact.id, n, fact.kind.value, fact.name.kind.value, fact.name.uuid, fact.alias),
        *(fact.other.kind.value, fact.other.uuid, None if fact.role is None else fact.role.value, fact.run),
        *(fact.subset, fact.origin.value, fact.producer, held.held_from, held.held_to, held.own_time),
        *(None if held.range is None else json.dumps(dict(held.range)), held.step),
        *(None if held.mode is None else held.mode.value, held.path, held.entry_point, held.evidence),
    )
