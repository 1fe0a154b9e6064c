"""An index of one generation on the run's Elasticsearch, empty, with a prefix of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from elasticsearch import AsyncElasticsearch

from search.elastic.generations import Names, prepare_generation
from search.elastic.index import ElasticsearchSearchIndex

GENERATION = 7


@pytest.fixture
async def elastic(elasticsearch_url: str) -> AsyncIterator[AsyncElasticsearch]:
    """A client of the run's Elasticsearch."""
    client = AsyncElasticsearch(elasticsearch_url, request_timeout=30)
    yield client
    await client.close()


@pytest.fixture
async def names(elastic: AsyncElasticsearch, index_prefix: str) -> AsyncIterator[Names]:
    """The names of a generation that is there, and empty."""
    found = Names(index_prefix.removesuffix("-"))
    await prepare_generation(elastic, found, GENERATION)
    yield found
    await elastic.indices.delete_index_template(name=found.prefix)


@pytest.fixture
def index(elastic: AsyncElasticsearch, names: Names) -> ElasticsearchSearchIndex:
    """The index of that generation. Nothing here aggregates, which is the record's."""
    return ElasticsearchSearchIndex(elastic, prefix=names.prefix, generation=GENERATION)
