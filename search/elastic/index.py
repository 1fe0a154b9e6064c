"""The port over Elasticsearch. One object asks one generation; it keeps no state but a point in time."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from elasticsearch import AsyncElasticsearch

from domain.errors import InvalidInput, Unavailable
from domain.ids import WorkspaceID
from domain.search.aggregates import AggregateAnswer, AggregateQuestion
from domain.search.answers import SearchAnswer, Suggestion, SuggestionKind
from domain.search.documents import STANDING, SearchDocument
from domain.search.questions import SearchQuestion
from domain.text.similarity import rank_name
from search.correcting import correct_text
from search.elastic.correcting import find_meant
from search.elastic.documents import list_names, make_bodies
from search.elastic.failures import driver_errors
from search.elastic.generations import Names, Part
from search.elastic.names import NameWriter, count_names, find_names
from search.elastic.points import PointsInTime
from search.elastic.queries import WHOLE
from search.elastic.searching import Searching
from search.elastic.writing import Refused, Write, write_documents
from search.search_index import SearchIndex

MOST_COUNTED = 10_000


class ElasticsearchSearchIndex:
    """The index of one generation. Aggregates are the record's: percentiles always are, and its tables are at hand."""

    def __init__(
        self, client: AsyncElasticsearch, *, prefix: str, generation: int, record: SearchIndex | None = None
    ) -> None:
        self._client = client
        self._names = Names(prefix)
        self._generation = generation
        self._record = record
        self.points = PointsInTime(client, self._searched)
        self._writer = NameWriter(client, self._names.index(Part.NAMES, generation))

    async def search(self, question: SearchQuestion) -> SearchAnswer:
        """Return one page of hits; see the port. A cursor of a page too long ago raises `CursorExpired`."""
        return await Searching(self._client, self.points, self._generation, question).run()

    async def aggregate(self, question: AggregateQuestion) -> AggregateAnswer:
        if self._record is None:
            raise Unavailable("aggregates come from the record, and there is none beside this index")
        return await self._record.aggregate(question)

    async def suggest(
        self, workspace: WorkspaceID, prefix: str, kinds: Collection[SuggestionKind], *, first: int
    ) -> list[Suggestion]:
        names = self._names.index(Part.NAMES, self._generation)
        async with driver_errors():
            found = await self._client.search(index=names, **WHOLE, **find_names(workspace, prefix, kinds))
        hits = [hit["_source"] for hit in found["hits"]["hits"]]
        ranked = {(one["kind"], one["text"]): rank for one in hits if (rank := rank_name(prefix, one["text"]))}
        counts = await self._count(count_names(workspace, ranked), len(ranked))
        suggestions = [
            (ranked[name], -count, Suggestion(SuggestionKind(name[0]), name[1], min(count, MOST_COUNTED)))
            for name, count in zip(ranked, counts, strict=True)
            if count
        ]
        ordered = sorted(suggestions, key=lambda one: (*one[:2], one[2].text, one[2].kind))
        return [suggestion for *_, suggestion in ordered[:first]]

    async def correct(self, workspace: WorkspaceID, text: str) -> str | None:
        names = self._names.index(Part.NAMES, self._generation)

        async def find(body: Mapping[str, Any]) -> list[str]:
            async with driver_errors():
                found = await self._client.search(index=names, **WHOLE, **body)
            return [hit["_source"]["text"] for hit in found["hits"]["hits"]]

        return correct_text(text, await find_meant(workspace, text, find=find, count=self._count))

    async def apply(self, documents: Sequence[SearchDocument]) -> None:
        """Write documents and their names; see the port. Raises `Unavailable`, and `InvalidInput` for a refusal."""
        refused = await self.write(documents)
        if refused:
            raise InvalidInput(f"the search index refuses {refused[0].write.id}: {refused[0].error}")

    async def write(self, documents: Sequence[SearchDocument]) -> list[Refused]:
        """Write documents and the names in them; return what was refused for good."""
        writes = [
            Write(index=self._choose(document), id=make_id(document), version=document.revision, body=body)
            for document, body in zip(documents, make_bodies(documents), strict=True)
        ]
        refused, _ = await asyncio.gather(write_documents(self._client, writes), self._write_names(documents))
        return refused

    async def refresh(self) -> None:
        """Make what was written visible: 0.3 ms where nothing was, 13 to 22 where much was."""
        async with driver_errors():
            await self._client.indices.refresh(index=self._names.all_of(self._generation))
        self.points.forget()

    @property
    def _searched(self) -> list[str]:
        return [self._names.index(part, self._generation) for part in (Part.THINGS, Part.NOTES)]

    def _choose(self, document: SearchDocument) -> str:
        part = Part.NOTES if document.kind in STANDING else Part.THINGS
        return self._names.index(part, self._generation)

    async def _write_names(self, documents: Sequence[SearchDocument]) -> None:
        await self._writer.write({(one.workspace, *name) for one in documents for name in list_names(one)})

    async def _count(self, body: Mapping[str, Any], size: int) -> list[int]:
        if not size:
            return []
        async with driver_errors():
            found = await self._client.search(index=self._searched, **WHOLE, **body)
        buckets = found["aggregations"]["of"]["buckets"]
        return [int(buckets[str(number)]["doc_count"]) for number in range(size)]


def make_id(document: SearchDocument) -> str:
    """Return the engine's id of a document: no uuid belongs to two workspaces, but nobody need rely on it."""
    return document.workspace.hex + document.id.hex
