"""Random documents and questions: Elasticsearch gives the hits, counts and facets that memory gives, in its order."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from elasticsearch import AsyncElasticsearch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.ids import NodeKey, WorkspaceID
from domain.search.answers import SearchAnswer
from domain.search.documents import SearchDocument
from domain.search.questions import RelevanceOrder, SearchQuestion
from search.elastic.generations import Names, prepare_generation
from search.elastic.index import ElasticsearchSearchIndex
from search.memory.memory_index import MemorySearchIndex
from search.search_index import SearchIndex
from tests.search.random_questions import questions, worlds

WORLDS = {True: 2500, False: 75}
ASKED = 4
"""Questions of a world: 300 in all, 10,000 in the long suite."""


def test_elasticsearch_answers_as_memory_does(elasticsearch_url: str, index_prefix: str, is_long: bool) -> None:
    names = Names(index_prefix.removesuffix("-"))

    with asyncio.Runner() as runner:
        client = runner.run(_connect(elasticsearch_url, names))
        index = ElasticsearchSearchIndex(client, prefix=names.prefix, generation=1)

        @settings(max_examples=WORLDS[is_long], deadline=None, suppress_health_check=list(HealthCheck))
        @given(world=worlds(), asked=st.lists(questions(), min_size=ASKED, max_size=ASKED))
        def compare(world: list[SearchDocument], asked: list[SearchQuestion]) -> None:
            runner.run(_compare(index, world, asked))

        try:
            compare()
        finally:
            runner.run(client.indices.delete_index_template(name=names.prefix))
            runner.run(client.close())


async def _connect(url: str, names: Names) -> AsyncElasticsearch:
    client = AsyncElasticsearch(url, request_timeout=30)
    await prepare_generation(client, names, 1)
    return client


async def _compare(index: SearchIndex, world: list[SearchDocument], asked: list[SearchQuestion]) -> None:
    workspace = WorkspaceID(uuid4())
    documents = [replace(document, workspace=workspace) for document in world]
    memory = MemorySearchIndex()
    for adapter in (memory, index):
        await adapter.apply(documents)
        await adapter.refresh()
    for question in asked:
        here = replace(question, workspace=workspace)
        expected = await _read_all(memory, here)

        assert await _read_all(index, here) == expected


async def _read_all(index: SearchIndex, question: SearchQuestion) -> dict[str, Any]:
    """Return what all adapters must say alike: hits of all pages, in their order where a key decides it."""
    pages: list[SearchAnswer] = [await index.search(question)]
    while pages[-1].has_next and question.first:
        pages.append(await index.search(replace(question, after=pages[-1].hits[-1].cursor)))
    found: list[NodeKey] = [hit.key for page in pages for hit in page.hits]
    is_ranked = any(isinstance(order, RelevanceOrder) for order in question.orders) or (
        not question.orders and question.terms
    )
    return {
        "hits": sorted(key.uuid.int for key in found) if is_ranked else [key.uuid.int for key in found],
        "pages": [(len(page.hits), page.total, page.has_next, page.completeness) for page in pages],
        "facets": [
            (facet.facet, [(type(one.value), one) for one in facet.buckets], facet.other, facet.missing, facet.exact)
            for facet in pages[0].facets
        ],
        "texts": {hit.key: hit.texts for page in pages for hit in page.hits},
    }


@pytest.mark.parametrize("count", [1])
def test_the_long_suite_asks_ten_thousand_questions(count: int) -> None:
    assert WORLDS[True] * ASKED * count == 10_000
