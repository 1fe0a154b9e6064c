"""The index in Elasticsearch as what answers questions."""

from __future__ import annotations

from domain.projections import ProjectionName
from search.elastic.connecting import SearchClient, probe
from search.elastic.index import ElasticsearchSearchIndex
from search.search_index import SearchIndex

KEPT = 2
"""Generations that are kept open: the one that serves, and the one before it for who is still asking it."""


class IndexServing:
    """Opens generations of the index for whoever asks. Each has its points in time, which all questions share."""

    name: str = ProjectionName.INDEX.value

    def __init__(self, client: SearchClient, *, prefix: str) -> None:
        self._client = client
        self._prefix = prefix
        self._opened: dict[int, ElasticsearchSearchIndex] = {}

    def open(self, generation: int, bookmark: str | None) -> SearchIndex:
        return self._open(generation)

    async def refresh(self, generation: int) -> None:
        await self._open(generation).refresh()

    async def probe(self) -> object:
        return await probe(self._client)

    def _open(self, generation: int) -> ElasticsearchSearchIndex:
        found = self._opened.get(generation)
        if found is None:
            found = ElasticsearchSearchIndex(self._client, prefix=self._prefix, generation=generation)
            self._opened[generation] = found
            for old in sorted(self._opened)[:-KEPT]:
                del self._opened[old]
        return found
