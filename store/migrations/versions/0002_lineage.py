"""Lineage: edges by their intervals, and those that follow from what runs already say of parents and test data.

Locks: `dataset_versions` against writing while one index is built; `runs` and `metric_contexts` are only read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

from domain.ids import NodeKey, NodeKind
from domain.lineage.edges import WHENCE, Edge
from domain.lineage.kinds import ENDS, EdgeKind, Origin
from domain.lineage.roles import Role, Side, find_sides, is_of_choice, make_side_key
from domain.runs import RunKind
from store.migrations.scripts import read_statements

revision = "0002"
down_revision = "0001"

BATCH = 2000

POSITION = "SELECT (number << 48) + pg_current_xact_id()::text::bigint FROM incarnation"
CALLED = "SELECT workspace, parent, id AS run, kind, started_at FROM runs WHERE parent IS NOT NULL"
MEASURED = """
SELECT DISTINCT r.workspace, r.id AS run, r.kind, r.started_at, c.on_kind, c.on_node, c.subset
FROM metric_contexts c JOIN runs r ON r.workspace = c.workspace AND r.id = c.run WHERE c.on_node IS NOT NULL
"""
INSERT_EDGE = sa.text(
    """
    INSERT INTO edges (workspace, id, n, kind, source_kind, source, target_kind, target, role, of_run, subset, origin,
                       producer, held_from, choice, recorded)
    VALUES (:workspace, :id, 1, :kind, :source_kind, :source, :target_kind, :target, :role, :of_run, :subset, :origin,
            :producer, :held_from, :choice, :recorded)
    ON CONFLICT DO NOTHING
    """
)
INSERT_EVALUATION = sa.text(
    "INSERT INTO evaluations (workspace, id, of_run) VALUES (:workspace, :id, :of_run) ON CONFLICT DO NOTHING"
)


def upgrade() -> None:
    for statement in read_statements("0002_lineage.sql"):
        op.execute(statement)
    conn = op.get_bind()
    position = conn.exec_driver_sql(POSITION).scalar()
    if position is None:  # a record that has not begun
        return
    _insert(conn, INSERT_EDGE, (_row(_call(row), row, position) for row in conn.exec_driver_sql(CALLED).all()))
    for row in conn.exec_driver_sql(MEASURED).all():
        made = list(_measure(row))
        _insert(conn, INSERT_EDGE, (_row(edge, row, position) for edge in made))
        evaluations = {edge.target.uuid for edge in made if edge.kind is EdgeKind.MEASURED_IN}
        _insert(
            conn,
            INSERT_EVALUATION,
            ({"workspace": row.workspace, "id": made, "of_run": row.run} for made in evaluations),
        )


def downgrade() -> None:
    raise RuntimeError("lineage is not taken back: what was written since would be lost")


def _call(row: Any) -> Edge:
    return Edge(
        workspace=row.workspace,
        kind=EdgeKind.CALLED,
        source=NodeKey(NodeKind.RUN, row.parent),
        target=NodeKey(NodeKind.RUN, row.run),
        run=row.run,
        origin=Origin.OBSERVED,
        producer=WHENCE,
    )


def _measure(row: Any) -> Iterator[Edge]:
    source = NodeKey(NodeKind(row.on_kind), row.on_node)
    if source.kind not in ENDS[EdgeKind.USED][0]:
        return
    own: dict[str, Any] = {
        "workspace": row.workspace,
        "run": row.run,
        "origin": Origin.OBSERVED,
        "producer": WHENCE,
    }
    for side in find_sides(EdgeKind.USED, Role.TEST, RunKind(row.kind)):
        target = make_side_key(row.run, side)
        yield Edge(kind=EdgeKind.USED, source=source, target=target, role=Role.TEST, subset=row.subset, **own)
        if side is Side.EVALUATION:
            yield Edge(kind=EdgeKind.MEASURED_IN, source=NodeKey(NodeKind.RUN, row.run), target=target, **own)


def _row(edge: Edge, row: Any, position: int) -> dict[str, Any]:
    return {
        "workspace": edge.workspace,
        "id": edge.id,
        "kind": edge.kind.value,
        "source_kind": edge.source.kind.value,
        "source": edge.source.uuid,
        "target_kind": edge.target.kind.value,
        "target": edge.target.uuid,
        "role": None if edge.role is None else edge.role.value,
        "of_run": edge.run,
        "subset": edge.subset,
        "origin": edge.origin.value,
        "producer": edge.producer,
        "held_from": row.started_at,
        "choice": is_of_choice(edge.target.kind, edge.role, RunKind(row.kind)),
        "recorded": position,
    }


def _insert(conn: sa.Connection, statement: sa.TextClause, rows: Iterable[dict[str, Any]]) -> None:
    kept = list(rows)
    for start in range(0, len(kept), BATCH):
        conn.execute(statement, kept[start : start + BATCH])
