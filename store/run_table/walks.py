"""Walks: the next hits of a stretch of the order, found by looking at one row of its index after the other."""

from __future__ import annotations

from domain.filters import MetricLeaf, OwnLeaf, ParamLeaf, TagLeaf
from domain.orders import MetricOrder, ParamOrder, TagOrder
from store.run_table.comparisons import compare_doubles, compare_parameter
from store.run_table.conditions import live, probe
from store.run_table.cursors import Place
from store.run_table.fragments import Statement, Values, all_of
from store.run_table.lanes import FIRST, Lane, is_missing, make_lane
from store.run_table.leaves import STATISTICS, compare_tag
from store.run_table.questions import Question
from store.run_table.sorting import make_sort_key


def is_plain(question: Question, stretch: int) -> bool:
    """Say whether every step of a walk is a hit: the index of the runs tells all that is asked."""
    return not question.is_along_values(stretch) and not question.is_missing(stretch) and question.is_about_fields


def select_hits(question: Question, stretch: int, after: Place | None, *, steps: int, limit: int) -> Statement:
    """Return the first hits among the next `steps` rows of a stretch; the walk ends with the last of them."""
    values = question.begin()
    bound = values.bind(limit, "bigint")
    if question.is_along_values(stretch):
        lane, walk = _walk_values(question, stretch, after, values, steps=steps)
        lived = live("seen", question.lifecycle, question.lookups, values)
        where = all_of([lived, probe(question.where, "seen", question.lookups, values)])
        source = f"({walk}) walk JOIN runs seen ON seen.workspace = {values.workspace} AND seen.id = walk.run_id"
    else:
        lane, walk = _walk_runs(question, stretch, after, values, steps=steps)
        rest = [item for item in question.conjuncts if not isinstance(item, OwnLeaf)]
        conditions = [probe(item, "walk", question.lookups, values) for item in rest]
        if question.is_missing(stretch):
            key = make_sort_key(question.orders[0], "walk", FIRST, question.lookups, values)
            conditions.append(is_missing(key, "walk"))
        source, where = f"({walk}) walk", all_of(conditions)
    columns, order = lane.columns_of("walk"), lane.order_of("walk")
    return f"SELECT {columns} FROM {source} WHERE {where} ORDER BY {order} LIMIT {bound}", values


def select_step(question: Question, stretch: int, after: Place | None, *, number: int) -> Statement:
    """Return the row that such a walk looks at as its `number`-th, hit or not; none where the stretch ends before."""
    values = question.begin()
    walk_along = _walk_values if question.is_along_values(stretch) else _walk_runs
    lane, walk = walk_along(question, stretch, after, values, steps=number)
    columns, order, before = lane.columns_of("walk"), lane.order_of("walk"), values.bind(number - 1, "bigint")
    return f"SELECT {columns} FROM ({walk}) walk ORDER BY {order} OFFSET {before}", values


def _walk_values(
    question: Question, stretch: int, after: Place | None, values: Values, *, steps: int
) -> tuple[Lane, str]:
    lane = make_lane(question, "walked", stretch, values)
    where = _narrow(question, FIRST, values)
    return lane, lane.select(after, values.bind(steps, "bigint"), values, where=where)


def _walk_runs(
    question: Question, stretch: int, after: Place | None, values: Values, *, steps: int
) -> tuple[Lane, str]:
    lane = make_lane(question, "walked", stretch, values, table="runs")
    fields = [item for item in question.conjuncts if isinstance(item, OwnLeaf)]
    where = [
        live("walked", question.lifecycle, question.lookups, values),
        *(probe(item, "walked", question.lookups, values) for item in fields),
    ]
    return lane, lane.select(after, values.bind(steps, "bigint"), values, where=where, more=", walked.*")


def _narrow(question: Question, table: str, values: Values) -> list[str]:
    """Return those conditions of a filter that are about the very value the order goes by: they bound the walk."""
    order = question.orders[0]
    found = []
    for item in question.conjuncts:
        match order, item:
            case MetricOrder(), MetricLeaf() if (order.key, order.of) == (item.key, item.of) and order.of in STATISTICS:
                found.append(compare_doubles(f"{table}.{STATISTICS[order.of]}", item.condition, values))
            case ParamOrder(), ParamLeaf() if order.key == item.key:
                found.append(compare_parameter(table, item.condition, values))
            case TagOrder(), TagLeaf() if order.key == item.key:
                found.append(compare_tag(table, item.condition, values))
    return found
