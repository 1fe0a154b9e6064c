"""Random graphs and random questions about them, for comparing adapters: small, and as knotty as graphs get."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from domain.ids import NodeKey, NodeKind, RunID, WorkspaceID
from domain.lineage.edges import NEVER, Edge, Held, Interval
from domain.lineage.kinds import ENDS, WALKED, EdgeKind, Origin
from domain.lineage.questions import AsOf, Direction, Question
from domain.lineage.roles import ROLES
from domain.positions import Position
from store import tables
from store.database import Database
from tests.lineage.sketches import NOON

KINDS = [kind for kind in EdgeKind if kind is not EdgeKind.VERSION_OF]
LIKELY = [*KINDS, *(kind for kind in KINDS if kind in WALKED)]
NODE_KINDS = sorted({end for kind in KINDS for ends in ENDS[kind] for end in ends}, key=lambda kind: kind.value)
SHAPES = 200
"""Combinations of fields that questions set."""

LAST = 40
"""The greatest position of a case."""


@dataclass(frozen=True)
class Case:
    """A graph: its workspace, nodes, and the intervals of its edges, open and closed."""

    workspace: WorkspaceID
    nodes: Sequence[NodeKey]
    intervals: Sequence[Interval]


def make_case(random: Random) -> Case:
    """Draw a graph: a handful of nodes, some of them hubs, parallel edges, cycles, and edges of all ages."""
    workspace = WorkspaceID(UUID(int=random.getrandbits(128), version=4))
    nodes = [NodeKey(random.choice(NODE_KINDS), _uuid(random)) for _ in range(random.randint(3, 24))]
    by_kind: dict[NodeKind, list[NodeKey]] = {}
    for node in nodes:
        by_kind.setdefault(node.kind, []).append(node)
    favourite = random.choice(nodes)
    found: dict[str, Interval] = {}
    for _ in range(random.choice((4, 12, 40, 90))):
        interval = _draw(random, workspace, by_kind, favourite)
        for one in [] if interval is None else _age(random, interval):
            found[one.id] = one
    return Case(workspace, nodes, list(found.values()))


def make_question(random: Random, case: Case) -> Question:
    """Draw a question with a few of its fields set.

    What it asks for is one of `SHAPES`, with whom and what it asks about drawn anew: Neo4j plans each shape once, and
    that takes longer than a thousand answers.
    """
    shape = Random(random.randrange(SHAPES))
    given: dict[str, Any] = {}
    choices: list[tuple[str, Any]] = [
        ("max_depth", shape.randint(0, 4)),
        ("kinds", frozenset(shape.sample(KINDS, shape.randint(1, len(KINDS))))),
        ("roles", frozenset(random.sample([role for roles in ROLES.values() for role in roles], 6))),
        ("subset", random.choice(("a", "b"))),
        ("node_kinds", frozenset(random.sample(NODE_KINDS, len(NODE_KINDS) - 2))),
        ("stop_at", frozenset(random.sample(NODE_KINDS, 2))),
        ("inferred", False),
        ("follow_revisions", True),
        ("skip_choice", True),
        ("skip_reports", True),
        ("since", NOON + timedelta(hours=random.randint(0, 3))),
        ("until", NOON + timedelta(hours=random.randint(6, 9))),
        ("hub", random.randint(1, 5)),
        ("most_nodes", random.randint(0, 8)),
        ("most_edges", random.randint(0, 20)),
        ("as_of", AsOf(at=NOON + timedelta(hours=random.randint(3, 9)))),
        ("as_of", AsOf(known=Position(random.randint(0, LAST)))),
    ]
    given |= dict(shape.sample(choices, shape.randint(0, 4)))
    starts = tuple(random.sample(list(case.nodes), shape.choice((1, 1, 1, 2, 3))))
    return Question(starts=starts, direction=shape.choice(list(Direction)), **given)


async def insert_intervals(database: Database, intervals: Sequence[Interval]) -> None:
    """Put intervals into the record as they are, positions included."""
    if intervals:
        async with database.write() as tx:
            await tx.conn.execute(sa.insert(tables.edges), list(map(_make_row, intervals)))


def _draw(
    random: Random, workspace: WorkspaceID, by_kind: dict[NodeKind, list[NodeKey]], favourite: NodeKey
) -> Interval | None:
    kind = random.choice(LIKELY)
    ends = []
    for kinds in ENDS[kind]:
        nodes = [node for each in sorted(kinds, key=lambda one: one.value) for node in by_kind.get(each, ())]
        if not nodes:
            return None
        ends.append(favourite if favourite in nodes and random.random() < 0.4 else random.choice(nodes))
    source, target = ends
    if source == target:
        return None
    edge = Edge(
        workspace=workspace,
        kind=kind,
        source=source,
        target=target,
        role=random.choice(list(ROLES[kind])) if kind in ROLES else None,
        run=RunID(target.uuid) if kind is EdgeKind.USED else None,
        subset=random.choice((None, None, "a", "b")),
        origin=random.choice(list(Origin)),
        producer=random.choice(("", "airflow")),
    )
    held = Held(
        held_from=NOON + timedelta(hours=random.randint(0, 9), microseconds=random.choice((0, 1, 999_999))),
        choice=random.random() < 0.2,
        range={"offsets": [1, 2]} if random.random() < 0.1 else None,
        evidence="a note's line" if random.random() < 0.1 else None,
    )
    return Interval(edge=edge, n=1, held=held, recorded=Position(random.randint(1, LAST)))


def _age(random: Random, first: Interval) -> list[Interval]:
    """Return the edge's intervals: open, retracted, or retracted and recorded again."""
    fate = random.random()
    if fate < 0.6:
        return [first]
    retracted = Position(first.recorded + random.randint(1, 9))
    closed = Interval(edge=first.edge, n=1, held=first.held, recorded=first.recorded, retracted=retracted)
    if fate < 0.85:
        return [closed]
    held = Held(held_from=first.held.held_from + timedelta(hours=1), choice=first.held.choice)
    return [closed, Interval(edge=first.edge, n=2, held=held, recorded=retracted, retracted=NEVER)]


def _uuid(random: Random) -> UUID:
    return UUID(int=random.getrandbits(128), version=4)


def _make_row(interval: Interval) -> dict[str, Any]:
    edge, held = interval.edge, interval.held
    return {
        "workspace": edge.workspace,
        "id": edge.id,
        "n": interval.n,
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
        "held_from": held.held_from,
        "range": held.range,
        "evidence": held.evidence,
        "choice": held.choice,
        "recorded": interval.recorded,
        "retracted": interval.retracted,
    }
