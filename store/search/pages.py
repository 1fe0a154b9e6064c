"""A page of hits with its counts and facets, in one statement over hits that are found once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from domain.filters import Filter
from domain.ids import NodeKey, NodeKind
from domain.orders import NEWEST_FIRST
from domain.pages import COUNT_LIMIT, Count
from domain.search.answers import Completeness, FacetAnswer, Reason
from domain.search.cursors import Adapter, digest_question, sign_cursor, unsign_cursor
from domain.search.documents import DocumentKind
from domain.search.own_leaves import drop_own_leaves
from domain.search.questions import Facet, RelevanceOrder, SearchOrder, SearchQuestion, check_search_orders
from store.run_table.cursors import Place, check_place, read_cursor, write_cursor
from store.run_table.fragments import Values, fetch_rows
from store.run_table.lanes import Lane
from store.run_table.leads import SOME, find_lead
from store.search.asking import Asked, ask
from store.search.columns import select_hits
from store.search.faceting import list_facet_fields, read_facet, select_facet
from store.search.finding import select_found
from store.search.ordering import list_fields, list_named, make_hit_lane

STATEMENT = """
WITH found AS MATERIALIZED (SELECT * FROM ({found}) every {limit}), hits AS MATERIALIZED ({hits})
SELECT -1 AS part, count(*) AS n, NULL::text[] AS texts FROM hits
{more}
"""
READERS: dict[str, Callable[[str], Any]] = {
    "float8": float,
    "text": str,
    "boolean": lambda text: text == "true",
    "timestamptz": datetime.fromisoformat,
}


@dataclass(frozen=True, slots=True)
class FoundHit:
    """One hit: what it is, its cursor, and its score."""

    key: NodeKey
    cursor: str
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundPage:
    """Hits in their order, how many there are, whether more follow, and the facets."""

    hits: list[FoundHit]
    total: Count
    has_next: bool
    facets: list[FacetAnswer]
    completeness: Completeness


async def fetch_hits(conn: AsyncConnection, question: SearchQuestion) -> FoundPage:
    """Return a page of hits of the record. Three statements, one more for each facet that leaves its own filter out.

    Of more than 10,000 hits the first 10,000 that the index gives are ranked, and facets cover those; in any
    other order all of them are looked at. Raises `InvalidInput` for a cursor that is broken or of another question.
    """
    condition = question.condition
    orders = check_search_orders(question.orders) or ((RelevanceOrder(),) if question.terms else NEWEST_FIRST)
    scope = None if question.scope is None else question.scope.ids
    asked = await ask(conn, question.workspace, condition, list_named(orders), question.facets, scope)
    search = _Search(conn, question, condition, orders, asked)
    return await search.run()


class _Search:
    """One question on its way through its statements."""

    def __init__(
        self,
        conn: AsyncConnection,
        question: SearchQuestion,
        condition: Filter,
        orders: Sequence[SearchOrder],
        asked: Asked,
    ) -> None:
        self._conn = conn
        self._question = question
        self._condition = condition
        self._orders = orders
        self._asked = asked
        self._digest = digest_question(question)
        self._terms = question.terms

    async def run(self) -> FoundPage:
        question, by_relevance = self._question, isinstance(self._orders[0], RelevanceOrder)
        after = None if question.after is None else self._read_place(question.after)
        together = {number: facet for number, facet in enumerate(question.facets, 1) if self._shares_hits(facet)}
        parts = await self._fetch(self._condition, after, together, limit=COUNT_LIMIT + 1)
        total = Count.capped(parts.count)
        if not total.exact and not by_relevance and question.first:
            whole = await self._fetch(self._condition, after, {}, limit=None)
            parts = _Parts(parts.count, whole.page, parts.facets)
        facets = []
        for number, facet in enumerate(question.facets, 1):
            if number in together:
                facets.append(read_facet(facet, parts.facets[number], exact=total.exact))
            else:
                facets.append(await self._fetch_apart(facet))
        hits = parts.page[: question.first]
        return FoundPage(
            hits=hits,
            total=total,
            has_next=len(parts.page) > question.first if question.first else parts.count > 0,
            facets=facets,
            completeness=self._complete(is_ranked_in_part=by_relevance and not total.exact),
        )

    def _shares_hits(self, facet: Facet) -> bool:
        return facet.own_filter or drop_own_leaves(self._condition, facet) == self._condition

    async def _fetch_apart(self, facet: Facet) -> FacetAnswer:
        condition = drop_own_leaves(self._condition, facet)
        parts = await self._fetch(condition, None, {1: facet}, limit=COUNT_LIMIT + 1, has_page=False)
        return read_facet(facet, parts.facets[1], exact=parts.count <= COUNT_LIMIT)

    async def _fetch(
        self,
        condition: Filter,
        after: Place | None,
        facets: Mapping[int, Facet],
        *,
        limit: int | None,
        has_page: bool = True,
    ) -> _Parts:
        asked, question, values = self._asked, self._question, self._asked.begin()
        lead = None
        if DocumentKind.RUN in question.kinds:
            lead = await find_lead(self._conn, condition, asked.lookups, limit=SOME)
        found = [
            query
            for kind in DocumentKind
            if kind in question.kinds
            for query in select_found(kind, condition, self._terms, lead, asked, values)
        ]
        is_paged = has_page and question.first > 0
        lane = make_hit_lane(self._orders, asked, values) if is_paged else None
        fields = [*(list_fields(self._orders) if is_paged else []), *list_facet_fields(list(facets.values()))]
        more = [select_facet(number, facet, asked, values) for number, facet in facets.items()]
        if lane is not None:
            more.append(self._select_page(lane, after, values))
        statement = STATEMENT.format(
            found=" UNION ALL ".join(f"({query})" for query in found),
            limit="" if limit is None else f"LIMIT {limit}",
            hits=select_hits(fields, values),
            more=" ".join(f"UNION ALL {query}" for query in more),
        )
        return self._read(await fetch_rows(self._conn, statement, values), lane)

    def _select_page(self, lane: Lane, after: Place | None, values: Values) -> str:
        limit = values.bind(self._question.first + 1, "bigint")
        rows = lane.select(after, limit, values, where=[], more=", hit.kind AS kind, hit.score AS score")
        columns = ["run_id", "kind", "score", *(f"part_{number}" for number in range(len(lane.parts)))]
        order = lane.order_of("page")
        texts = ", ".join(f"page.{column}::text" for column in columns)
        return f"(SELECT 0, row_number() OVER (ORDER BY {order}), ARRAY[{texts}] FROM ({rows}) page)"

    def _read(self, rows: Sequence[Any], lane: Lane | None) -> _Parts:
        parts: dict[int, list[tuple[int, list[str]]]] = defaultdict(list)
        for part, n, texts in rows:
            parts[part].append((n, texts))
        count = parts.pop(-1)[0][0]
        ordered = {part: [texts for _, texts in sorted(those)] for part, those in parts.items()}
        page = [] if lane is None else [self._read_hit(texts, lane) for texts in ordered.pop(0, [])]
        return _Parts(count, page, ordered)

    def _read_hit(self, texts: Sequence[str], lane: Lane) -> FoundHit:
        node, kind, score, *written = texts
        values = [READERS.get(part.kind, int)(text) for part, text in zip(lane.parts, written, strict=True)]
        uuid = UUID(node)
        cursor = sign_cursor(Adapter.RECORD, write_cursor(self._digest, Place(0, tuple(values), uuid)))
        return FoundHit(NodeKey(NodeKind(int(kind)), uuid), cursor, float(score))

    def _read_place(self, text: str) -> Place:
        place = read_cursor(unsign_cursor(Adapter.RECORD, text), self._digest)
        check_place(text, place, make_hit_lane(self._orders, self._asked, self._asked.begin()).kinds)
        return place

    def _complete(self, *, is_ranked_in_part: bool) -> Completeness:
        scope = self._question.scope
        reasons = [Reason.SCOPE_CUT] if scope is not None and scope.is_cut else []
        return Completeness((*reasons, *([Reason.HITS_CUT] if is_ranked_in_part else [])))


@dataclass(frozen=True, slots=True)
class _Parts:
    """What one statement gave."""

    count: int
    page: list[FoundHit]
    facets: dict[int, list[list[str]]]
