"""The order of documents: by any keys, what is missing last in both directions, ties by id."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import cmp_to_key
from typing import Any
from uuid import UUID

from domain.orders import NEWEST_FIRST, Direction, FieldOrder, MetricOrder, ParamOrder, TagOrder
from domain.predicates import ValueType, is_nan, type_of
from domain.search.documents import SearchDocument
from domain.search.questions import RelevanceOrder, SearchOrder, SearchQuestion
from domain.text.matching import find_rows
from domain.times import cut_to_millis
from search.memory.holding import JSON, index_texts, read_field, read_parameter

LARGEST = sys.float_info.max
_RANKS = {ValueType.BOOLEAN: 0, ValueType.NUMBER: 1}


def sort_documents(
    documents: Sequence[SearchDocument], orders: Sequence[SearchOrder], scores: dict[UUID, float]
) -> list[SearchDocument]:
    """Return documents in an order."""

    def compare(a: SearchDocument, b: SearchDocument) -> int:
        for order in orders:
            if found := _compare(order, a, b, scores):
                return found
        return -1 if a.id.int < b.id.int else int(a.id.int > b.id.int)

    return sorted(documents, key=cmp_to_key(compare))


def choose_orders(question: SearchQuestion) -> tuple[SearchOrder, ...]:
    """Return the order of a question that asks for none: the best first where there are words, else the newest."""
    return question.orders or ((RelevanceOrder(),) if question.terms else NEWEST_FIRST)


def score(question: SearchQuestion, document: SearchDocument) -> float:
    """Return how well the words fit: how often they stand there, over the length."""
    texts = index_texts(document.texts)
    length = sum(len(text.parts) for text in texts) or 1
    found = sum(
        len(find_rows(text.parts, term.parts, is_open=term.is_open)) + (term.stem is not None)
        for term in question.terms
        for text in texts
    )
    return found / (found + 1) / (1 + length / 1000)


def _compare(order: SearchOrder, a: SearchDocument, b: SearchDocument, scores: dict[UUID, float]) -> int:
    if isinstance(order, RelevanceOrder):
        left, right = scores[a.id], scores[b.id]
        sign = -1 if left < right else int(left > right)
        return -sign if order.direction is Direction.DESC else sign
    first, second = _read_key(order, a), _read_key(order, b)
    if first is None or second is None:
        return 0 if first is second else 1 if first is None else -1
    if first == second:
        return 0
    smaller = -1 if first < second else 1
    return -smaller if order.direction is Direction.DESC else smaller


def _read_key(order: SearchOrder, document: SearchDocument) -> tuple[int, Any] | None:
    """Return (rank of the type, value), None for what is missing."""
    value: Any = None
    match order:
        case FieldOrder():
            value = read_field(order.field, document)
        case MetricOrder():
            value = document.dimensions.metrics.get(order.key, {}).get(order.of)
        case ParamOrder():
            parameter = document.dimensions.params.get(order.key)
            value = None if parameter is None else read_parameter(parameter)
        case TagOrder():
            value = document.dimensions.tags.get(order.key)
    if value is None or value is JSON or is_nan(value):
        return None
    kind = type_of(value)
    if kind is ValueType.NUMBER:
        # An infinity and the largest double are one place.
        value = LARGEST if value >= LARGEST else -LARGEST if value <= -LARGEST else value
    return _RANKS.get(kind, 2), cut_to_millis(value)
