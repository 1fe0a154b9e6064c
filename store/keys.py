"""Interned keys: the small ids that stand for the names of parameters, metrics and tags."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.ids import WorkspaceID
from store import tables
from store.database import Database
from store.texts import make_name_tsvector

CACHE_SIZE = 200_000

INSERT = sa.text(
    """
    INSERT INTO keys (workspace, name, tokens) SELECT :workspace, row.name, CAST(row.tokens AS tsvector)
    FROM unnest(CAST(:names AS text[]), CAST(:tokens AS text[])) AS row (name, tokens)
    ON CONFLICT (workspace, name) DO NOTHING RETURNING name, id
    """
)


class Keys:
    """Turns names into ids and remembers them; ids never change and are never deleted.

    `intern` commits on a connection of its own, so call it before a transaction begins: then no writer holds a
    lock that another waits for, in whatever order names are met.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        # A dictionary a workspace: a UUID is hashed in Python, and a request has a thousand names.
        self._known: dict[WorkspaceID, OrderedDict[str, int]] = {}
        self._size = 0

    async def intern(self, workspace: WorkspaceID, names: Collection[str]) -> dict[str, int]:
        """Return the ids of `names`, making those that are new. The names must be checked already."""
        found, missing = self._split(workspace, names)
        if missing:
            async with self._database.read_primary() as conn:
                made = await fetch_key_ids(conn, workspace, missing)
                new = sorted(set(missing) - made.keys())
                if new:
                    rows = await conn.execute(INSERT, make_key_row(workspace, new))
                    made |= {name: id_ for name, id_ in rows}
                    lost = [name for name in new if name not in made]
                    made |= await fetch_key_ids(conn, workspace, lost) if lost else {}
            self._remember(workspace, made)
            found |= made
        return found

    def _split(self, workspace: WorkspaceID, names: Collection[str]) -> tuple[dict[str, int], list[str]]:
        known = self._known.get(workspace, OrderedDict())
        ids = list(map(known.get, names))
        pairs = zip(names, ids, strict=True)
        if None not in ids:
            return {name: id_ for name, id_ in pairs if id_ is not None}, []
        found: dict[str, int] = {}
        missing: list[str] = []
        for name, id_ in pairs:
            if id_ is None:
                missing.append(name)
            else:
                found[name] = id_
        return found, missing

    def _remember(self, workspace: WorkspaceID, made: dict[str, int]) -> None:
        known = self._known.setdefault(workspace, OrderedDict())
        self._size -= len(known)
        known.update(made)
        self._size += len(known)
        while self._size > CACHE_SIZE:
            self._forget_oldest()

    def _forget_oldest(self) -> None:
        """Forget the name that was met first in the workspace that was met first."""
        workspace, known = next(iter(self._known.items()))
        known.popitem(last=False)
        self._size -= 1
        if not known:
            del self._known[workspace]


def make_key_row(workspace: WorkspaceID, names: list[str]) -> dict[str, Any]:
    """Return the values of `INSERT`."""
    return {"workspace": workspace, "names": names, "tokens": list(map(make_name_tsvector, names))}


async def fetch_key_ids(conn: AsyncConnection, workspace: WorkspaceID, names: Collection[str]) -> dict[str, int]:
    """Return the ids of those names that are known, in one query; for readers, who never make one."""
    statement = sa.select(tables.keys.c.name, tables.keys.c.id).where(
        tables.keys.c.workspace == workspace,
        tables.keys.c.name == sa.func.any(sa.cast(list(names), sa.ARRAY(sa.Text))),
    )
    return {name: id_ for name, id_ in await conn.execute(statement)}


async def fetch_key_names(conn: AsyncConnection, workspace: WorkspaceID, ids: Collection[int]) -> dict[int, str]:
    """Return the names of those ids, in one query."""
    statement = sa.select(tables.keys.c.id, tables.keys.c.name).where(
        tables.keys.c.workspace == workspace,
        tables.keys.c.id == sa.func.any(sa.cast(list(ids), sa.ARRAY(sa.Integer))),
    )
    return {id_: name for id_, name in await conn.execute(statement)}
