"""Runs: made in one statement with all that comes with them, and fetched by id or parent."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import asyncpg
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.errors import Conflict, Gone, NotFound
from domain.ids import NodeKey, NodeKind, RunID, WorkspaceID, make_uuid7
from domain.pages import Count, Page, TimeCursor
from domain.positions import Position, Token
from domain.runs import Run, RunDraft, RunKind, RunStatus
from domain.times import cut_to_millis
from store import tables
from store.counters import find_missing_run, missing_run
from store.database import Database
from store.driver import fetch_driver
from store.lineage.run_changes import record_new_child
from store.lineage.surroundings import record_surroundings
from store.numbers import Place as Numbered
from store.numbers import make_place
from store.outbox import Changed, make_nonce
from store.paging import count_below, fetch_pages
from store.parameters import make_columns
from store.statements import read_statement
from store.texts import Place, make_rows, make_value_tsvector
from store.transactions import Transaction

__all__ = [
    "count_children",
    "create_run",
    "create_run_at_once",
    "fetch_children",
    "fetch_runs",
    "find_missing_run",
]

runs = tables.runs

CREATE = read_statement("create_run")
MADE = Changed.GRAPH | Changed.DOCUMENT
FETCH = """
SELECT r.id, r.experiment, r.number, r.name, r.description, r.kind, r.status, r.parent, r.attempt, r.created_by,
  r.host, r.started_at, r.ended_at, c.heartbeat AS heartbeat_at, r.created_at, r.archived_at, r.deleted_at,
  c.revision, r.version
FROM runs AS r JOIN run_counters AS c ON c.workspace = r.workspace AND c.run = r.id
WHERE r.workspace = $1 AND r.id = ANY($2::uuid[])
"""
KINDS = {kind.value: kind for kind in RunKind}
STATUSES = {status.value: status for status in RunStatus}


async def create_run(
    tx: Transaction, workspace: WorkspaceID, draft: RunDraft, place: Numbered | None, *, keys: Mapping[str, int]
) -> RunID:
    """Make a run with its parameters and tags; `place` is what `Numbers.take` gave before the transaction.

    Raises `Conflict` if its id is taken or its experiment deleted, `Gone` if its id was purged, `NotFound` for an
    unknown parent or experiment id.
    """
    place = place or await make_place(tx, workspace, draft.experiment)
    made = draft.id or RunID(make_uuid7())
    created = await _insert(tx.driver, _make_row(workspace, draft, place, made, keys, tx.token), draft)
    if created is None:
        raise await _find_refusal(tx, workspace, made, draft)
    if draft.parent is not None:
        await record_new_child(tx, workspace, made, draft.parent)
    await record_surroundings(tx, workspace, made, code=draft.code, environment=draft.environment)
    tx.changed(workspace, NodeKey(NodeKind.RUN, made), 1, MADE)
    return made


async def create_run_at_once(
    database: Database, workspace: WorkspaceID, draft: RunDraft, place: Numbered, *, keys: Mapping[str, int]
) -> tuple[RunID, Token] | None:
    """Make a run by a statement that is a transaction by itself; None where that was refused: `create_run` says why.

    For a run without edges, which take statements of their own; and a repeat cannot be known here.
    """
    made = draft.id or RunID(make_uuid7())
    row = _make_row(workspace, draft, place, made, keys, None)
    async with database.write_at_once() as driver:
        created = await _insert(driver, row, draft)
    if created is None:
        return None
    return made, Token(Position(created["position"]), created["sequence"], row["token_nonce"])


async def _insert(driver: asyncpg.Connection, row: Mapping[str, Any], draft: RunDraft) -> asyncpg.Record | None:
    try:
        return await driver.fetchrow(CREATE, *row.values())
    except asyncpg.ForeignKeyViolationError as exc:
        raise _explain(exc, draft) from exc


def _make_row(
    workspace: WorkspaceID, draft: RunDraft, place: Numbered, made: RunID, keys: Mapping[str, int], token: Token | None
) -> dict[str, Any]:
    """Return the statement's values by name, in the order of its numbers."""
    name = draft.name or f"run {place.number}"
    texts = make_rows({Place.NAME: name, Place.DESCRIPTION: draft.description})
    return {
        "workspace": workspace,
        "id": made,
        "experiment": place.experiment,
        "number": place.number,
        "name": name,
        "description": draft.description,
        "kind": draft.kind.value,
        "parent": draft.parent,
        "attempt": draft.attempt,
        "created_by": draft.created_by,
        "host": draft.host,
        "started_at": cut_to_millis(draft.started_at),
        "token_position": None if token is None else token.position,
        "token_sequence": None if token is None else token.sequence,
        "token_nonce": make_nonce() if token is None else token.nonce,
        "run_kind": NodeKind.RUN.value,
        **make_columns(draft.parameters, keys),
        "tag_keys": [keys[tag.key] for tag in draft.tags],
        "tag_values": [tag.value for tag in draft.tags],
        "tag_tokens": [make_value_tsvector(tag.value) for tag in draft.tags],
        "text_fields": texts.fields,
        "text_pieces": texts.pieces,
        "text_counts": texts.counts,
        "text_tokens": texts.tokens,
        "changed": int(MADE),
    }


async def _find_refusal(tx: Transaction, workspace: WorkspaceID, made: RunID, draft: RunDraft) -> Gone | Conflict:
    """Return why no row was made: the id or the parent was purged, or the id is taken."""
    for field, run in (("id", made), ("parent", draft.parent)):
        failure = None if run is None else await missing_run(tx, workspace, run)
        if isinstance(failure, Gone):
            return Gone(failure.message, path=[field])
    return Conflict(f"run {made} already exists", path=["id"])


def _explain(exc: asyncpg.ForeignKeyViolationError, draft: RunDraft) -> NotFound:
    """Return what a broken tie means: the parent is not there, or the experiment was purged meanwhile."""
    if exc.constraint_name == "fk_runs_workspace_parent":
        return NotFound(f"no run {draft.parent} in this workspace", path=["parent"])
    return NotFound(f"no experiment {draft.experiment} in this workspace", path=["experiment"])


async def fetch_runs(conn: AsyncConnection, workspace: WorkspaceID, ids: Collection[RunID]) -> dict[RunID, Run]:
    """Return those runs of the workspace that exist, deleted ones too, in one query."""
    driver = await fetch_driver(conn)
    return {row["id"]: _make_run(row) for row in await driver.fetch(FETCH, workspace, ids)}


async def fetch_children(
    conn: AsyncConnection, workspace: WorkspaceID, parents: Sequence[RunID], *, first: int, after: TimeCursor | None
) -> dict[RunID, Page[Run]]:
    """Return the child runs of each parent that are not deleted, the oldest first, in two queries."""
    pages = await fetch_pages(conn, runs, "parent", workspace, parents, first=first, after=after, newest_first=False)
    found = await fetch_runs(conn, workspace, [row.id for page in pages.values() for row in page.items])
    return {
        RunID(parent): Page([found[row.id] for row in page.items if row.id in found], page.has_next)
        for parent, page in pages.items()
    }


async def count_children(conn: AsyncConnection, workspace: WorkspaceID, parents: Sequence[RunID]) -> dict[RunID, Count]:
    """Count the child runs of each parent that are not deleted."""
    counts = await count_below(conn, runs, "parent", workspace, parents)
    return {RunID(parent): count for parent, count in counts.items()}


def _make_run(row: asyncpg.Record) -> Run:
    """Return the run of a row of `FETCH`."""
    return Run(**{**row, "kind": KINDS[row["kind"]], "status": STATUSES[row["status"]]})
