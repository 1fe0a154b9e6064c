"""A filter as SQL, in three forms that mean the same and cost differently."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import sqlalchemy as sa

from domain.experiments import Lifecycle
from domain.filters import And, FieldLeaf, Filter, Leaf, Not, Or
from store import tables
from store.run_table.comparisons import Condition, any_of, none_of
from store.run_table.leaves import Rows, RunsTable, read_field, read_rows
from store.run_table.lookups import Lookups


def probe(tree: Filter, runs: RunsTable, lookups: Lookups) -> Condition:
    """Return the filter as look-ups for one run after the other, for a walk that ends early.

    Every leaf about values is an `EXISTS` by the primary key of its table. `OFFSET 0` keeps the planner from
    turning it into a join with all rows of the key, which it prefers when it does not foresee the end of the walk
    (8 leaves in a walk of 2,000 runs: 3 ms as look-ups, 130-160 ms as hashes of 100,000 rows each).
    """
    match tree:
        case And():
            return sa.and_(sa.true(), *(probe(item, runs, lookups) for item in tree.items))
        case Or():
            return sa.or_(sa.false(), *(probe(item, runs, lookups) for item in tree.items))
        case Not():
            return sa.not_(probe(tree.item, runs, lookups))
        case FieldLeaf():
            return read_field(runs, tree, lookups)
        case _:
            return sa.or_(sa.false(), *(_has(rows, runs, forced=True) for rows in read_rows(tree, lookups)))


def join(tree: Filter, runs: RunsTable, lookups: Lookups) -> Condition:
    """Return the filter for a statement that wants every hit: the planner may join, and `or` is a set of ids.

    12 ms instead of 25-53 for an `or` of three leaves written as a union of ids rather than as `OR` of `EXISTS`.
    """
    match tree:
        case And():
            return sa.and_(sa.true(), *(join(item, runs, lookups) for item in tree.items))
        case Or() | Not() if is_about_fields(tree):
            return probe(tree, runs, lookups)
        case Or():
            return runs.c.id.in_(select_ids(tree, lookups))
        case Not():
            return _join_negated(tree.item, runs, lookups)
        case FieldLeaf():
            return read_field(runs, tree, lookups)
        case _:
            rows = read_rows(tree, lookups)
            if len(rows) == 1:
                return _has(rows[0], runs, forced=False)
            return runs.c.id.in_(select_ids(tree, lookups)) if rows else sa.false()


def _join_negated(tree: Filter, runs: RunsTable, lookups: Lookups) -> Condition:
    if isinstance(tree, And | Or):
        return join(_push_down(tree), runs, lookups)
    if isinstance(tree, Not | FieldLeaf):
        return probe(Not(tree), runs, lookups)
    return sa.and_(sa.true(), *(~_has(rows, runs, forced=False) for rows in read_rows(tree, lookups)))


def select_ids(tree: Filter, lookups: Lookups) -> sa.SelectBase:
    """Return the ids of the runs that fulfil a filter as set algebra; deleted runs may be among them."""
    match tree:
        case Or():
            return sa.union(*(select_ids(item, lookups) for item in tree.items)) if tree.items else _select_none()
        case And():
            return _intersect(tree, lookups)
        case Not():
            return sa.except_(_select_runs(lookups), select_ids(tree.item, lookups))
        case FieldLeaf():
            runs = tables.runs.alias()
            return _select_runs(lookups, runs).where(read_field(runs, tree, lookups))
        case _:
            return _select_leaf(tree, lookups)


def live(runs: RunsTable, lifecycle: Lifecycle, lookups: Lookups) -> Condition:
    """Return the condition that a run is in that part of its life; its experiment's counts as its own."""
    deleted = _is_marked(runs, "deleted_at", lookups.deleted)
    match lifecycle:
        case Lifecycle.ALL:
            return sa.true()
        case Lifecycle.DELETED:
            return deleted
        case Lifecycle.ARCHIVED:
            return sa.and_(sa.not_(deleted), _is_marked(runs, "archived_at", lookups.archived))
        case Lifecycle.PRESENT:
            hidden = (*lookups.deleted, *lookups.archived)
            shown = sa.and_(runs.c.deleted_at.is_(None), runs.c.archived_at.is_(None))
            return sa.and_(shown, none_of(runs.c.experiment, hidden)) if hidden else shown


def _is_marked(runs: RunsTable, column: str, experiments: tuple[UUID, ...]) -> Condition:
    own: Condition = runs.c[column].is_not(None)
    return sa.or_(own, any_of(runs.c.experiment, experiments)) if experiments else own


def _has(rows: Rows, runs: RunsTable, *, forced: bool) -> Condition:
    query: sa.Select[Any] = sa.select(sa.literal_column("1")).where(rows.run == runs.c.id, rows.condition)
    found: Condition = (query.offset(sa.literal_column("0")) if forced else query).correlate(runs).exists()
    return found if rows.experiments is None else sa.and_(any_of(runs.c.experiment, rows.experiments), found)


def is_about_fields(tree: Filter) -> bool:
    match tree:
        case And() | Or():
            return all(map(is_about_fields, tree.items))
        case Not():
            return is_about_fields(tree.item)
        case _:
            return isinstance(tree, FieldLeaf)


def _push_down(tree: And | Or) -> Filter:
    """Return `not` of a chain as the other chain of `not`s."""
    negated = tuple(item.item if isinstance(item, Not) else Not(item) for item in tree.items)
    return Or(negated) if isinstance(tree, And) else And(negated)


def _intersect(tree: And, lookups: Lookups) -> sa.SelectBase:
    wanted = [select_ids(item, lookups) for item in tree.items if not isinstance(item, Not)]
    unwanted = [select_ids(item.item, lookups) for item in tree.items if isinstance(item, Not)]
    found = sa.intersect(*wanted) if len(wanted) > 1 else wanted[0] if wanted else _select_runs(lookups)
    return sa.except_(found, *unwanted) if unwanted else found


def _select_leaf(leaf: Leaf, lookups: Lookups) -> sa.SelectBase:
    parts = [_select_rows(rows, lookups) for rows in read_rows(leaf, lookups)]
    if not parts:
        return _select_none()
    return parts[0] if len(parts) == 1 else sa.union(*parts)


def _select_rows(rows: Rows, lookups: Lookups) -> sa.Select[tuple[UUID]]:
    query = sa.select(rows.run.label("id")).where(rows.condition)
    if rows.experiments is None:
        return query
    runs = tables.runs.alias()
    return query.where(
        runs.c.workspace == lookups.workspace, runs.c.id == rows.run, any_of(runs.c.experiment, rows.experiments)
    )


def _select_runs(lookups: Lookups, runs: RunsTable | None = None) -> sa.Select[tuple[UUID]]:
    table = tables.runs.alias() if runs is None else runs
    return sa.select(table.c.id).where(table.c.workspace == lookups.workspace)


def _select_none() -> sa.Select[tuple[UUID]]:
    return sa.select(sa.literal(None, sa.Uuid).label("id")).where(sa.false())
