"""What is said to Neo4j: names come from enums, values only as parameters."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from domain.ids import NodeKind
from domain.lineage.edges import NEVER
from domain.lineage.kinds import EdgeKind, Origin
from domain.lineage.questions import AsOf, Direction, Question
from lineage.neo4j_values import to_microseconds

DEEPEST = 10_000
"""The bound of a pattern without one of its own. It costs nothing."""


def label_of(generation: int) -> str:
    """Return the label of a generation's nodes."""
    return f"LineageNode_{generation:d}"


def write_walk(question: Question, generation: int) -> str:
    """Return the statement that walks from each of `$starts` and answers in columns, a start after the other.

    Written so, the planner takes VarLengthExpand(Pruning,BFS,All): a node is met once, at its shortest distance, and
    `LIMIT` ends the walk. `x = n OR` keeps it; a slice of `nodes(p)` loses it. With several starts matched at once
    Neo4j 2026.08 gives nodes several times, so each start has a subquery of its own.
    """
    deepest = DEEPEST if question.max_depth is None else min(question.max_depth, DEEPEST)
    way = _arrow(question.direction, f":{_types(question)}*0..{deepest}")
    inside = " AND ".join(_node_conditions(question))
    edges = " AND ".join(edge_conditions(question, "r"))
    return (
        "UNWIND $starts AS start "
        "CALL (start) { "
        f"MATCH p = (n:{label_of(generation)} {{uid: start}}){way}(m) "
        f"WHERE all(r IN relationships(p) WHERE {edges})"
        + (f" AND all(x IN nodes(p) WHERE x = n OR ({inside}))" if inside else "")
        + " WITH m, min(length(p)) AS depth LIMIT $limit "
        "RETURN collect(m.uid) AS uids, collect(m.kind) AS kinds, collect(depth) AS depths } "
        "RETURN collect(uids) AS uids, collect(kinds) AS kinds, collect(depths) AS depths"
    )


def write_edges(question: Question, generation: int) -> str:
    """Return the statement that reads the edges which lead on from `$uids`, in the order of these, in columns."""
    conditions = edge_conditions(question, "e")
    if question.node_kinds is not None:
        conditions.append("o.kind IN $node_kinds")
    return (
        "UNWIND $uids AS uid "
        f"MATCH (m:{label_of(generation)} {{uid: uid}}){_arrow(question.direction, f'e:{_types(question)}')}(o) "
        f"WHERE {' AND '.join(conditions)} WITH e LIMIT $limit "
        "RETURN collect(e.body) AS bodies, collect(e.recorded) AS recorded, collect(e.retracted) AS retracted"
    )


def write_counts(question: Question, generation: int) -> str:
    """Return the statement that counts the edges which lead on from each of `$uids`."""
    return (
        "UNWIND $uids AS uid "
        f"MATCH (m:{label_of(generation)} {{uid: uid}}) "
        f"RETURN collect({_count(question, 'm')}) AS counts"
    )


def write_next_to(kinds: Iterable[EdgeKind], as_of: AsOf, generation: int) -> str:
    """Return the statement that reads the edges of some kinds that lead into `$into` or out of `$out_of`."""
    types = "|".join(sorted(kind.name for kind in kinds))
    known = " AND ".join(_known(as_of, "e"))
    label = label_of(generation)
    return (
        f"CALL () {{ UNWIND $into AS uid MATCH (m:{label} {{uid: uid}})<-[e:{types}]-() WHERE {known} RETURN e "
        f"UNION UNWIND $out_of AS uid MATCH (m:{label} {{uid: uid}})-[e:{types}]->() WHERE {known} RETURN e }} "
        "RETURN collect(e.body) AS bodies, collect(e.recorded) AS recorded, collect(e.retracted) AS retracted"
    )


def make_parameters(question: Question) -> dict[str, Any]:
    """Return the values that the statements of a question name, all but starts, uids and limits."""
    given = {
        "hub": question.hub,
        "roles": None if question.roles is None else sorted(role.value for role in question.roles),
        "subset": question.subset,
        "stop": sorted(kind.value for kind in question.stop_at) or None,
        "node_kinds": None if question.node_kinds is None else sorted(kind.value for kind in question.node_kinds),
        "since": to_microseconds(question.since),
        "until": to_microseconds(question.until),
        **make_as_of(question.as_of),
    }
    return {name: value for name, value in given.items() if value is not None}


def make_as_of(as_of: AsOf) -> dict[str, Any]:
    given = {"at": to_microseconds(as_of.at), "known": as_of.known}
    return {name: value for name, value in given.items() if value is not None}


def edge_conditions(question: Question, name: str) -> list[str]:
    """Return what a question asks of an edge, the same words wherever they stand."""
    conditions = _known(question.as_of, name)
    for asked, condition in (
        (question.roles is not None, f"({name}.role IS NULL OR {name}.role IN $roles)"),
        (question.subset is not None, f"({name}.subset IS NULL OR {name}.subset = $subset)"),
        (not question.inferred, f"{name}.origin <> {Origin.INFERRED.value}"),
        (question.skip_choice, f"NOT {name}.choice"),
        (question.skip_reports, f"NOT {name}.report"),
        (question.since is not None, f"{name}.held_from >= $since"),
        (question.until is not None, f"{name}.held_from <= $until"),
    ):
        if asked:
            conditions.append(condition)
    return conditions


def _known(as_of: AsOf, name: str) -> list[str]:
    known = (
        [f"{name}.retracted = {int(NEVER)}"]
        if as_of.known is None
        else [f"{name}.recorded <= $known", f"{name}.retracted > $known"]
    )
    return known if as_of.at is None else [*known, f"{name}.held_from <= $at"]


def _node_conditions(question: Question) -> list[str]:
    conditions = []
    if question.stop_at:
        conditions.append("NOT x.kind IN $stop")
    if question.node_kinds is not None:
        conditions.append("x.kind IN $node_kinds")
    if question.hub is not None:
        conditions.append(f"{_count(question, 'x')} < $hub")
    return conditions


def _count(question: Question, node: str) -> str:
    conditions = " AND ".join(edge_conditions(question, "e"))
    return f"COUNT {{ ({node}){_arrow(question.direction, f'e:{_types(question)}')}() WHERE {conditions} }}"


def _types(question: Question) -> str:
    return "|".join(sorted(kind.name for kind in question.followed))


def _arrow(direction: Direction, inside: str) -> str:
    return f"<-[{inside}]-" if direction is Direction.UPSTREAM else f"-[{inside}]->"


KINDS = {kind: kind.name.title().replace("_", "") for kind in NodeKind}
"""The second label of a node."""
