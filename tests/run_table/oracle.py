"""The specification of filters and orders over plain values in memory, written from the rules and not from the code."""

from __future__ import annotations

import functools
import math
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.experiments import Lifecycle
from domain.filters import (
    And,
    ComparingLeaf,
    Field,
    FieldLeaf,
    Filter,
    IdsLeaf,
    LineageLeaf,
    MetricLeaf,
    Not,
    Or,
    ParamLeaf,
    Statistic,
    TagLeaf,
    TextLeaf,
)
from domain.orders import Direction, FieldOrder, MetricOrder, Order, ParamOrder, TagOrder
from domain.predicates import Operator, Predicate, Value

LARGEST = sys.float_info.max


@dataclass(frozen=True)
class JSONText:
    """A parameter that is JSON: there, and equal to nothing that a leaf can ask for."""

    text: str


@dataclass
class PlainExperiment:
    id: UUID
    name: str
    goals: dict[str, str] = field(default_factory=dict)
    archived: bool = False
    deleted: bool = False


@dataclass
class PlainSeries:
    first: float
    last: float
    least: float | None
    greatest: float | None
    count: int


@dataclass
class PlainRun:
    """A run with all that a filter may ask for. A parameter is a boolean, a number, a text or JSON."""

    id: UUID
    experiment: PlainExperiment
    number: int
    created_at: datetime
    started_at: datetime
    name: str = "run"
    kind: str = "TRAIN"
    status: str = "RUNNING"
    ended_at: datetime | None = None
    description: str | None = None
    created_by: str | None = None
    host: str | None = None
    parent: UUID | None = None
    attempt: UUID | None = None
    archived: bool = False
    deleted: bool = False
    params: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, PlainSeries] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)


def find(
    runs: Iterable[PlainRun], where: Filter, orders: Sequence[Order] = (), lifecycle: Lifecycle = Lifecycle.PRESENT
) -> list[UUID]:
    """Return the ids of the runs that fulfil a filter, in their order."""
    orders = orders or (FieldOrder(Field.CREATED_AT, Direction.DESC),)
    hits = [run for run in runs if is_in(run, lifecycle) and holds(where, run)]
    return [run.id for run in sorted(hits, key=functools.cmp_to_key(functools.partial(_compare_runs, orders)))]


def is_in(run: PlainRun, lifecycle: Lifecycle) -> bool:
    deleted = run.deleted or run.experiment.deleted
    archived = run.archived or run.experiment.archived
    return {
        Lifecycle.ALL: True,
        Lifecycle.DELETED: deleted,
        Lifecycle.ARCHIVED: archived and not deleted,
        Lifecycle.PRESENT: not archived and not deleted,
    }[lifecycle]


def holds(tree: Filter, run: PlainRun) -> bool:
    """Say whether a filter is true of a run. A leaf is true or false, never unknown."""
    match tree:
        case And():
            return all(holds(item, run) for item in tree.items)
        case Or():
            return any(holds(item, run) for item in tree.items)
        case Not():
            return not holds(tree.item, run)
        case TextLeaf() | LineageLeaf():
            raise AssertionError("no run of the oracle has text or lineage")
        case IdsLeaf():
            return run.id in tree.ids
        case _:
            # `exists: false` is `not exists`: alone among leaves it is true of what is missing.
            is_absence = tree.condition == Predicate(Operator.EXISTS, (False,))
            return (
                not _leaf_holds(tree, run, Predicate(Operator.EXISTS, (True,)))
                if is_absence
                else _leaf_holds(tree, run, tree.condition)
            )


def _leaf_holds(leaf: ComparingLeaf, run: PlainRun, condition: Predicate) -> bool:
    match leaf:
        case FieldLeaf():
            return _field_holds(leaf.field, condition, run)
        case MetricLeaf():
            value = _read_metric(run, leaf.key, leaf.of)
            bounds = condition if leaf.of is Statistic.COUNT else _as_doubles(condition)
            return value is not None and _fulfils(value, bounds)
        case ParamLeaf():
            return leaf.key in run.params and _fulfils(run.params[leaf.key], condition)
        case TagLeaf():
            return leaf.key in run.tags and _fulfils(run.tags[leaf.key], _as_typed(condition))
        case _:
            return False


def _fulfils(value: Any, condition: Predicate) -> bool:
    """Compare a value that is there."""
    given = condition.values
    match condition.operator:
        case Operator.EXISTS:
            return given[0] is True
        case Operator.NE:
            return not _equals(value, given[0])
        case Operator.EQ:
            return _equals(value, given[0])
        case Operator.IN:
            return any(_equals(value, one) for one in given)
        case Operator.BETWEEN:
            return _compares(value, given[0], ">=") and _compares(value, given[1], "<=")
        case other:
            signs = {Operator.LT: "<", Operator.LTE: "<=", Operator.GT: ">", Operator.GTE: ">="}
            return _compares(value, given[0], signs[other])


def _equals(value: Any, bound: Any) -> bool:
    return _compares(value, bound, "==")


def _compares(value: Any, bound: Any, sign: str) -> bool:
    """Compare within one type only; NaN compares with nothing."""
    if _type(value) != _type(bound) or _is_nan(value) or _is_nan(bound):
        return False
    value, bound = _cut(value), _cut(bound)
    return bool(
        {
            "==": value == bound,
            "<": value < bound,
            "<=": value <= bound,
            ">": value > bound,
            ">=": value >= bound,
        }[sign]
    )


def _type(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    return "number" if isinstance(value, int | float) else type(value).__name__


def _is_nan(value: Any) -> bool:
    return isinstance(value, float) and math.isnan(value)


def _cut(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.replace(microsecond=value.microsecond // 1000 * 1000)
    return value.int if isinstance(value, UUID) else value


def _as_doubles(condition: Predicate) -> Predicate:
    return Predicate(condition.operator, tuple(_as_double(v) for v in condition.values))


def _as_double(value: Value) -> Value:
    return value if isinstance(value, bool) or not isinstance(value, int | float) else float(value)


def _as_typed(condition: Predicate) -> Predicate:
    return Predicate(condition.operator, tuple(_typed(v) if _type(v) == "number" else v for v in condition.values))


def _typed(number: Any) -> str:
    if _is_nan(number):
        return "NaN"
    if number in (math.inf, -math.inf):
        return "Infinity" if number > 0 else "-Infinity"
    return str(number)


def _read_metric(run: PlainRun, key: str, of: Statistic) -> float | int | None:
    series = run.metrics.get(key)
    if series is None:
        return None
    match of:
        case Statistic.FIRST:
            return series.first
        case Statistic.LAST:
            return series.last
        case Statistic.MIN:
            return series.least
        case Statistic.MAX:
            return series.greatest
        case Statistic.COUNT:
            return series.count
        case Statistic.BEST:
            goal = run.experiment.goals.get(key)
            return None if goal is None else {"MIN": series.least, "MAX": series.greatest}[goal]


def _field_holds(name: Field, condition: Predicate, run: PlainRun) -> bool:
    if name is Field.EXPERIMENT:
        return _experiment_holds(run.experiment, condition)
    value = _read_field(run, name)
    return value is not None and _fulfils(value, condition)


def _experiment_holds(experiment: PlainExperiment, condition: Predicate) -> bool:
    """Compare a text with the name and an id with the id; `in` may list both."""
    if condition.operator is Operator.IN:
        return experiment.name in condition.values or experiment.id in condition.values
    is_name = all(isinstance(value, str) for value in condition.values)
    return _fulfils(experiment.name if is_name else experiment.id, condition)


def _read_field(run: PlainRun, name: Field) -> Any:
    if name is Field.EXPERIMENT:
        return run.experiment.name
    return {
        Field.CREATED_AT: run.created_at,
        Field.STARTED_AT: run.started_at,
        Field.ENDED_AT: run.ended_at,
        Field.STATUS: run.status,
        Field.KIND: run.kind,
        Field.NAME: run.name,
        Field.DESCRIPTION: run.description,
        Field.CREATED_BY: run.created_by,
        Field.HOST: run.host,
        Field.NUMBER: run.number,
        Field.RUN: run.id,
        Field.PARENT: run.parent,
        Field.ATTEMPT: run.attempt,
        Field.OWNER: None,
    }[name]


def _compare_runs(orders: Sequence[Order], a: PlainRun, b: PlainRun) -> int:
    for order in orders:
        left, right = _sort_value(order, a), _sort_value(order, b)
        if left is None or right is None:
            if left is not right:
                return 1 if left is None else -1
        elif left != right:
            smaller = -1 if left < right else 1
            return -smaller if order.direction is Direction.DESC else smaller
    return -1 if a.id.int < b.id.int else int(a.id.int > b.id.int)


def _sort_value(order: Order, run: PlainRun) -> tuple[int, Any] | None:
    """Return (rank of the type, value), or None for what is missing."""
    value: Any = None
    match order:
        case FieldOrder():
            value = _read_field(run, order.field)
        case MetricOrder():
            value = _read_metric(run, order.key, order.of)
        case ParamOrder():
            value = run.params.get(order.key)
        case TagOrder():
            value = run.tags.get(order.key)
    if value is None or isinstance(value, JSONText) or _is_nan(value):
        return None
    if _type(value) == "number":
        return 1, LARGEST if value >= LARGEST else -LARGEST if value <= -LARGEST else value
    return (0 if _type(value) == "boolean" else 2), _cut(value)
