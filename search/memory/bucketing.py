"""Facets and groups: the values that documents have under a dimension, counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from domain.parameters import join_number
from domain.predicates import ValueType, is_nan, type_of
from domain.search.answers import Bucket, BucketValue, FacetAnswer
from domain.search.documents import SearchDocument
from domain.search.intervals import find_start
from domain.search.own_leaves import FIELDS
from domain.search.questions import DATES, By, Dimension, Facet
from domain.search.shortening import shorten
from search.memory.holding import JSON, read_field, read_parameter

_RANKS = {ValueType.BOOLEAN: 0, ValueType.NUMBER: 1, ValueType.TEXT: 2, ValueType.TIME: 3}


def count_facet(facet: Facet, documents: Iterable[SearchDocument]) -> FacetAnswer:
    """Count documents by a dimension; one that has several values is in several buckets."""
    counts: Counter[tuple[int, Any]] = Counter()
    shown: dict[tuple[int, Any], BucketValue] = {}
    missing = 0
    for document in documents:
        values = read_values(facet, document)
        missing += not values
        for value in values:
            key = order_value(value)
            counts[key] += 1
            shown[key] = value
    in_order = sorted(counts.items(), key=(lambda item: item[0]) if facet.dimension in DATES else _by_count)
    kept = in_order[: facet.first]
    return FacetAnswer(
        facet=facet,
        buckets=tuple(Bucket(shown[key], count) for key, count in kept),
        other=sum(count for _, count in in_order[facet.first :]),
        missing=missing,
    )


def read_values(by: By, document: SearchDocument) -> list[BucketValue]:
    """Return the values of a document under a dimension, each once; none where it has none that can be shown."""
    found = {order_value(value): value for value in map(_show, _read(by, document)) if value is not None}
    return list(found.values())


def order_value(value: BucketValue) -> tuple[int, Any]:
    """Return what values are ordered by, and known by: 1 and 1.0 are one."""
    return _RANKS[type_of(value)], value


def _by_count(item: tuple[tuple[int, Any], int]) -> tuple[int, tuple[int, Any]]:
    return -item[1], item[0]


def _read(by: By, document: SearchDocument) -> list[Any]:
    dimensions = document.dimensions
    match by.dimension:
        case Dimension.TAG:
            return [dimensions.tags.get(by.key or "")]
        case Dimension.PARAM:
            parameter = dimensions.params.get(by.key or "")
            return [] if parameter is None else [read_parameter(parameter)]
        case Dimension.DATASET:
            return [use.name for use in dimensions.datasets]
        case Dimension.COMMIT:
            return list(dimensions.commits)
        case Dimension.ENVIRONMENT:
            return list(dimensions.environments)
        case dimension:
            value = read_field(FIELDS[dimension], document)
            is_date = isinstance(value, datetime) and by.interval is not None
            return [find_start(value, by.interval, by.zone) if is_date and by.interval else value]


def _show(value: Any) -> BucketValue | None:
    """Return a value as buckets show it: whole numbers of 64 bits as integers, long texts short; no JSON, no NaN."""
    if value is None or value is JSON or is_nan(value):
        return None
    if isinstance(value, float):
        return join_number(value)
    shown: BucketValue = shorten(value) if isinstance(value, str) else value
    return shown
