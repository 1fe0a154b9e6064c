"""What changed in a workspace since a cursor: the outbox as subscriptions read it, never past an unfinished write."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from domain.ids import NodeKey, NodeKind, WorkspaceID
from domain.positions import INCARNATION_SHIFT, Position, Token
from store.outbox import Change, Changed, Changes, fetch_token_exists
from store.statements import load_statement

BATCH = 1000
LAST = (1 << 63) - 1
NO_NONCE = 0
"""Of a cursor that names no row: it stands between two."""

READ = load_statement("fetch_changes")


@dataclass(frozen=True, slots=True)
class ChangesSince:
    """Changes in their order, one an entity, and where to go on. `reset`: some may be missing, read all anew."""

    cursor: Token
    changes: list[Change]
    reset: bool = False
    more: bool = False


async def fetch_changes(
    conn: AsyncConnection, workspace: WorkspaceID, after: Token | None, *, limit: int = BATCH
) -> ChangesSince:
    """Return what changed after a cursor; without one, only where to go on from now.

    A row is read when no unfinished transaction can have a lower position: sequences are given before the commit, so
    a reader that went by them alone would lose what commits late. A cursor of another incarnation, of trimmed rows,
    or naming a row that is not in the record gets `reset`.
    """
    rows = (await conn.execute(READ, _make_bounds(workspace, after, limit))).all()
    border = rows[0]
    now = Token(Position(border.safe - 1), 0, NO_NONCE)
    if after is None:
        return ChangesSince(now, [])
    if await _is_stale(conn, after, border):
        return ChangesSince(now, [], reset=True)
    if border.position is None:
        return ChangesSince(max(after, now), [])
    last = rows[-1]
    cursor = Token(Position(last.position), last.sequence, last.nonce)
    return ChangesSince(cursor, _collapse(workspace, rows), more=len(rows) == limit)


def _make_bounds(workspace: WorkspaceID, after: Token | None, limit: int) -> dict[str, object]:
    """Return the statement's values. A cursor that names no row stands behind all rows of its position."""
    if after is None:
        return {"workspace": workspace, "position": LAST, "sequence": LAST, "limit": 1}
    sequence = LAST if after.nonce == NO_NONCE else after.sequence
    return {"workspace": workspace, "position": after.position, "sequence": sequence, "limit": limit}


async def _is_stale(conn: AsyncConnection, after: Token, border: Any) -> bool:
    if after.position >> INCARNATION_SHIFT != border.number or after.position < border.trimmed_through:
        return True
    if after.nonce == NO_NONCE:
        return bool(after.position >= border.safe)
    return not await fetch_token_exists(conn, after)


def _collapse(workspace: WorkspaceID, rows: Sequence[Any]) -> list[Change]:
    """Return one change an entity, uniting what changed."""
    changes = Changes()
    for row in rows:
        key = NodeKey(NodeKind(row.kind), row.uid)
        if row.changed:
            changes.add(Change(workspace, key, row.revision, Changed(row.changed)))
    return list(changes)
