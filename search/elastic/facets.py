"""Counts of hits by a dimension, each facet with or without what the question itself asks of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from typing import Any

from domain.filters import (
    And,
    CommitLeaf,
    DatasetLeaf,
    DatasetPart,
    EnvironmentLeaf,
    Field,
    FieldLeaf,
    Filter,
    ParamLeaf,
    TagLeaf,
)
from domain.search.answers import Bucket, BucketValue, FacetAnswer
from domain.search.questions import DATES, By, Dimension, Facet, SearchQuestion
from domain.times import parse_millis
from search.elastic.filters import build_filter
from search.elastic.queries import all_of, term
from search.elastic.requests import Body, build_hits
from search.elastic.values import decode_value

SHARD_BUCKETS = 2_000
"""Buckets that each shard gives: with fewer values than these, counts are exact however many shards there are."""

FIELDS = {
    Dimension.EXPERIMENT: "experimentName",
    Dimension.STATUS: "status",
    Dimension.KIND: "runKind",
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
_ASKED = {
    Field.EXPERIMENT: Dimension.EXPERIMENT,
    Field.STATUS: Dimension.STATUS,
    Field.KIND: Dimension.KIND,
    Field.CREATED_BY: Dimension.CREATED_BY,
    Field.HOST: Dimension.HOST,
    Field.OWNER: Dimension.OWNER,
    Field.CREATED_AT: Dimension.CREATED_AT,
    Field.STARTED_AT: Dimension.STARTED_AT,
    Field.ENDED_AT: Dimension.ENDED_AT,
}


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
    return not facet.own_filter and find_dimension(item) == (facet.dimension, facet.key)


def find_dimension(item: Filter) -> tuple[Dimension, str | None] | None:
    """Return what a leaf is about, as facets name it."""
    match item:
        case TagLeaf():
            return Dimension.TAG, item.key
        case ParamLeaf():
            return Dimension.PARAM, item.key
        case FieldLeaf() if item.field in _ASKED:
            return _ASKED[item.field], None
        case DatasetLeaf() if item.part is DatasetPart.NAME:
            return Dimension.DATASET, None
        case CommitLeaf():
            return Dimension.COMMIT, None
        case EnvironmentLeaf():
            return Dimension.ENVIRONMENT, None
        case _:
            return None


def read_facets(question: SearchQuestion, answer: Mapping[str, Any]) -> tuple[FacetAnswer, ...]:
    """Return the facets of an answer, in the order they were asked for."""
    return tuple(_read(facet, answer[f"f{number}"]) for number, facet in enumerate(question.facets))


def build_buckets(by: By, *, size: int) -> Body:
    """Return the aggregation that makes buckets of a dimension without a key."""
    field = FIELDS[by.dimension]
    if by.interval is None:
        return _terms(field, size)
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
        keyed = {"filter": term(f"{path}.k", facet.key), "aggs": {"values": _terms(field, facet.first)}}
        return {"nested": {"path": path}, "aggs": {"keyed": keyed}}
    field = FIELDS[facet.dimension]
    buckets = build_buckets(facet, size=facet.first)
    return {"filter": {"exists": {"field": field}}, "aggs": {"values": buckets}}


def _terms(field: str, size: int) -> Body:
    return {"terms": {"field": field, "size": size, "shard_size": max(SHARD_BUCKETS, 2 * size)}}


def _read(facet: Facet, found: Mapping[str, Any]) -> FacetAnswer:
    total = int(found["doc_count"])
    of = found["of"]
    having = of["keyed"] if facet.dimension in _KEYED else of
    values = having["values"]
    buckets = [Bucket(read_value(facet, one["key"]), int(one["doc_count"])) for one in values["buckets"]]
    shown = buckets[: facet.first]
    other = int(values.get("sum_other_doc_count", sum(one.count for one in buckets[facet.first :])))
    return FacetAnswer(
        facet=facet,
        buckets=tuple(shown),
        other=other,
        missing=total - int(having["doc_count"]),
        exact=not values.get("doc_count_error_upper_bound", 0),
    )
