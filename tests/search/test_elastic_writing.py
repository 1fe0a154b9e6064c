"""What is written: whole documents behind fences, strict, of a fixed size, and never raised from the dead."""

from __future__ import annotations

from typing import Any

import pytest
from elasticsearch import AsyncElasticsearch

from domain.errors import InvalidInput, Unavailable
from domain.filters import MetricLeaf, ParamLeaf, Statistic, TagLeaf
from domain.predicates import Operator, Predicate
from domain.search.answers import Reason
from domain.search.questions import SearchQuestion
from search.elastic.generations import Names, Part, drop_generation
from search.elastic.index import ElasticsearchSearchIndex
from search.elastic.writing import Write, write_documents
from tests.search.conftest import GENERATION
from tests.search.making import WORKSPACE, list_numbers, make_note, make_run

EVERYTHING = SearchQuestion(workspace=WORKSPACE, first=100)


def tagged(value: str) -> SearchQuestion:
    return SearchQuestion(workspace=WORKSPACE, where=TagLeaf("state", Predicate(Operator.EQ, (value,))))


async def find(index: ElasticsearchSearchIndex, question: SearchQuestion) -> list[int]:
    await index.refresh()
    return list_numbers(await index.search(question))


async def test_the_greater_revision_stays_in_whatever_order_they_come(index: ElasticsearchSearchIndex) -> None:
    states = [make_run(1, revision=revision, tags={"state": str(revision)}) for revision in (1, 2, 3)]
    for at in (1, 0, 1, 2, 0, 2, 1):
        await index.apply([states[at]])

    assert await find(index, tagged("3")) == [1]
    assert await find(index, tagged("2")) == []


async def test_a_tombstone_is_never_found_and_no_older_write_raises_it(index: ElasticsearchSearchIndex) -> None:
    run = make_run(1, revision=5)
    note = make_note(2, "a word", run, revision=7)
    await index.apply([run, note, make_run(1, revision=6, deleted=True)])
    await index.apply([run])

    assert await find(index, EVERYTHING) == [2]


async def test_a_field_that_nobody_knows_is_refused_for_good(elastic: AsyncElasticsearch, names: Names) -> None:
    write = Write(index=names.index(Part.THINGS, GENERATION), id="x", version=1, body={"id": "x", "unknown": 1})

    (refused,) = await write_documents(elastic, [write])

    assert refused.write == write
    assert refused.error.startswith("strict_dynamic_mapping_exception: ")


async def test_one_refused_document_keeps_none_of_the_others_out(
    elastic: AsyncElasticsearch, names: Names, index: ElasticsearchSearchIndex
) -> None:
    bad = make_run(2, metrics={"loss": {Statistic.COUNT: 2**70}})
    with pytest.raises(InvalidInput, match="refuses"):
        await index.apply([make_run(1), bad, make_run(3)])

    assert await find(index, EVERYTHING) == [3, 1]


async def test_a_dropped_index_is_not_made_again_by_a_write(
    elastic: AsyncElasticsearch, names: Names, index: ElasticsearchSearchIndex
) -> None:
    await drop_generation(elastic, names, GENERATION)

    with pytest.raises(Unavailable, match="index_not_found"):
        await index.apply([make_run(1)])
    assert not await elastic.indices.exists(index=names.index(Part.THINGS, GENERATION))


async def test_an_index_that_takes_no_writes_is_waited_for(
    elastic: AsyncElasticsearch, names: Names, index: ElasticsearchSearchIndex
) -> None:
    things = names.index(Part.THINGS, GENERATION)
    await elastic.indices.put_settings(index=things, settings={"index.blocks.write": True})
    with pytest.raises(Unavailable, match="takes no writes now"):
        await index.apply([make_run(1)])

    await elastic.indices.put_settings(index=things, settings={"index.blocks.write": None})
    await index.apply([make_run(1)])
    assert await find(index, EVERYTHING) == [1]


async def test_however_many_keys_runs_use_the_mapping_stays_as_it_is(
    elastic: AsyncElasticsearch, names: Names, index: ElasticsearchSearchIndex, is_long: bool
) -> None:
    """25 runs of 400 keys each; of 4,000, which is 100,000 keys, in the long suite."""
    keys = 4000 if is_long else 400

    async def read_mapping() -> Any:
        return (await elastic.indices.get_mapping(index=names.index(Part.THINGS, GENERATION))).body

    before = await read_mapping()
    await index.apply(
        [
            make_run(run, params={f"key {run} {number}": number for number in range(keys)}, tags={f"tag.{run}": "x"})
            for run in range(25)
        ]
    )

    assert await read_mapping() == before
    asked = ParamLeaf("key 3 77", Predicate(Operator.EQ, (77,)))
    assert await find(index, SearchQuestion(workspace=WORKSPACE, where=asked)) == [3]


async def test_a_run_of_many_series_is_held_with_its_first_ones_and_answers_say_so(
    index: ElasticsearchSearchIndex, is_long: bool
) -> None:
    """20,000 series; 100,000 in the long suite, of which each has a name to be suggested."""
    count = 100_000 if is_long else 20_000
    series = {f"m{number}": {Statistic.LAST: float(number), Statistic.COUNT: 1} for number in range(count)}
    params = {f"p{number}": number for number in range(4_000)}
    tags = {f"t{number}": "x" for number in range(500)}
    await index.apply([make_run(1, metrics=series, params=params, tags=tags), make_run(2)])
    await index.refresh()

    held = MetricLeaf("m1999", Statistic.LAST, Predicate(Operator.EQ, (1999,)))
    answer = await index.search(SearchQuestion(workspace=WORKSPACE, where=held))

    assert list_numbers(answer) == [1]
    assert answer.completeness.reasons == (Reason.METRICS_IN_RECORD_ONLY,)
    assert (await index.search(EVERYTHING)).completeness.complete
