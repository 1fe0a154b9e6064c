"""The few shapes that every query of Elasticsearch is made of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

Query: TypeAlias = dict[str, Any]

WHOLE: dict[str, Any] = {"allow_partial_search_results": False}
"""A search fails where a shard is away: by itself the engine leaves out what it held, and says 200."""

NONE: Query = {"match_none": {}}
ALL: Query = {"match_all": {}}


def all_of(queries: Iterable[Query]) -> Query:
    """Return what fulfils all; of none, everything."""
    found = [query for query in queries if query != ALL]
    if NONE in found:
        return NONE
    return found[0] if len(found) == 1 else {"bool": {"filter": found}} if found else ALL


def one_of(queries: Iterable[Query]) -> Query:
    """Return what fulfils one; of none, nothing."""
    found = [query for query in queries if query != NONE]
    if ALL in found:
        return ALL
    return found[0] if len(found) == 1 else {"bool": {"should": found, "minimum_should_match": 1}} if found else NONE


def none_of(queries: Iterable[Query]) -> Query:
    """Return what fulfils none of them."""
    found = [query for query in queries if query != NONE]
    if ALL in found:
        return NONE
    return {"bool": {"must_not": found}} if found else ALL


def both(wanted: Query, unwanted: Query) -> Query:
    """Return what fulfils the one and not the other."""
    return all_of([wanted, none_of([unwanted])])


def term(field: str, value: Any) -> Query:
    """Return what has exactly this value."""
    return {"term": {field: value}}


def terms(field: str, values: Sequence[Any]) -> Query:
    """Return what has one of these values."""
    return {"terms": {field: list(values)}} if values else NONE


def within(field: str, **bounds: Any) -> Query:
    """Return what lies between bounds: gt, gte, lt, lte."""
    return {"range": {field: bounds}}


def exists(field: str) -> Query:
    """Return what has the field."""
    return {"exists": {"field": field}}


def nested(path: str, key: str, condition: Query = ALL) -> Query:
    """Return what has an entry of that key below the path whose own fields fulfil the condition."""
    if condition == NONE:
        return NONE
    return {"nested": {"path": path, "query": all_of([term(f"{path}.k", key), condition])}}
