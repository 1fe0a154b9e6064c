"""Whether a condition is true of a document: each leaf is true or false, never unknown."""

from __future__ import annotations

import operator as op
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, cast

from domain.filters import (
    And,
    CommitLeaf,
    ComparingLeaf,
    DatasetLeaf,
    DatasetPart,
    EnvironmentLeaf,
    Field,
    FieldLeaf,
    Filter,
    IdsLeaf,
    MetricLeaf,
    Not,
    Or,
    ParamLeaf,
    Statistic,
    TagLeaf,
    TextLeaf,
)
from domain.parameters import Parameter, ParameterType
from domain.predicates import Operator, Predicate, Value, ValueType, is_nan, type_of
from domain.search.documents import OWN_FIELDS, DocumentKind, DocumentText, SearchDocument, TextField
from domain.text.fields import Tokens
from domain.text.matching import has_term
from domain.text.pieces import make_pieces, make_value_tokens
from domain.times import cut_to_millis

JSON = object()
"""Stands for a parameter that is JSON: there, and equal to nothing that can be asked for."""

_COMPARE: dict[Operator, Callable[[Any, Any], bool]] = {
    Operator.EQ: op.eq,
    Operator.LT: op.lt,
    Operator.LTE: op.le,
    Operator.GT: op.gt,
    Operator.GTE: op.ge,
}
_CUT = frozenset({TextField.TAG, TextField.PARAM, TextField.TAG_KEY, TextField.PARAM_KEY})
"""Texts of which only the first piece is looked at; those of the others are looked at whole."""


def holds(tree: Filter, document: SearchDocument) -> bool:
    """Say whether a condition in its normal form is true of a document."""
    match tree:
        case And():
            return all(holds(item, document) for item in tree.items)
        case Or():
            return any(holds(item, document) for item in tree.items)
        case Not():
            return not holds(tree.item, document)
        case TextLeaf():
            return has_term(tree.term, index_texts(document.texts))
        case IdsLeaf():
            return document.id in tree.ids or document.dimensions.id in tree.ids
        case FieldLeaf() if tree.field is Field.EXPERIMENT:
            return _experiment_holds(tree.condition, document)
        case FieldLeaf() if tree.condition.operator is Operator.MATCHES:
            value = read_field(tree.field, document)
            return value is not None and _has_words(tree.condition, index_text(str(value)))
        case _:
            leaf = cast("ComparingLeaf", tree)  # nothing else is left: leaves about lineage never come here
            return any(_fulfils(value, _convert(leaf)) for value in _read(leaf, document))


def read_field(field: Field, document: SearchDocument) -> Any:
    """Return the value of a field, None where it is missing."""
    if field is Field.CREATED_AT:
        return document.created_at
    if field is Field.CREATED_BY:
        return document.created_by
    if field is Field.KIND and document.kind is not DocumentKind.RUN:
        return document.kind.value
    if field in OWN_FIELDS:
        return document.dimensions.fields.get(field)
    if field is Field.EXPERIMENT:
        return document.dimensions.experiment_name
    return document.dimensions.fields.get(field)


def read_parameter(parameter: Parameter) -> Any:
    """Return a parameter's value as leaves compare it."""
    return JSON if parameter.type is ParameterType.JSON else parameter.value


@lru_cache(10_000)
def index_texts(texts: tuple[DocumentText, ...]) -> tuple[Tokens, ...]:
    """Return what is indexed of a document."""
    return tuple(
        tokens
        for text in texts
        for tokens in ([make_value_tokens(text.text)] if text.field in _CUT else make_pieces(text.text))
    )


@lru_cache(10_000)
def index_text(text: str) -> tuple[Tokens, ...]:
    """Return what is indexed of a name or a description."""
    return tuple(make_pieces(text))


@lru_cache(10_000)
def _index_value(text: str) -> tuple[Tokens, ...]:
    return (make_value_tokens(text),)


def _has_words(condition: Predicate, texts: Iterable[Tokens]) -> bool:
    kept = tuple(texts)
    return all(has_term(term, kept) for term in condition.terms)


def _read(leaf: ComparingLeaf, document: SearchDocument) -> list[Any]:
    """Return the values that a leaf asks about; none where there is none."""
    dimensions = document.dimensions
    found: list[Any]
    match leaf:
        case FieldLeaf():
            found = [read_field(leaf.field, document)]
        case MetricLeaf():
            found = [dimensions.metrics.get(leaf.key, {}).get(leaf.of)]
        case ParamLeaf():
            found = [read_parameter(dimensions.params[leaf.key])] if leaf.key in dimensions.params else []
        case TagLeaf():
            found = [dimensions.tags.get(leaf.key)]
        case DatasetLeaf():
            uses = [use for use in dimensions.datasets if leaf.role is None or use.role is leaf.role]
            found = [use.name if leaf.part is DatasetPart.NAME else use.version for use in uses]
        case CommitLeaf():
            found = list(dimensions.commits)
        case EnvironmentLeaf():
            found = list(dimensions.environments)
    return [value for value in found if value is not None]


def _convert(leaf: ComparingLeaf) -> Predicate:
    """Return the condition with bounds as the leaf's values are: doubles for metrics, texts for tags."""
    condition = leaf.condition
    if isinstance(leaf, MetricLeaf) and leaf.of is not Statistic.COUNT:
        return Predicate(condition.operator, tuple(map(_as_double, condition.values)))
    if isinstance(leaf, TagLeaf):
        return Predicate(condition.operator, tuple(map(_as_typed, condition.values)))
    return condition


def _as_double(value: Value) -> Value:
    return value if isinstance(value, bool) or not isinstance(value, int | float) else float(value)


def _as_typed(value: Value) -> Value:
    """Return a number as it would be typed."""
    if type_of(value) is not ValueType.NUMBER:
        return value
    return {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}.get(repr(value), repr(value))


def _experiment_holds(condition: Predicate, document: SearchDocument) -> bool:
    """Compare a text with the experiment's name, an id with its id; `in` may hold both."""
    id_, name = document.dimensions.experiment, document.dimensions.experiment_name
    if id_ is None or name is None:
        return False
    if condition.operator is Operator.MATCHES:
        return _has_words(condition, index_text(name))
    if condition.operator is Operator.IN:
        return name in condition.values or id_ in condition.values
    is_name = any(type_of(value) is ValueType.TEXT for value in condition.values)
    return _fulfils(name if is_name else id_, condition)


def _fulfils(value: Any, condition: Predicate) -> bool:
    """Compare a value that is there."""
    given = condition.values
    match condition.operator:
        case Operator.EXISTS:
            return True
        case Operator.NE:
            return not _compares(value, Operator.EQ, given[0])
        case Operator.IN:
            return any(_compares(value, Operator.EQ, one) for one in given)
        case Operator.BETWEEN:
            return _compares(value, Operator.GTE, given[0]) and _compares(value, Operator.LTE, given[1])
        case Operator.MATCHES:
            return isinstance(value, str) and _has_words(condition, _index_value(value))
        case other:
            return _compares(value, other, given[0])


def _compares(value: Any, operator: Operator, bound: Any) -> bool:
    """Compare within one type only; NaN compares with nothing."""
    if value is JSON or type_of(value) is not type_of(bound) or is_nan(value) or is_nan(bound):
        return False
    return _COMPARE[operator](cut_to_millis(value), cut_to_millis(bound))
