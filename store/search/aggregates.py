"""Aggregates in the record: runs grouped by any dimensions, and the numbers of their metrics."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from domain.experiments import Lifecycle
from domain.filters import Field, Statistic, normalise
from domain.orders import MetricOrder
from domain.pages import Count
from domain.search.aggregates import AggregateAnswer, AggregateQuestion, Function, Group, Measure, Measured
from domain.search.answers import COMPLETE, Completeness, GroupKey, Reason
from domain.search.computing import LARGE, compute
from store.run_table.conditions import live
from store.run_table.fragments import Values, all_of, any_of, fetch_rows
from store.run_table.leads import SOME, find_all, find_lead
from store.run_table.leaves import STATISTICS
from store.run_table.lookups import Goals
from store.run_table.sorting import UNKNOWN
from store.search.asking import Asked, ask
from store.search.columns import select_hits
from store.search.faceting import list_facet_fields, read_value, select_values

FINITE = "{v} > '-Infinity' AND {v} < 'Infinity'"  # NaN is greater than all else
UNFINISHED = "hit.field_status IN ('RUNNING', 'LOST')"
KEY = ("type", "number", "rest", "value")


async def fetch_groups(conn: AsyncConnection, question: AggregateQuestion) -> AggregateAnswer:
    """Group the runs that fulfil a question, and measure each group; four statements."""
    where = normalise(question.where)
    orders = [MetricOrder(measure.key, measure.of) for measure in question.measures]
    scope = None if question.scope is None else question.scope.ids
    asked = await ask(conn, question.workspace, where, orders, question.by, scope)
    values = asked.begin()
    lead = await find_lead(conn, where, asked.lookups, limit=SOME)
    found = all_of(
        [
            f"run.workspace = {values.workspace}",
            live("run", Lifecycle.PRESENT, asked.lookups, values),
            asked.is_inside("run.id", "run.id", values),
            find_all(where, lead, "run", asked.lookups, values),
        ]
    )
    statement = _write_statement(question, found, asked, values)
    rows = await fetch_rows(conn, statement, values)
    groups = tuple(_read_group(question, row) for row in rows)
    left = int(rows[0].groups) - len(rows) if rows else 0
    reasons = [Reason.BUCKETS_CUT] if left else []
    reasons += [Reason.SCOPE_CUT] if question.scope is not None and question.scope.is_cut else []
    return AggregateAnswer(
        groups=groups,
        left_out=Count(left, exact=True),
        completeness=Completeness(tuple(reasons)) if reasons else COMPLETE,
    )


def _write_statement(question: AggregateQuestion, found: str, asked: Asked, values: Values) -> str:
    hits = select_hits([Field.STATUS, *list_facet_fields(question.by)], values)
    ctes = [
        f"found AS MATERIALIZED (SELECT 3 AS kind, run.id AS node, run.id FROM runs run WHERE {found})",
        f"hits AS MATERIALIZED ({hits})",
    ]
    joins, keys = [], []
    for number, by in enumerate(question.by):
        ctes.append(f"by_{number} AS MATERIALIZED ({select_values(by, asked, values)})")
        joins.append(f"LEFT JOIN by_{number} b{number} ON b{number}.node = hit.node")
        keys += [f"b{number}.{column}" for column in KEY]
    columns = []
    for number, measure in enumerate(question.measures):
        ctes.append(f"measure_{number} AS MATERIALIZED ({_select_measure(measure, asked, values)})")
        joins.append(f"LEFT JOIN measure_{number} m{number} ON m{number}.node = hit.node")
        ctes.append(f"large_{number} AS MATERIALIZED ({_ask_large(number)})")
        columns += _measure(f"m{number}.value", measure, number)
    grouped = f"GROUP BY {', '.join(keys)}" if keys else "HAVING count(*) > 0"
    named = [f"{key} AS {key.replace('.', '_')}" for key in keys]
    order = ", ".join(["count DESC", *(f"{key.replace('.', '_')} NULLS LAST" for key in keys)])
    return (
        f"WITH {', '.join(ctes)} SELECT *, count(*) OVER () AS groups FROM ("
        f"SELECT {', '.join([*named, 'count(*) AS count', *columns])} FROM hits hit {' '.join(joins)} {grouped}) every "
        f"ORDER BY {order} LIMIT {values.bind(question.first, 'bigint')}"
    )


def _select_measure(measure: Measure, asked: Asked, values: Values) -> str:
    """Return (node, value) of the hits that have the number, a double."""
    key = values.bind(asked.lookups.keys.get(measure.key, UNKNOWN), "integer")
    value = f"v.{STATISTICS[measure.of]}" if measure.of in STATISTICS else "v.count::float8"
    if measure.of is Statistic.BEST:
        goals = asked.lookups.goals.get(measure.key, Goals())
        least = any_of("hit.experiment", goals.least, "uuid", values)
        greatest = any_of("hit.experiment", goals.greatest, "uuid", values)
        value = f"CASE WHEN {least} THEN v.min_value WHEN {greatest} THEN v.max_value END"
    return (
        f"SELECT node, value FROM (SELECT hit.node, {value} AS value FROM hits hit JOIN metric_summaries v "
        f"ON v.workspace = {values.workspace} AND v.run = hit.id AND v.key = {key}) every WHERE value IS NOT NULL"
    )


def _ask_large(number: int) -> str:
    """Return whether any number is too large to be added up here."""
    return (
        f"SELECT EXISTS (SELECT FROM measure_{number} WHERE abs(value) BETWEEN {LARGE!r} AND {sys.float_info.max!r}) "
        "AS found"
    )


def _measure(value: str, measure: Measure, number: int) -> list[str]:
    finite, large = FINITE.format(v=value), f"(SELECT found FROM large_{number})"
    return [
        f"count(*) FILTER (WHERE {value} IS NULL) AS missing_{number}",
        f"count(*) FILTER (WHERE {value} IS NOT NULL AND NOT ({finite})) AS non_finite_{number}",
        f"count(*) FILTER (WHERE {value} IS NOT NULL AND {UNFINISHED}) AS unfinished_{number}",
        f"array_agg({value} ORDER BY {value}) FILTER (WHERE {large} AND {finite}) AS values_{number}",
        *(
            f"{_compute(function, value)} FILTER (WHERE NOT {large} AND {finite}) AS f_{number}_{function.lower()}"
            for function in dict.fromkeys(measure.functions)
        ),
    ]


def _compute(function: Function, value: str) -> str:
    if function.fraction is not None:
        return f"percentile_cont({function.fraction!r}) WITHIN GROUP (ORDER BY {value})"
    name = {Function.MEAN: "avg", Function.STDDEV: "stddev_samp"}.get(function, function.lower())
    return f"{name}({value})"


def _read_group(question: AggregateQuestion, row: Any) -> Group:
    keys = []
    for number, by in enumerate(question.by):
        kind, *rest = (getattr(row, f"b{number}_{column}") for column in KEY)
        texts = [None if part is None else str(part) for part in rest]
        keys.append(GroupKey(by, None if kind is None else read_value(str(kind), texts[0], texts[1], texts[2])))
    measures = [
        measured for number, measure in enumerate(question.measures) for measured in _read_measure(number, measure, row)
    ]
    return Group(tuple(keys), row.count, tuple(measures))


def _read_measure(number: int, measure: Measure, row: Any) -> Sequence[Measured]:
    counts = [getattr(row, f"{name}_{number}") for name in ("missing", "non_finite", "unfinished")]
    values = getattr(row, f"values_{number}")
    found = (
        (function, getattr(row, f"f_{number}_{function.lower()}") if values is None else compute(function, values))
        for function in measure.functions
    )
    return [
        Measured(measure.key, measure.of, function, None if value is None else float(value), *counts)
        for function, value in found
    ]
