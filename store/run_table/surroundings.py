"""Leaves about what stands around a run: the data it read or wrote, its code, its environment."""

from __future__ import annotations

from domain.filters import CommitLeaf, DatasetLeaf, DatasetPart, EnvironmentLeaf
from domain.lineage.edges import NEVER
from domain.lineage.kinds import EdgeKind
from domain.lineage.roles import Role
from domain.predicates import Predicate, ValueType
from store.run_table.comparisons import compare_plain
from store.run_table.fragments import Values, all_of, one_of
from store.run_table.rows import Rows

# The version is at one end of the edge and the run, or its measuring side, at the other.
OF_RUN = (
    "(SELECT e.{run} AS run, e.role, n.* FROM edges e JOIN {nodes} n ON n.workspace = e.workspace AND n.id = e.{node} "
    "WHERE e.workspace = {workspace} AND e.kind = {kind} AND e.retracted = {never})"
)
OF_EVALUATION = (
    "(SELECT m.source AS run, e.role, n.* FROM edges m "
    "JOIN edges e ON e.workspace = m.workspace AND e.{run} = m.target "
    "JOIN {nodes} n ON n.workspace = e.workspace AND n.id = e.{node} "
    "WHERE m.workspace = {workspace} AND m.kind = {measured} AND m.retracted = {never} "
    "AND e.kind = {kind} AND e.retracted = {never})"
)
VERSIONS = (
    "(SELECT dv.workspace, dv.id, dv.name AS version, d.name FROM dataset_versions dv "
    "JOIN datasets d ON d.workspace = dv.workspace AND d.id = dv.dataset)"
)
INTO = ("target", "source")
OUT_OF = ("source", "target")


def read_surroundings(leaf: DatasetLeaf | CommitLeaf | EnvironmentLeaf, values: Values) -> list[Rows]:
    """Return the rows of what is tied to either side of a run by an open edge."""
    match leaf:
        case DatasetLeaf():
            column = "v.name" if leaf.part is DatasetPart.NAME else "v.version"
            sources = [
                _source(template, kind, ends, VERSIONS, values)
                for template in (OF_RUN, OF_EVALUATION)
                for kind, ends in ((EdgeKind.USED, INTO), (EdgeKind.GENERATED, OUT_OF))
            ]
            return [_rows(source, [column], leaf.condition, values, role=leaf.role) for source in sources]
        case CommitLeaf():
            source = _source(OF_RUN, EdgeKind.RAN_CODE, INTO, "code_revisions", values)
            return [_rows(source, ["v.commit"], leaf.condition, values)]
        case EnvironmentLeaf():
            source = _source(OF_RUN, EdgeKind.RAN_IN, INTO, "environments", values)
            return [_rows(source, ["v.image_digest", "v.lock_digest"], leaf.condition, values)]


def _source(template: str, kind: EdgeKind, ends: tuple[str, str], nodes: str, values: Values) -> str:
    return template.format(
        run=ends[0],
        node=ends[1],
        nodes=nodes,
        workspace=values.workspace,
        kind=kind.value,
        measured=EdgeKind.MEASURED_IN.value,
        never=int(NEVER),
    )


def _rows(source: str, columns: list[str], condition: Predicate, values: Values, *, role: Role | None = None) -> Rows:
    compared = one_of(
        all_of([f"{column} IS NOT NULL", compare_plain(column, condition, ValueType.TEXT, values)])
        for column in columns
    )
    return Rows(source, "v.run", all_of([compared, *([] if role is None else [f"v.role = {role.value}"])]))
