"""A filter as SQL, in three forms that mean the same and cost differently."""

from __future__ import annotations

from uuid import UUID

from domain.experiments import Lifecycle
from domain.filters import And, FieldLeaf, Filter, IdsLeaf, Not, Or, OwnLeaf
from store.run_table.fragments import FALSE, TRUE, Values, all_of, any_of, negate, none_of, one_of
from store.run_table.leaves import read_field, read_rows
from store.run_table.lookups import Lookups
from store.run_table.rows import Rows


def probe(tree: Filter, runs: str, lookups: Lookups, values: Values) -> str:
    """Return the filter as look-ups for one run after the other, for a walk that ends early.

    Every leaf about values is an `EXISTS` by the primary key of its table. `OFFSET 0` keeps the planner from
    turning it into a join with all rows of the key, which it prefers when it does not foresee the end of the walk
    (8 leaves in a walk of 2,000 runs: 3 ms as look-ups, 130-160 ms as hashes of 100,000 rows each).
    """
    match tree:
        case And():
            return all_of(probe(item, runs, lookups, values) for item in tree.items)
        case Or():
            return one_of(probe(item, runs, lookups, values) for item in tree.items)
        case Not():
            return negate(probe(tree.item, runs, lookups, values))
        case FieldLeaf() | IdsLeaf():
            return read_field(runs, tree, lookups, values)
        case _:
            return one_of(_has(rows, runs, values, end=" OFFSET 0") for rows in read_rows(tree, lookups, values))


def join(tree: Filter, runs: str, lookups: Lookups, values: Values) -> str:
    """Return the filter for a statement that wants every hit: the planner may join, and `or` is a set of ids."""
    match tree:
        case And():
            return all_of(join(item, runs, lookups, values) for item in tree.items)
        case Or() | Not() if is_about_fields(tree):
            return probe(tree, runs, lookups, values)
        case Or():
            return f"{runs}.id IN ({select_ids(tree, lookups, values)})"
        case Not():
            return _join_negated(tree.item, runs, lookups, values)
        case FieldLeaf() | IdsLeaf():
            return read_field(runs, tree, lookups, values)
        case _:
            rows = read_rows(tree, lookups, values)
            if len(rows) > 1:
                return f"{runs}.id IN ({_combine('UNION', [_select_rows(found, values) for found in rows])})"
            return _has(rows[0], runs, values) if rows else FALSE


def select_ids(tree: Filter, lookups: Lookups, values: Values) -> str:
    """Return the ids of the runs that fulfil a filter as set algebra; ids of other things may be among them."""
    match tree:
        case Or():
            return _combine("UNION", [select_ids(item, lookups, values) for item in tree.items])
        case And():
            return _intersect(tree, lookups, values)
        case Not():
            return _combine("EXCEPT", [_select_runs(TRUE, values), select_ids(tree.item, lookups, values)])
        case FieldLeaf() | IdsLeaf():
            return _select_runs(read_field("v", tree, lookups, values), values)
        case _:
            return _combine("UNION", [_select_rows(rows, values) for rows in read_rows(tree, lookups, values)])


def live(runs: str, lifecycle: Lifecycle, lookups: Lookups, values: Values) -> str:
    """Return the condition that a run is in that part of its life; its experiment's counts as its own."""
    match lifecycle:
        case Lifecycle.ALL:
            return TRUE
        case Lifecycle.DELETED:
            return _is_marked(runs, "deleted_at", lookups.deleted, values)
        case Lifecycle.ARCHIVED:
            kept = negate(_is_marked(runs, "deleted_at", lookups.deleted, values))
            return all_of([kept, _is_marked(runs, "archived_at", lookups.archived, values)])
        case Lifecycle.PRESENT:
            hidden = none_of(f"{runs}.experiment", [*lookups.deleted, *lookups.archived], "uuid", values)
            return all_of([f"{runs}.deleted_at IS NULL", f"{runs}.archived_at IS NULL", hidden])


def is_about_fields(tree: Filter) -> bool:
    """Say whether a filter asks only for fields of the run's own row."""
    match tree:
        case And() | Or():
            return all(map(is_about_fields, tree.items))
        case Not():
            return is_about_fields(tree.item)
        case _:
            return isinstance(tree, OwnLeaf)


def _is_marked(runs: str, column: str, experiments: list[UUID], values: Values) -> str:
    return one_of([f"{runs}.{column} IS NOT NULL", any_of(f"{runs}.experiment", experiments, "uuid", values)])


def _has(rows: Rows, runs: str, values: Values, *, end: str = "") -> str:
    found = f"EXISTS (SELECT FROM {rows.table} v WHERE {rows.run} = {runs}.id AND {rows.condition}{end})"
    if rows.experiments is None:
        return found
    return all_of([any_of(f"{runs}.experiment", rows.experiments, "uuid", values), found])


def _join_negated(tree: Filter, runs: str, lookups: Lookups, values: Values) -> str:
    if isinstance(tree, And | Or):
        return join(_push_down(tree), runs, lookups, values)
    if isinstance(tree, Not | FieldLeaf | IdsLeaf):
        return negate(probe(tree, runs, lookups, values))
    return all_of(negate(_has(rows, runs, values)) for rows in read_rows(tree, lookups, values))


def _push_down(tree: And | Or) -> Filter:
    """Return `not` of a chain as the other chain of `not`s."""
    negated = tuple(item.item if isinstance(item, Not) else Not(item) for item in tree.items)
    return Or(negated) if isinstance(tree, And) else And(negated)


def _intersect(tree: And, lookups: Lookups, values: Values) -> str:
    wanted = [select_ids(item, lookups, values) for item in tree.items if not isinstance(item, Not)]
    unwanted = [select_ids(item.item, lookups, values) for item in tree.items if isinstance(item, Not)]
    found = _combine("INTERSECT", wanted) if wanted else _select_runs(TRUE, values)
    return _combine("EXCEPT", [found, *unwanted])


def _combine(operator: str, queries: list[str]) -> str:
    if not queries:
        return "SELECT NULL::uuid WHERE false"
    return f" {operator} ".join(f"({query})" for query in queries) if len(queries) > 1 else queries[0]


def _select_rows(rows: Rows, values: Values) -> str:
    query = f"SELECT {rows.run} FROM {rows.table} v"
    if rows.experiments is None:
        return f"{query} WHERE {rows.condition}"
    within = any_of("r.experiment", rows.experiments, "uuid", values)
    return f"{query} JOIN runs r ON r.workspace = v.workspace AND r.id = {rows.run} WHERE {within} AND {rows.condition}"


def _select_runs(condition: str, values: Values) -> str:
    return f"SELECT v.id FROM runs v WHERE v.workspace = {values.workspace} AND ({condition})"
