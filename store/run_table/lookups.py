"""What a question names, looked up first: ids of keys and experiments, goals of metrics, experiments out of sight."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.filters import Field, FieldLeaf, Filter, MetricLeaf, ParamLeaf, Statistic, TagLeaf, iterate_leaves
from domain.ids import WorkspaceID
from domain.orders import MetricOrder, Order, ParamOrder, TagOrder
from domain.predicates import Operator, Predicate, ValueType, type_of
from store import tables
from store.keys import fetch_key_ids
from store.run_table.comparisons import compare_plain

experiments = tables.experiments


@dataclass(frozen=True, slots=True)
class Goals:
    """The experiments in which the best of a series is its least, and those in which it is its greatest."""

    least: tuple[UUID, ...] = ()
    greatest: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookups:
    """The ids behind the names of one question; a name that is not here means nothing in this workspace."""

    workspace: WorkspaceID
    keys: dict[str, int] = field(default_factory=dict)
    goals: dict[str, Goals] = field(default_factory=dict)
    named: dict[Predicate, tuple[UUID, ...]] = field(default_factory=dict)
    """The experiments whose name fulfils a condition on names."""
    archived: tuple[UUID, ...] = ()
    """Experiments that were put away, and are not deleted."""
    deleted: tuple[UUID, ...] = ()


async def fetch_lookups(
    conn: AsyncConnection, workspace: WorkspaceID, where: Filter, orders: Sequence[Order] = ()
) -> Lookups:
    """Look up all that a question names, in two queries and one more for goals and each condition on names."""
    leaves = list(iterate_leaves(where))
    names = {item.key for item in (*leaves, *orders) if isinstance(item, _KEYED)}
    keys = await fetch_key_ids(conn, workspace, sorted(names)) if names else {}
    best = {
        item.key
        for item in (*leaves, *orders)
        if isinstance(item, MetricLeaf | MetricOrder) and item.of is Statistic.BEST and item.key in keys
    }
    archived, deleted = await _fetch_hidden(conn, workspace)
    return Lookups(
        workspace=workspace,
        keys=keys,
        goals=await _fetch_goals(conn, workspace, {keys[key]: key for key in best}) if best else {},
        named={condition: await _fetch_named(conn, workspace, condition) for condition in _conditions_on_names(leaves)},
        archived=archived,
        deleted=deleted,
    )


_KEYED = (MetricLeaf, ParamLeaf, TagLeaf, MetricOrder, ParamOrder, TagOrder)


def is_about_names(condition: Predicate) -> bool:
    """Say whether a condition on experiments compares their names: it holds a text."""
    return condition.operator is not Operator.EXISTS and any(type_of(v) is ValueType.TEXT for v in condition.values)


def _conditions_on_names(leaves: Iterable[object]) -> set[Predicate]:
    return {
        leaf.condition
        for leaf in leaves
        if isinstance(leaf, FieldLeaf) and leaf.field is Field.EXPERIMENT and is_about_names(leaf.condition)
    }


async def _fetch_hidden(conn: AsyncConnection, workspace: WorkspaceID) -> tuple[tuple[UUID, ...], tuple[UUID, ...]]:
    statement = sa.select(experiments.c.id, experiments.c.deleted_at.is_not(None)).where(
        experiments.c.workspace == workspace,
        sa.or_(experiments.c.archived_at.is_not(None), experiments.c.deleted_at.is_not(None)),
    )
    rows = [(row[0], row[1]) for row in await conn.execute(statement)]
    return tuple(id_ for id_, gone in rows if not gone), tuple(id_ for id_, gone in rows if gone)


async def _fetch_named(conn: AsyncConnection, workspace: WorkspaceID, condition: Predicate) -> tuple[UUID, ...]:
    statement = sa.select(experiments.c.id).where(
        experiments.c.workspace == workspace, compare_plain(experiments.c.name, condition, ValueType.TEXT)
    )
    return tuple((await conn.execute(statement)).scalars())


async def _fetch_goals(conn: AsyncConnection, workspace: WorkspaceID, names: dict[int, str]) -> dict[str, Goals]:
    definitions = tables.metric_definitions.c
    statement = sa.select(definitions.key, definitions.goal, definitions.experiment).where(
        definitions.workspace == workspace, definitions.key.in_(list(names)), definitions.goal.is_not(None)
    )
    found: dict[tuple[int, str], list[UUID]] = {}
    for key, goal, experiment in await conn.execute(statement):
        found.setdefault((key, goal), []).append(experiment)
    return {
        name: Goals(tuple(found.get((key, "MIN"), ())), tuple(found.get((key, "MAX"), ())))
        for key, name in names.items()
    }
