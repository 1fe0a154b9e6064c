"""Counts of hits by a dimension, each facet with or without what the question itself asks of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from domain.filters import And, Filter
from domain.search.answers import Bucket, BucketValue, FacetAnswer
from domain.search.intervals import find_start
from domain.search.own_leaves import is_own_leaf
from domain.search.questions import DATES, By, Dimension, Facet, Interval, SearchQuestion
from domain.times import parse_millis
from search.elastic.filters import build_filter
from search.elastic.queries import all_of, exists, term
from search.elastic.requests import Body, build_hits
from search.elastic.values import decode_value

SHARD_BUCKETS = 2_000
"""Buckets that each shard gives: with fewer values than these, counts are exact however many shards there are."""

FIELDS = {
    Dimension.EXPERIMENT: "experimentName",
    Dimension.STATUS: "status",
    Dimension.KIND: "ownKind",
    Dimension.CREATED_BY: "createdBy",
    Dimension.HOST: "host",
    Dimension.OWNER: "owner",
    Dimension.DATASET: "dataset",
    Dimension.COMMIT: "commit",
    Dimension.ENVIRONMENT: "environment",
    Dimension.CREATED_AT: "createdAt",
    Dimension.STARTED_AT: "startedAt",
    Dimension.ENDED_AT: "endedAt",
}
_KEYED = {Dimension.TAG: ("g", "g.s"), Dimension.PARAM: ("p", "p.s")}


def build_facets(question: SearchQuestion) -> Body:
    """Return the body that counts all facets: the query is what they share, each filters what it keeps beside."""
    condition = question.condition
    operands = condition.items if isinstance(condition, And) else (condition,)
    left_out = [item for item in operands if any(is_own(item, facet) for facet in question.facets)]
    shared = And(tuple(item for item in operands if item not in left_out))
    aggregations = {}
    for number, facet in enumerate(question.facets):
        kept = all_of(build_filter(item) for item in left_out if not is_own(item, facet))
        aggregations[f"f{number}"] = {"filter": kept, "aggs": {"of": _build(facet)}}
    return {"query": build_hits(question, shared), "size": 0, "track_total_hits": False, "aggs": aggregations}


def is_own(item: Filter, facet: Facet) -> bool:
    """Say whether an operand of the topmost `and` is a facet's own leaf, which the facet leaves out."""
    return not facet.own_filter and is_own_leaf(item, facet)


def read_facets(question: SearchQuestion, answer: Mapping[str, Any]) -> tuple[FacetAnswer, ...]:
    """Return the facets of an answer, in the order they were asked for."""
    return tuple(_read(facet, answer[f"f{number}"]) for number, facet in enumerate(question.facets))


def build_buckets(by: By, *, size: int) -> Body:
    """Return the aggregation that makes buckets of a dimension without a key."""
    field = FIELDS[by.dimension]
    if by.interval is None:
        return _terms(field, size)
    if by.interval is Interval.HOUR:  # by the calendar the engine makes one of an hour that a clock shows twice
        ahead = by.zone.utcoffset(datetime.now(UTC).replace(tzinfo=None)) or timedelta()
        offset = f"{-int(ahead.total_seconds()) % 3600}s"
        return {"date_histogram": {"field": field, "fixed_interval": "1h", "offset": offset, "min_doc_count": 1}}
    return {
        "date_histogram": {
            "field": field,
            "calendar_interval": by.interval.lower(),
            "time_zone": by.time_zone,
            "min_doc_count": 1,
        }
    }


def read_value(by: By, key: Any) -> BucketValue:
    """Return the value of a bucket."""
    if by.dimension in DATES:
        return parse_millis(int(key)).astimezone(UTC)
    return decode_value(key) if by.dimension is Dimension.PARAM else str(key)


def _build(facet: Facet) -> Body:
    if facet.dimension in _KEYED:
        path, field = _KEYED[facet.dimension]
        having = all_of([term(f"{path}.k", facet.key), exists(field)])
        keyed = {"filter": having, "aggs": {"values": _terms(field, facet.first)}}
        return {"nested": {"path": path}, "aggs": {"keyed": keyed}}
    field = FIELDS[facet.dimension]
    buckets = build_buckets(facet, size=facet.first)
    return {"filter": exists(field), "aggs": {"values": buckets}}


def _read_buckets(facet: Facet, found: Sequence[Mapping[str, Any]]) -> list[Bucket]:
    """Return buckets, dates by where their interval begins: the engine has two for a midnight that is shown twice."""
    counts: dict[Any, int] = {}
    for one in found:
        value = read_value(facet, one["key"])
        at = find_start(value, facet.interval, facet.zone) if isinstance(value, datetime) and facet.interval else value
        key = (type(at), at)
        counts[key] = counts.get(key, 0) + int(one["doc_count"])
    return [Bucket(value, count) for (_, value), count in counts.items()]


def _terms(field: str, size: int) -> Body:
    return {"terms": {"field": field, "size": size, "shard_size": max(SHARD_BUCKETS, 2 * size)}}


def _read(facet: Facet, found: Mapping[str, Any]) -> FacetAnswer:
    total = int(found["doc_count"])
    of = found["of"]
    having = of["keyed"] if facet.dimension in _KEYED else of
    values = having["values"]
    buckets = _read_buckets(facet, values["buckets"])
    shown = buckets[: facet.first]
    other = int(values.get("sum_other_doc_count", sum(one.count for one in buckets[facet.first :])))
    return FacetAnswer(
        facet=facet,
        buckets=tuple(shown),
        other=other,
        missing=total - int(having["doc_count"]),
        exact=not values.get("doc_count_error_upper_bound", 0),
    )
