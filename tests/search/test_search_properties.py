"""Random documents and questions: Elasticsearch gives the hits, counts and facets that memory gives, in its order."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from uuid import uuid4

import pytest
from elasticsearch import AsyncElasticsearch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.ids import WorkspaceID
from domain.search.documents import SearchDocument
from domain.search.questions import SearchQuestion
from search.elastic.generations import Names, prepare_generation
from search.elastic.index import ElasticsearchSearchIndex
from search.memory.memory_index import MemorySearchIndex
from search.search_index import SearchIndex
from tests.search.random_questions import ASKED, CASES, questions, worlds
from tests.search.reading import read_all

pytestmark = pytest.mark.filterwarnings("ignore:Generating overly large repr")
"""A world with its questions is long to print, and as an error that would stand where the difference should."""


def test_elasticsearch_answers_as_memory_does(elasticsearch_url: str, index_prefix: str, is_long: bool) -> None:
    names = Names(index_prefix.removesuffix("-"))

    with asyncio.Runner() as runner:
        client = runner.run(_connect(elasticsearch_url, names))
        index = ElasticsearchSearchIndex(client, prefix=names.prefix, generation=1)

        @settings(max_examples=CASES[is_long] // ASKED, deadline=None, suppress_health_check=list(HealthCheck))
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
    here = [replace(question, workspace=workspace) for question in asked]
    expected = [await read_all(memory, question) for question in here]
    found = await asyncio.gather(*(read_all(index, question) for question in here))

    for answer, wanted in zip(found, expected, strict=True):
        assert answer == wanted


def test_the_long_suite_asks_ten_thousand_questions() -> None:
    assert CASES[True] == 10_000
    assert {count % ASKED for count in CASES.values()} == {0}
