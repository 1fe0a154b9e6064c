"""What an index answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from domain.ids import NodeKey
from domain.pages import Count
from domain.search.documents import DocumentText, TextField
from domain.search.questions import By, Facet
from domain.text.highlights import Fragment

BucketValue: TypeAlias = bool | int | float | str | datetime


class Reason(StrEnum):
    """Why an answer is not complete."""

    SCOPE_CUT = "SCOPE_CUT"
    """The walk of lineage did not give all ids."""
    METRICS_IN_RECORD_ONLY = "METRICS_IN_RECORD_ONLY"
    """Some runs have more series than an index holds: those beyond were not looked at."""
    BUCKETS_CUT = "BUCKETS_CUT"
    """There are more groups than were asked for."""
    PREFIX_CUT = "PREFIX_CUT"
    """A prefix has more words than the engine takes."""
    HITS_CUT = "HITS_CUT"
    """Only the first hits were ranked."""


@dataclass(frozen=True, slots=True)
class Completeness:
    """Whether an answer is all there is."""

    reasons: tuple[Reason, ...] = ()

    @property
    def complete(self) -> bool:
        return not self.reasons


COMPLETE = Completeness()


@dataclass(frozen=True, slots=True)
class Highlight:
    """Where a text of a hit has the words that were asked for; `key` is that of a tag's or parameter's value."""

    field: TextField
    fragments: tuple[Fragment, ...]
    key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One document that was found. `texts` are those that `why` and `highlights` are made from."""

    key: NodeKey
    cursor: str
    score: float
    """How well the text fits; comparable within one answer only, 0 without words."""
    texts: tuple[DocumentText, ...] = ()


@dataclass(frozen=True, slots=True)
class Bucket:
    """How many hits have a value; of dates, the moment the interval begins."""

    value: BucketValue
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FacetAnswer:
    """The buckets with most hits, by count descending, then value; dates by key. `other`: hits in the buckets left
    out; `missing`: hits without the key.
    """

    facet: Facet
    buckets: tuple[Bucket, ...]
    other: int
    missing: int
    exact: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchAnswer:
    """One page of hits, in their order."""

    hits: tuple[Hit, ...]
    total: Count
    has_next: bool
    facets: tuple[FacetAnswer, ...] = ()
    completeness: Completeness = COMPLETE


class SuggestionKind(StrEnum):
    """What can be suggested."""

    PARAM_KEY = "PARAM_KEY"
    METRIC_KEY = "METRIC_KEY"
    TAG_KEY = "TAG_KEY"
    TAG_VALUE = "TAG_VALUE"
    NAME = "NAME"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A name that is used in the workspace, and by how many; counted to the limit of counts."""

    kind: SuggestionKind
    text: str
    count: int


@dataclass(frozen=True, slots=True)
class GroupKey:
    """What the members of a group share; `value` is None for those without the key."""

    by: By
    value: BucketValue | None
