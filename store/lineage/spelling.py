"""New names that differ from a known one only by case, dashes or look-alike letters are recorded, with a warning."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from domain.ids import NodeKey, NodeKind, WorkspaceID
from domain.lineage.names import fold_name
from store import tables
from store.transactions import Transaction

NOTE = """
INSERT INTO spellings (workspace, kind, folded, node)
SELECT $1, row.* FROM unnest($2::smallint[], $3::bytea[], $4::uuid[]) AS row
ON CONFLICT DO NOTHING RETURNING node
"""
ALIKE = """
SELECT asked.node, asked.kind, s.node AS other
FROM unnest($2::smallint[], $3::bytea[], $4::uuid[]) AS asked (kind, folded, node)
JOIN spellings s ON s.workspace = $1 AND s.kind = asked.kind AND s.folded = asked.folded AND s.node <> asked.node
ORDER BY asked.node, s.node
"""
NAMES: dict[NodeKind, tuple[sa.Table, str]] = {
    NodeKind.DATASET: (tables.datasets, "namespace"),
    NodeKind.FEATURE_VIEW: (tables.feature_views, "namespace"),
    NodeKind.MODEL: (tables.models, "registry"),
}


async def note_names(tx: Transaction, workspace: WorkspaceID, names: Mapping[NodeKey, tuple[str, str]]) -> list[str]:
    """Note how names are spelled; return a warning for each that is new and looks like one that is known."""
    rows = sorted((key.kind.value, fold_name(*parts), key.uuid) for key, parts in names.items())
    if not rows:
        return []
    columns = list(map(list, zip(*rows, strict=True)))
    new = {row["node"] for row in await tx.driver.fetch(NOTE, workspace, *columns)}
    if not new:
        return []
    alike = [row for row in await tx.driver.fetch(ALIKE, workspace, *columns) if row["node"] in new]
    said = {key.uuid: parts for key, parts in names.items()}
    warnings = []
    for row in alike:
        other = await _fetch_name(tx, workspace, NodeKind(row["kind"]), row["other"])
        what = NodeKind(row["kind"]).name.lower().replace("_", " ")
        if other is not None:
            warnings.append(f"the new {what} {_show(said[row['node']])} looks like {_show(other)}")
    return list(dict.fromkeys(warnings))


async def _fetch_name(tx: Transaction, workspace: WorkspaceID, kind: NodeKind, node: Any) -> tuple[str, str] | None:
    table, scope = NAMES[kind]
    statement = sa.select(table.c[scope], table.c.name).where(table.c.workspace == workspace, table.c.id == node)
    row = (await tx.conn.execute(statement)).first()
    return None if row is None else (row[0], row[1])


def _show(parts: tuple[str, str]) -> str:
    return " ".join(f"{part!a} ({part})" if not part.isascii() else repr(part) for part in parts)
