"""The index in Elasticsearch follows the record: live, beside a rebuild, after drift, and after it lost what it had."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr

from projection.index_target import IndexTarget
from search.elastic.connecting import SearchClient, connect
from search.elastic.settings import ElasticsearchSettings
from store.database import Database
from tests.projection.following import Followed, describe, make_runs


@pytest.fixture(scope="session")
async def elastic(elasticsearch_url: str) -> AsyncIterator[SearchClient]:
    client = connect(ElasticsearchSettings(url=SecretStr(elasticsearch_url)))
    yield client
    await client.close()


@pytest.fixture
async def index(record: Database, elastic: SearchClient, index_prefix: str) -> AsyncIterator[Followed]:
    """The record with an index that follows it, under names that no other test has."""
    prefix = index_prefix.removesuffix("-")
    followed = Followed(record, IndexTarget(elastic, prefix=prefix))
    yield followed
    await followed.stop()
    await elastic.indices.delete_index_template(name=prefix)


async def test_the_index_is_the_record_and_stays_so(index: Followed) -> None:
    runs = await make_runs(index.record, 3)
    index.start()
    await index.catch_up()
    await describe(index.record, runs[0], "learns faster with a longer warmup")
    await make_runs(index.record, 2)
    await index.catch_up()
    comparison = await index.compare(deep=True)

    assert comparison.checked >= 5
    assert (comparison.differences, comparison.unsettled) == ([], [])
