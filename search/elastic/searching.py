"""One search: its page, its facets and what it may miss, asked of one point in time, all at once."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
from elasticsearch import AsyncElasticsearch, NotFoundError

from domain.ids import NodeKey
from domain.orders import MetricOrder
from domain.pages import COUNT_LIMIT, Count
from domain.search.answers import Completeness, FacetAnswer, Hit, Reason, SearchAnswer
from domain.search.cursors import digest_question
from domain.search.documents import DocumentKind
from domain.search.questions import SearchQuestion
from search.elastic.cursors import Cursors, Place
from search.elastic.documents import read_texts
from search.elastic.facets import build_facets, read_facets
from search.elastic.failures import driver_errors
from search.elastic.filters import asks_metrics, list_open_terms
from search.elastic.points import KEPT, PointsInTime, explain_expired, is_expired
from search.elastic.queries import WHOLE, Query, term, terms
from search.elastic.requests import WINDOW, Body, build_page, build_window, is_ranked_twice
from search.elastic.texts import EXPANSIONS, has_open_row, match_term

_encoder = msgspec.json.Encoder()
"""A scope of 100,000 ids is 5 ms of work for it, 20 for the driver's own."""


@dataclass(frozen=True, slots=True)
class Found:
    """Hits as the engine gave them, one more than were asked for where there are more, and how many there are."""

    hits: list[tuple[Mapping[str, Any], Place]]
    total: Count


class Searching:
    """Asks one question."""

    def __init__(
        self, client: AsyncElasticsearch, points: PointsInTime, generation: int, question: SearchQuestion
    ) -> None:
        self._client = client
        self._points = points
        self._question = question
        self._cursors = Cursors(generation, digest_question(question))

    async def run(self) -> SearchAnswer:
        """Return the answer. Raises `InvalidInput`, `CursorExpired`, `Unavailable`."""
        after = None if self._question.after is None else self._cursors.read(self._question.after)
        try:
            return await self._answer(await self._points.take() if after is None else after.point, after)
        except NotFoundError as exc:
            if not is_expired(exc):
                raise
            if after is not None:
                raise explain_expired() from exc
        self._points.forget()
        return await self._answer(await self._points.take(), None)

    async def _answer(self, point: str, after: Place | None) -> SearchAnswer:
        found, facets, reasons = await asyncio.gather(
            self._find(point, after), self._count(point), self._list_reasons(point)
        )
        first = self._question.first
        return SearchAnswer(
            hits=tuple(self._make_hit(hit, place) for hit, place in found.hits[:first]),
            total=found.total,
            has_next=len(found.hits) > first if first else found.total.value > 0,
            facets=facets,
            completeness=Completeness(tuple(reasons)),
        )

    async def _find(self, point: str, after: Place | None) -> Found:
        question, size = self._question, self._question.first + 1 if self._question.first else 0
        if not size or not is_ranked_twice(question):
            return await self._page(point, size=size, after=None if after is None else after.values)
        if after is not None and after.rank is None:
            return await self._behind(point, size=size, after=after.values)
        rank = 0 if after is None or after.rank is None else after.rank + 1
        found = await self._window(point, rank=rank, size=min(size, WINDOW - rank))
        if len(found.hits) == size or rank + len(found.hits) < WINDOW:
            return found
        rest = await self._behind(point, size=size - len(found.hits), after=None)
        return Found(found.hits + rest.hits, found.total)

    async def _window(self, point: str, *, rank: int, size: int) -> Found:
        """Return hits among the first, which are ranked twice."""
        if size <= 0:
            return Found([], Count(0, exact=True))
        answer = await self._ask(build_window(self._question, point, rank=rank, size=size))
        hits = answer["hits"]["hits"]
        places = [Place(point=point, rank=rank + number) for number in range(len(hits))]
        return Found(list(zip(hits, places, strict=True)), _read_total(answer))

    async def _behind(self, point: str, *, size: int, after: Sequence[Any] | None) -> Found:
        """Return hits behind those that are ranked twice, in the order of the first ranking."""
        window = await self._ask(build_window(self._question, point, rank=0, size=WINDOW) | {"_source": ["id"]})
        shown = [hit["_source"]["id"] for hit in window["hits"]["hits"]]
        found = await self._page(point, size=size, after=after, unwanted=terms("id", sorted(shown)))
        return Found(found.hits, _read_total(window))

    async def _page(
        self, point: str, *, size: int, after: Sequence[Any] | None, unwanted: Query | None = None
    ) -> Found:
        answer = await self._ask(build_page(self._question, point, size=size, after=after, unwanted=unwanted))
        hits = answer["hits"]["hits"]
        places = [Place(point=point, values=tuple(hit["sort"])) for hit in hits]
        return Found(list(zip(hits, places, strict=True)), _read_total(answer))

    async def _count(self, point: str) -> tuple[FacetAnswer, ...]:
        if not self._question.facets:
            return ()
        answer = await self._ask(build_facets(self._question) | {"pit": {"id": point, "keep_alive": KEPT}})
        return read_facets(self._question, answer["aggregations"])

    async def _list_reasons(self, point: str) -> list[Reason]:
        """Return why the answer may miss something."""
        question = self._question
        reasons = [Reason.SCOPE_CUT] if question.scope is not None and question.scope.is_cut else []
        ordered = any(isinstance(order, MetricOrder) for order in question.orders)
        if (ordered or asks_metrics(question.condition)) and await self._has_cut_metrics(point):
            reasons.append(Reason.METRICS_IN_RECORD_ONLY)
        if await self._has_cut_prefix():
            reasons.append(Reason.PREFIX_CUT)
        return reasons

    async def _has_cut_metrics(self, point: str) -> bool:
        cut = [term("workspace", self._question.workspace.hex), term("metricsCut", True)]
        body = {"query": {"bool": {"filter": cut}}, "size": 0, "track_total_hits": 1, "pit": {"id": point}}
        answer = await self._ask(body)
        return bool(answer["hits"]["total"]["value"])

    async def _has_cut_prefix(self) -> bool:
        """Say whether the end of a row stands for as many words as are taken: there may be more."""
        rows = [match_term(one, path) for path, one in list_open_terms(self._question.condition) if has_open_row(one)]
        for row in rows:
            async with driver_errors():
                answer = await self._client.indices.validate_query(
                    index=self._points.indexes, query=row, explain=True, rewrite=True
                )
            if any(count_expansions(str(one.get("explanation", ""))) >= EXPANSIONS for one in answer["explanations"]):
                return True
        return False

    async def _ask(self, body: Body) -> Mapping[str, Any]:
        async with driver_errors():
            answer = await self._client.perform_request(
                "POST",
                "/_search",
                params=WHOLE,
                headers={"content-type": "application/json", "accept": "application/json"},
                body=_encoder.encode(body),
            )
        found: Mapping[str, Any] = answer.body
        return found

    def _make_hit(self, hit: Mapping[str, Any], place: Place) -> Hit:
        source = hit["_source"]
        return Hit(
            key=NodeKey(DocumentKind(source["kind"]).node_kind, UUID(source["id"])),
            cursor=self._cursors.write(place),
            score=float(hit["_score"] or 0.0),
            texts=read_texts(source),
        )


def count_expansions(explanation: str) -> int:
    """Return how many words the open end of a row became, from how the engine tells its query."""
    longest = max(explanation.split('"')[1::2], key=len, default="")
    return longest.count(" ")


def _read_total(answer: Mapping[str, Any]) -> Count:
    total = answer["hits"]["total"]
    return Count(min(int(total["value"]), COUNT_LIMIT), total["relation"] == "eq")
