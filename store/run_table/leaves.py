"""A leaf of a filter as what it means in tables: a condition on the run's own row, or rows of a table of values."""

from __future__ import annotations

from uuid import UUID

from domain.errors import InvalidInput
from domain.filters import (
    CommitLeaf,
    DatasetLeaf,
    EnvironmentLeaf,
    Field,
    IdsLeaf,
    Leaf,
    LineageLeaf,
    MetricLeaf,
    OwnLeaf,
    ParamLeaf,
    Statistic,
    TagLeaf,
    TextLeaf,
)
from domain.predicates import Operator, Predicate, Value, ValueType, type_of
from domain.text.terms import Term
from store.run_table.comparisons import (
    compare_doubles,
    compare_integers,
    compare_parameter,
    compare_plain,
    compare_texts,
)
from store.run_table.fragments import FALSE, TRUE, Values, all_of, any_of
from store.run_table.lookups import Goals, Lookups, is_about_names
from store.run_table.rows import Rows
from store.run_table.surroundings import read_surroundings
from store.run_table.words import has_term, match_texts, match_words
from store.texts import Place

STATISTICS = {
    Statistic.FIRST: "first_value",
    Statistic.LAST: "last_value",
    Statistic.MIN: "min_value",
    Statistic.MAX: "max_value",
}

_PLAIN = {
    Field.CREATED_AT: ("created_at", ValueType.TIME),
    Field.STARTED_AT: ("started_at", ValueType.TIME),
    Field.ENDED_AT: ("ended_at", ValueType.TIME),
    Field.STATUS: ("status", ValueType.TEXT),
    Field.KIND: ("kind", ValueType.TEXT),
    Field.RUN: ("id", ValueType.ID),
    Field.PARENT: ("parent", ValueType.ID),
    Field.ATTEMPT: ("attempt", ValueType.ID),
}
_LONG = {
    Field.NAME: "name",
    Field.DESCRIPTION: "description",
    Field.CREATED_BY: "created_by",
    Field.HOST: "host",
}
_NULLABLE = {Field.ENDED_AT, Field.PARENT, Field.ATTEMPT, Field.DESCRIPTION, Field.CREATED_BY, Field.HOST}
_SEARCHED = {Field.NAME: Place.NAME, Field.DESCRIPTION: Place.DESCRIPTION}
_NAMED = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}


def read_field(runs: str, leaf: OwnLeaf, lookups: Lookups, values: Values) -> str:
    """Return the condition that the run's own row fulfils the leaf; never null."""
    if isinstance(leaf, IdsLeaf):
        return any_of(f"{runs}.id", leaf.ids, "uuid", values)
    if leaf.field is Field.OWNER:
        return FALSE
    if leaf.condition.operator is Operator.MATCHES and leaf.field in _SEARCHED:
        return match_texts(f"{runs}.id", _SEARCHED[leaf.field], leaf.condition, values)
    if leaf.field is Field.EXPERIMENT:
        return _read_experiment(runs, leaf.condition, lookups, values)
    if leaf.field is Field.NUMBER:
        return compare_integers(f"{runs}.number", leaf.condition, values)
    if leaf.field in _PLAIN:
        name, kind = _PLAIN[leaf.field]
        condition = compare_plain(f"{runs}.{name}", leaf.condition, kind, values)
    else:
        name = _LONG[leaf.field]
        condition = compare_texts(f"{runs}.{name}", leaf.condition, values)
    return all_of([f"{runs}.{name} IS NOT NULL", condition]) if leaf.field in _NULLABLE else condition


def read_rows(leaf: Leaf, lookups: Lookups, values: Values) -> list[Rows]:
    """Return the rows of values that fulfil a leaf; none where its key is unknown."""
    match leaf:
        case MetricLeaf() | ParamLeaf() | TagLeaf() if leaf.key not in lookups.keys:
            return []
        case MetricLeaf():
            return _read_metric(leaf, lookups, values)
        case ParamLeaf():
            condition = compare_parameter("v", leaf.condition, values)
            return [Rows("parameters", "v.run", _keyed(leaf, lookups, values, condition))]
        case TagLeaf():
            condition = compare_tag("v", leaf.condition, values)
            return [Rows("tags", "v.subject", _keyed(leaf, lookups, values, condition))]
        case TextLeaf():
            return _read_text(leaf.term, lookups, values)
        case LineageLeaf():
            raise InvalidInput("what a condition on lineage means must be found first")
        case DatasetLeaf() | CommitLeaf() | EnvironmentLeaf():
            return read_surroundings(leaf, values)
        case _:
            return []


def _read_text(term: Term, lookups: Lookups, values: Values) -> list[Rows]:
    """Return the rows in which a word of a run's text may stand: names, tags and parameters, and the keys of both."""
    found = [
        Rows(table, run, all_of([f"v.workspace = {values.workspace}", kept, has_term("v.tokens", term, values)]))
        for table, run, kept in (
            ("texts", "v.subject", "v.kind <> 4"),  # no note: the condition of the index of names
            ("tags", "v.subject", TRUE),
            ("parameters", "v.run", TRUE),
        )
    ]
    keys = lookups.said.get(term, [])
    for table, run in (("tags", "v.subject"), ("parameters", "v.run")) if keys else ():
        named = any_of("v.key", keys, "integer", values)
        found.append(Rows(table, run, all_of([f"v.workspace = {values.workspace}", named])))
    return found


def compare_tag(table: str, condition: Predicate, values: Values) -> str:
    """Compare a tag's text; a number is taken as it would be typed."""
    if condition.operator is Operator.MATCHES:
        return match_words(f"{table}.tokens", condition, values)
    typed = Predicate(condition.operator, tuple(map(_as_text, condition.values)))
    return compare_texts(f"{table}.value", typed, values)


def _read_metric(leaf: MetricLeaf, lookups: Lookups, values: Values) -> list[Rows]:
    if leaf.of is Statistic.COUNT:
        counted = compare_integers("v.count", leaf.condition, values)
        return [Rows("metric_summaries", "v.run", _keyed(leaf, lookups, values, counted))]
    if leaf.of is not Statistic.BEST:
        return [_read_summary(leaf, STATISTICS[leaf.of], lookups, values, within=None)]
    goals = lookups.goals.get(leaf.key, Goals())
    columns = (("min_value", goals.least), ("max_value", goals.greatest))
    return [_read_summary(leaf, column, lookups, values, within=within) for column, within in columns if within]


def _read_summary(
    leaf: MetricLeaf, column: str, lookups: Lookups, values: Values, *, within: list[UUID] | None
) -> Rows:
    compared = compare_doubles(f"v.{column}", leaf.condition, values)
    return Rows("metric_summaries", "v.run", _keyed(leaf, lookups, values, compared), within)


def _keyed(leaf: MetricLeaf | ParamLeaf | TagLeaf, lookups: Lookups, values: Values, condition: str) -> str:
    key = values.bind(lookups.keys[leaf.key], "integer")
    return all_of([f"v.workspace = {values.workspace}", f"v.key = {key}", condition])


def _read_experiment(runs: str, condition: Predicate, lookups: Lookups, values: Values) -> str:
    """Compare a text with the experiment's name and a UUID with its id; `in` may hold both."""
    if condition.operator is Operator.EXISTS:
        return TRUE
    if not is_about_names(condition):
        return compare_plain(f"{runs}.experiment", condition, ValueType.ID, values)
    ids = list(lookups.named[condition])
    if condition.operator is Operator.IN:
        ids += [value for value in condition.values if isinstance(value, UUID)]
    return any_of(f"{runs}.experiment", ids, "uuid", values) if ids else FALSE


def _as_text(value: Value) -> Value:
    if type_of(value) is not ValueType.NUMBER:
        return value
    return _NAMED.get(repr(value), repr(value))
