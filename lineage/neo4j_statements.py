"""What is said to Neo4j: names come from enums, values only as parameters."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from domain.ids import NodeKind
from domain.lineage.edges import NEVER
from domain.lineage.kinds import EdgeKind, Origin
from domain.lineage.questions import AsOf, Direction, Question
from lineage.neo4j_values import to_microseconds

_COLUMNS = "bodies: collect(e.body), recorded: collect(e.recorded), retracted: collect(e.retracted)"

DEEPEST = 10_000
"""The bound of a pattern without one of its own. It costs nothing."""


def label_of(generation: int) -> str:
    """Return the label of a generation's nodes."""
    return f"LineageNode_{generation:d}"


def write_walk(question: Question, generation: int) -> str:
    """Return the statement that walks from each of `$starts` and answers in columns with all that it met.

    `uids`, `kinds`, `depths`: at most `$limit` nodes a start, the nearest first. `edges`: the first `$edges` edges that
    lead on from them, in their order, `near` being where in them. `parents`: the edges from what called runs among
    them, and to what the starts called; not where the walk follows these by itself.

    Written so, the planner takes VarLengthExpand(Pruning,BFS,All): a node is met once, at its shortest distance, and
    `LIMIT` ends the walk. `x = n OR` keeps it; a slice of `nodes(p)` loses it. With several starts matched at once
    Neo4j 2026.08 gives nodes several times, so each start has a subquery of its own.
    """
    deepest = DEEPEST if question.max_depth is None else min(question.max_depth, DEEPEST)
    way = _arrow(question.direction, f":{_types(question)}*0..{deepest}")
    inside = " AND ".join(_node_conditions(question))
    conditions = " AND ".join(edge_conditions(question, "r"))
    return (
        "UNWIND $starts AS start "
        "CALL (start) { "
        f"MATCH p = (n:{label_of(generation)} {{uid: start}}){way}(m) "
        f"WHERE all(r IN relationships(p) WHERE {conditions})"
        + (f" AND all(x IN nodes(p) WHERE x = n OR ({inside}))" if inside else "")
        + " WITH m, min(length(p)) AS depth LIMIT $limit RETURN m, depth } "
        + ("" if len(question.starts) == 1 else "WITH m, min(depth) AS depth ORDER BY depth ")
        + "WITH collect(m) AS nodes, collect(depth) AS depths "
        "CALL (nodes) { UNWIND range(0, size(nodes) - 1) AS near WITH near, nodes[near] AS m "
        f"MATCH (m){_lead_on(question)} WITH near, e LIMIT $edges "
        f"RETURN {{near: collect(near), {_COLUMNS}}} AS edges }} "
        + ("" if EdgeKind.CALLED in question.kinds else _write_parents(question.as_of, generation))
        + "RETURN [m IN nodes | m.uid] AS uids, [m IN nodes | m.kind] AS kinds, depths, edges"
        + ("" if EdgeKind.CALLED in question.kinds else ", parents")
    )


def _write_parents(as_of: AsOf, generation: int) -> str:
    known = " AND ".join(_known(as_of, "e"))
    return (
        "CALL (nodes) { CALL (nodes) { "
        f"UNWIND nodes AS m MATCH (m:{KINDS[NodeKind.RUN]})<-[e:CALLED]-() WHERE {known} RETURN e UNION "
        f"UNWIND $starts AS uid MATCH (m:{label_of(generation)} {{uid: uid}})-[e:CALLED]->() WHERE {known} RETURN e }} "
        f"RETURN {{{_COLUMNS}}} AS parents }} "
    )


def write_edges(question: Question, generation: int) -> str:
    """Return the statement that reads the first `$edges` edges which lead on from `$uids`, in columns."""
    return (
        f"UNWIND $uids AS uid MATCH (m:{label_of(generation)} {{uid: uid}}){_lead_on(question)} "
        f"WITH e LIMIT $edges RETURN {{{_COLUMNS}}} AS edges"
    )


def _lead_on(question: Question) -> str:
    """Return the pattern of the edges that lead on from a node, with what a question asks of them."""
    conditions = edge_conditions(question, "e")
    if question.node_kinds is not None:
        conditions.append("o.kind IN $node_kinds")
    return f"{_arrow(question.direction, f'e:{_types(question)}')}(o) WHERE {' AND '.join(conditions)}"


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
        f"RETURN {{{_COLUMNS}}} AS edges"
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
