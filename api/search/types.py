"""Answers of search: hits with what was found in them, facets, and how complete and fresh it all is."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, Self

import strawberry

from api.connections import PageInfo, TotalCount
from api.lineage.completeness import Freshness
from api.nodes.types import Node
from api.scalars import JSON, Int64, write_float64
from api.search.enums import Dimension, Reason, SuggestionKind, TextField
from domain.pages import Count
from domain.search import answers
from domain.search.answers import BucketValue
from domain.search.documents import DocumentText
from domain.search.explaining import explain, make_highlights
from domain.search.shortening import KEPT, SHORT
from domain.text.highlights import Fragment as FoundFragment
from domain.text.terms import Term

IN_THREAD = 50_000
"""Characters of a hit's texts from which on they are looked through beside other requests: some 50 ms."""


@strawberry.type(description="A place in a fragment, in Unicode code points.")
class TextMark:
    start: int = strawberry.field(description="Where it begins, counted from 0.")
    end: int = strawberry.field(description="Behind its last code point.")


@strawberry.type(description="A piece of a text, as it was written; never HTML.")
class Fragment:
    text: str = strawberry.field(description="The piece.")
    marks: list[TextMark] = strawberry.field(description="What was looked for, in order; they do not overlap.")

    @classmethod
    def of(cls, fragment: FoundFragment) -> Self:
        return cls(text=fragment.text, marks=[TextMark(start=mark.start, end=mark.end) for mark in fragment.marks])


@strawberry.type(description="Where one text of a hit has what was looked for.")
class Highlight:
    field: TextField = strawberry.field(description="Which text it is.")
    key: str | None = strawberry.field(description="Of the value of a tag or parameter: its key.")
    fragments: list[Fragment] = strawberry.field(description="The pieces that show most, in the order of the text.")

    @classmethod
    def of(cls, highlight: answers.Highlight) -> Self:
        return cls(
            field=highlight.field, key=highlight.key, fragments=[Fragment.of(one) for one in highlight.fragments]
        )


@strawberry.type(description="One hit, with its place in the order.")
class SearchEdge:
    cursor: str = strawberry.field(description="Place in the order, opaque; give it as `after`.")
    score: float = strawberry.field(
        description="How well the words fit; comparable within one answer only, 0 where it is not ordered by relevance."
    )
    node: Node = strawberry.field(description="What was found.")
    texts: strawberry.Private[Sequence[DocumentText]]
    terms: strawberry.Private[Sequence[Term]]

    @strawberry.field(
        description="A sentence for each word that was looked for and found: where it stands, and whether as typed, in "
        "another spelling (`val-loss` for `val_loss`) or in another form (`learns` for `learning`)."
    )
    async def why(self) -> list[str]:
        return await self._look(explain)

    @strawberry.field(description="The texts that have what was looked for, with marks.")
    async def highlights(self) -> list[Highlight]:
        return [Highlight.of(one) for one in await self._look(make_highlights)]

    async def _look(self, find: Callable[[Sequence[DocumentText], Sequence[Term]], list[Any]]) -> list[Any]:
        if sum(len(one.text) for one in self.texts) < IN_THREAD:
            return find(self.texts, self.terms)
        return await asyncio.to_thread(find, self.texts, self.terms)


@strawberry.type(description="How many hits have a value.")
class Bucket:
    value: JSON = strawberry.field(
        description="The value; of dates, when the interval begins; of a text beyond "
        f"{SHORT:,} characters its first {KEPT} and a digest."
    )
    count: Int64 = strawberry.field(description="How many hits have it.")


@strawberry.type(description="Counts of all hits by a dimension.")
class FacetCounts:
    dimension: Dimension = strawberry.field(description="What is counted by.")
    key: str | None = strawberry.field(description="The key of a tag or parameter.")
    buckets: list[Bucket] = strawberry.field(
        description="The values with most hits, by count, then value; dates by date, empty ones left out."
    )
    other: Int64 = strawberry.field(description="Hits in the buckets left out.")
    missing: Int64 = strawberry.field(description="Hits that do not have it.")
    exact: bool = strawberry.field(description="False where some counts may be too low.")

    @classmethod
    def of(cls, found: answers.FacetAnswer) -> Self:
        return cls(
            dimension=found.facet.dimension,
            key=found.facet.key,
            buckets=[Bucket(value=show_value(one.value), count=one.count) for one in found.buckets],
            other=found.other,
            missing=found.missing,
            exact=found.exact,
        )


@strawberry.type(description="Whether an answer is all there is.")
class SearchCompleteness:
    complete: bool = strawberry.field(description="Whether nothing was left out that is known and was asked for.")
    reasons: list[Reason] = strawberry.field(description="Why something may be missing.")

    @classmethod
    def of(cls, completeness: answers.Completeness) -> Self:
        return cls(complete=completeness.complete, reasons=list(completeness.reasons))


@strawberry.type(description="A page of hits.")
class SearchConnection:
    edges: list[SearchEdge] = strawberry.field(description="The hits with their cursors.")
    nodes: list[Node] = strawberry.field(description="What was found, for whoever needs nothing else.")
    page_info: PageInfo = strawberry.field(description="Where this page ends.")
    facets: list[FacetCounts] = strawberry.field(description="The facets, in the order they were asked for.")
    completeness: SearchCompleteness = strawberry.field(description="Whether the answer is all there is.")
    freshness: Freshness = strawberry.field(description="Who answered, and how far that is behind the record.")
    total: strawberry.Private[Count]
    correct: strawberry.Private[Callable[[], Awaitable[str | None]]]

    @strawberry.field(description="How many hits there are in all.")
    def total_count(self) -> TotalCount:
        return TotalCount(value=self.total.value, exact=self.total.exact)

    @strawberry.field(
        description="The text with each word that nobody used replaced by the most similar one that somebody did; of a "
        "`query`, its text with such keys of parameters, metrics and tags. Null where all are in use."
    )
    async def did_you_mean(self) -> str | None:
        return await self.correct()


@strawberry.type(description="A name that is in use.")
class Suggestion:
    kind: SuggestionKind = strawberry.field(description="What it names.")
    text: str = strawberry.field(description="The name.")
    count: Int64 = strawberry.field(description="By how many it is used, counted to 10,000.")


def show_value(value: BucketValue | None) -> Any:
    """Return a value as JSON has it: a date as RFC 3339, what is not finite by its name."""
    match value:
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case float():
            return write_float64(value)
        case _:
            return value
