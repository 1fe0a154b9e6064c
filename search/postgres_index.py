"""The index that is the record itself: never behind, slower at size."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractAsyncContextManager

from sqlalchemy.ext.asyncio import AsyncConnection

from domain.ids import WorkspaceID
from domain.search.aggregates import AggregateAnswer, AggregateQuestion
from domain.search.answers import Hit, SearchAnswer, Suggestion, SuggestionKind
from domain.search.documents import SearchDocument
from domain.search.questions import SearchQuestion
from search.correcting import correct_text
from store.search.aggregates import fetch_groups
from store.search.hit_texts import fetch_hit_texts
from store.search.pages import fetch_hits
from store.search.suggestions import fetch_candidates, fetch_suggestions


class PostgresSearchIndex:
    """Answers from the record's own tables. `connect` gives a connection: `Database.read`, or `read_primary` for a
    caller that must see its own write.
    """

    def __init__(self, connect: Callable[[], AbstractAsyncContextManager[AsyncConnection]]) -> None:
        self._connect = connect

    async def search(self, question: SearchQuestion) -> SearchAnswer:
        async with self._connect() as conn:
            page = await fetch_hits(conn, question)
            texts = await fetch_hit_texts(conn, question.workspace, [hit.key for hit in page.hits])
        hits = [Hit(key=hit.key, cursor=hit.cursor, score=hit.score, texts=texts.get(hit.key, ())) for hit in page.hits]
        return SearchAnswer(
            hits=tuple(hits),
            total=page.total,
            has_next=page.has_next,
            facets=tuple(page.facets),
            completeness=page.completeness,
        )

    async def aggregate(self, question: AggregateQuestion) -> AggregateAnswer:
        async with self._connect() as conn:
            return await fetch_groups(conn, question)

    async def suggest(
        self, workspace: WorkspaceID, prefix: str, kinds: Collection[SuggestionKind], *, first: int
    ) -> list[Suggestion]:
        async with self._connect() as conn:
            return await fetch_suggestions(conn, workspace, prefix, kinds, first=first)

    async def correct(self, workspace: WorkspaceID, text: str) -> str | None:
        async with self._connect() as conn:
            return correct_text(text, await fetch_candidates(conn, workspace, text))

    async def apply(self, documents: Sequence[SearchDocument]) -> None:
        """The record has them already."""

    async def refresh(self) -> None:
        """The record is never behind itself."""
