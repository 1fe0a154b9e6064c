"""Search: the tokens of what is there already, beside the values and in a table of their own.

Locks: `runs` against writing while one index is built; `keys`, `tags` and `parameters` against everything until the
end, about a minute for a million notes. The other tables are only read.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from alembic import op

from domain.ids import NodeKind
from store.migrations.scripts import read_statements
from store.texts import Place, make_name_tsvector, make_rows, make_value_tsvector

revision = "0004"
down_revision = "0003"

BATCH = 2000

INSERT = sa.text(
    """
    INSERT INTO texts (workspace, subject, kind, about, field, piece, pieces, tokens)
    SELECT workspace, subject, :kind, about, field, piece, pieces, CAST(tokens AS tsvector)
    FROM unnest(CAST(:workspaces AS uuid[]), CAST(:subjects AS uuid[]), CAST(:abouts AS uuid[]),
                CAST(:fields AS smallint[]), CAST(:places AS integer[]), CAST(:pieces AS integer[]),
                CAST(:tokens AS text[])) AS row (workspace, subject, about, field, piece, pieces, tokens)
    """
)
SOURCES = {
    NodeKind.NOTE: ("notes", {Place.TEXT: "text"}),
    NodeKind.RUN: ("runs", {Place.NAME: "name", Place.DESCRIPTION: "description"}),
    NodeKind.EXPERIMENT: ("experiments", {Place.NAME: "name", Place.DESCRIPTION: "description"}),
    NodeKind.DATASET: (
        "datasets",
        {Place.NAME: "name", Place.DESCRIPTION: "description", Place.NAMESPACE: "namespace"},
    ),
    NodeKind.MODEL: ("models", {Place.NAME: "name", Place.DESCRIPTION: "description"}),
    NodeKind.ARTIFACT: ("artifacts", {Place.NAME: "name", Place.PATH: "path"}),
}
ABOUT = {
    NodeKind.NOTE: (
        "COALESCE((SELECT run FROM artifacts a WHERE a.workspace = notes.workspace AND a.id = notes.subject), subject)",
        "deleted_at IS NULL",
    ),
    NodeKind.ARTIFACT: ("run", "true"),
}
"""What a text is about where that is not its own node, and which rows have one."""

VALUES: dict[str, tuple[str, str, str, Callable[[str], str | None]]] = {
    "keys": ("id", "name", "true", make_name_tsvector),
    "tags": ("subject, key", "value", "true", make_value_tsvector),
    "parameters": ("run, key", "raw", "type = 3", make_value_tsvector),
}
"""Tables of values: the rest of their key, the text, which rows have one, and its tokens."""


def upgrade() -> None:
    for statement in read_statements("0004_search.sql"):
        op.execute(statement)
    conn = op.get_bind()
    for kind in SOURCES:
        _fill_texts(conn, kind)
    for table in VALUES:
        _fill_values(conn, table)
    for statement in read_statements("0004_search_indexes.sql"):
        op.execute(statement)


def downgrade() -> None:
    raise RuntimeError("search is not taken back")


def _fill_texts(conn: sa.Connection, kind: NodeKind) -> None:
    table, places = SOURCES[kind]
    after: tuple[Any, ...] = ()
    about, where = ABOUT.get(kind, ("id", "true"))
    names = ("workspaces", "subjects", "abouts", "fields", "places", "pieces", "tokens")
    while rows := _fetch(conn, table, "id", ", ".join([about, *places.values()]), where, after):
        columns: dict[str, list[Any]] = {name: [] for name in names}
        for workspace, subject, about_id, *found in map(list, rows):
            made = make_rows(dict(zip(places, found, strict=True)))
            columns["workspaces"] += [workspace] * len(made.tokens)
            columns["subjects"] += [subject] * len(made.tokens)
            columns["abouts"] += [about_id] * len(made.tokens)
            columns["fields"] += made.fields
            columns["places"] += made.pieces
            columns["pieces"] += made.counts
            columns["tokens"] += made.tokens
        conn.execute(INSERT, {"kind": kind.value, **columns})
        after = tuple(list(rows[-1])[:2])


def _fill_values(conn: sa.Connection, table: str) -> None:
    key, text, where, make = VALUES[table]
    names = ["workspace", *key.split(", ")]
    after: tuple[Any, ...] = ()
    matches = " AND ".join(f"t.{name} = row.{name}" for name in names)
    kinds = ["uuid" if name in ("workspace", "subject", "run") else "integer" for name in names]
    arrays = ", ".join(f"CAST(:{name} AS {kind}[])" for name, kind in zip(names, kinds, strict=True))
    update = sa.text(
        f"UPDATE {table} t SET tokens = CAST(row.tokens AS tsvector) "
        f"FROM unnest({arrays}, CAST(:tokens AS text[])) AS row ({', '.join(names)}, tokens) WHERE {matches}"
    )
    while rows := _fetch(conn, table, key, text, where, after):
        columns = {name: [row[at] for row in rows] for at, name in enumerate(names)}
        conn.execute(update, {**columns, "tokens": [make(row[len(names)]) for row in rows]})
        after = tuple(list(rows[-1])[: len(names)])


def _fetch(
    conn: sa.Connection, table: str, key: str, columns: str, where: str, after: tuple[Any, ...]
) -> list[sa.Row[Any]]:
    """Return the next rows of a table in the order of its key."""
    place = ", ".join(f":p{at}" for at in range(len(after)))
    behind = f"AND (workspace, {key}) > ({place})" if after else ""
    statement = (
        f"SELECT workspace, {key}, {columns} FROM {table} WHERE {where} {behind} "
        f"ORDER BY workspace, {key} LIMIT {BATCH}"
    )
    return list(conn.execute(sa.text(statement), {f"p{at}": value for at, value in enumerate(after)}))
