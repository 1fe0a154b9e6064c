"""What a question names, looked up first: ids of keys and experiments, goals of metrics, experiments out of sight."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.filters import Field, FieldLeaf, Filter, MetricLeaf, ParamLeaf, Statistic, TagLeaf, TextLeaf, iterate_leaves
from domain.ids import WorkspaceID
from domain.orders import MetricOrder, Order, ParamOrder, TagOrder
from domain.predicates import Operator, Predicate, ValueType, type_of
from domain.text.terms import Term
from store.run_table.comparisons import compare_plain
from store.run_table.fragments import Values, fetch_rows
from store.run_table.words import has_term, match_texts
from store.texts import Place

_KEYED = (MetricLeaf, ParamLeaf, TagLeaf, MetricOrder, ParamOrder, TagOrder)

HIDDEN = """
SELECT 1 AS what, NULL::text AS name, NULL::integer AS number, id, deleted_at IS NOT NULL AS flag FROM experiments
WHERE workspace = {workspace} AND (deleted_at IS NOT NULL OR archived_at IS NOT NULL)
"""
KEYS = """
UNION ALL SELECT 0, name, id, NULL, NULL FROM keys WHERE workspace = {workspace} AND name = ANY({names})
"""
GOALS = """
UNION ALL SELECT 2, keys.name, NULL, metric_definitions.experiment, metric_definitions.goal = 'MAX'
FROM keys JOIN metric_definitions ON metric_definitions.workspace = keys.workspace AND metric_definitions.key = keys.id
WHERE keys.workspace = {workspace} AND keys.name = ANY({names}) AND metric_definitions.goal IS NOT NULL
"""
NAMED = """
UNION ALL SELECT 3, NULL, {number}, id, NULL FROM experiments e WHERE workspace = {workspace} AND ({condition})
"""
SAID = """
UNION ALL SELECT 4, {term}, id, NULL, NULL FROM keys WHERE workspace = {workspace} AND ({condition})
"""


@dataclass(slots=True)
class Goals:
    """The experiments in which the best of a series is its least, and those in which it is its greatest."""

    least: list[UUID] = field(default_factory=list)
    greatest: list[UUID] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Lookups:
    """The ids behind the names of one question; a name that is not here means nothing in this workspace."""

    workspace: WorkspaceID
    keys: dict[str, int] = field(default_factory=dict)
    goals: dict[str, Goals] = field(default_factory=dict)
    named: dict[Predicate, list[UUID]] = field(default_factory=dict)
    """The experiments whose name fulfils a condition on names."""
    said: dict[Term, list[int]] = field(default_factory=dict)
    """The keys in whose name a word or phrase stands."""
    archived: list[UUID] = field(default_factory=list)
    """Experiments that were put away, and are not deleted."""
    deleted: list[UUID] = field(default_factory=list)


async def fetch_lookups(
    conn: AsyncConnection, workspace: WorkspaceID, where: Filter, orders: Sequence[Order] = ()
) -> Lookups:
    """Look up all that a question names, in one query."""
    items = [*iterate_leaves(where), *orders]
    named = list(_conditions_on_names(items))
    values = Values(workspace)
    statement = HIDDEN.format(workspace=values.workspace)
    for branch, names in ((KEYS, _names(items)), (GOALS, _names_of_best(items))):
        if names:
            statement += branch.format(workspace=values.workspace, names=values.bind(names, "text[]"))
    for number, condition in enumerate(named):
        if condition.operator is Operator.MATCHES:
            compared = match_texts("e.id", Place.NAME, condition, values)
        else:
            compared = compare_plain("name", condition, ValueType.TEXT, values)
        statement += NAMED.format(number=number, workspace=values.workspace, condition=compared)
    terms = list(dict.fromkeys(item.term for item in items if isinstance(item, TextLeaf)))
    for number, term in enumerate(terms):
        said = has_term("tokens", term, values)
        statement += SAID.format(term=f"'{number}'", workspace=values.workspace, condition=said)
    lookups = Lookups(workspace=workspace, named={condition: [] for condition in named})
    for row in await fetch_rows(conn, statement, values):
        _take(lookups, named, terms, row)
    return lookups


def is_about_names(condition: Predicate) -> bool:
    """Say whether a condition on experiments compares their names: it holds a text."""
    return any(type_of(value) is ValueType.TEXT for value in condition.values)


def _take(lookups: Lookups, named: list[Predicate], terms: list[Term], row: sa.Row[Any]) -> None:
    match row.what:
        case 0:
            lookups.keys[row.name] = row.number
        case 1:
            (lookups.deleted if row.flag else lookups.archived).append(row.id)
        case 2:
            goals = lookups.goals.setdefault(row.name, Goals())
            (goals.greatest if row.flag else goals.least).append(row.id)
        case 3:
            lookups.named[named[row.number]].append(row.id)
        case _:
            lookups.said.setdefault(terms[int(row.name)], []).append(row.number)


def _names(items: Iterable[object]) -> list[str]:
    return sorted({item.key for item in items if isinstance(item, _KEYED)})


def _names_of_best(items: Iterable[object]) -> list[str]:
    metrics = (item for item in items if isinstance(item, MetricLeaf | MetricOrder))
    return sorted({item.key for item in metrics if item.of is Statistic.BEST})


def _conditions_on_names(items: Iterable[object]) -> dict[Predicate, None]:
    fields = (item for item in items if isinstance(item, FieldLeaf) and item.field is Field.EXPERIMENT)
    return {
        item.condition: None
        for item in fields
        if item.condition.operator is not Operator.EXISTS and is_about_names(item.condition)
    }
