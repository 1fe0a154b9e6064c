"""Pages: of any order and of relevance, each hit once, whatever is written meanwhile."""

from __future__ import annotations

import asyncio
import math
from dataclasses import replace

import pytest
from elasticsearch import AsyncElasticsearch

from domain.errors import CursorExpired, InvalidInput
from domain.filters import EVERYTHING, Field, Filter, IdsLeaf, Statistic
from domain.orders import Direction, FieldOrder, MetricOrder, ParamOrder, TagOrder
from domain.search.answers import SearchAnswer
from domain.search.documents import DocumentKind
from domain.search.questions import RelevanceOrder, Scope, SearchOrder, SearchQuestion
from domain.text.parsing import parse_text
from search.elastic.index import ElasticsearchSearchIndex
from tests.search.making import ELSEWHERE, WORKSPACE, list_ids, list_numbers, make_note, make_run

PARAMS = [0.1, 1, 1.0, math.inf, 1.7976931348623157e308, "a", True, None]
LOSSES = [1.0, math.nan, math.inf, -math.inf, 2.0, None]


@pytest.fixture
async def filled(index: ElasticsearchSearchIndex) -> ElasticsearchSearchIndex:
    """Forty runs, and 450 notes of which most have both words, near each other or far."""
    runs = [
        make_run(
            number,
            params={} if (value := PARAMS[number % 8]) is None else {"lr": value},
            tags={"team": "xyz"[number % 3]} if number % 4 else {},
            metrics={} if (loss := LOSSES[number % 6]) is None else {"loss": {Statistic.LAST: loss}},
        )
        for number in range(1, 41)
    ]
    near = ["loss spike", "spike of the loss", f"loss {'and then ' * 9}spike"]
    notes = [make_note(number, f"{near[number % 3]} {number}", runs[number % 40]) for number in range(450)]
    await index.apply([*runs, *notes])
    await index.refresh()
    return index


async def read_all(
    index: ElasticsearchSearchIndex, *, text: Filter = EVERYTHING, orders: tuple[SearchOrder, ...] = (), first: int
) -> list[SearchAnswer]:
    """Return every page of a question; something is written between them."""
    pages: list[SearchAnswer] = []
    after = None
    while True:
        question = SearchQuestion(workspace=WORKSPACE, text=text, orders=orders, first=first, after=after)
        pages.append(await index.search(question))
        if not pages[-1].has_next:
            return pages
        after = pages[-1].hits[-1].cursor
        await index.apply([make_note(1000 + len(pages), "loss spike", make_run(1)), make_run(1, revision=len(pages))])
        await index.refresh()


@pytest.mark.parametrize(
    "orders",
    [
        (),
        (MetricOrder("loss"),),
        (MetricOrder("loss", Statistic.LAST, Direction.DESC), TagOrder("team")),
        (ParamOrder("lr"),),
        (ParamOrder("lr", Direction.DESC), FieldOrder(Field.CREATED_AT)),
        (FieldOrder(Field.ENDED_AT), FieldOrder(Field.NAME, Direction.DESC)),
        (FieldOrder(Field.NUMBER, Direction.DESC),),
    ],
)
async def test_pages_of_an_order_have_each_hit_once(
    filled: ElasticsearchSearchIndex, orders: tuple[SearchOrder, ...]
) -> None:
    whole = await filled.search(SearchQuestion(workspace=WORKSPACE, orders=orders, first=1000))
    pages = await read_all(filled, orders=orders, first=77)

    assert [hit.key for page in pages for hit in page.hits] == [hit.key for hit in whole.hits]
    assert {page.total for page in pages} == {whole.total}
    assert whole.total.value == 490


@pytest.mark.parametrize(
    ("text", "first"), [("loss spike", 60), ("loss spike", 199), ("loss", 60), ('"loss spike"', 44)]
)
async def test_pages_of_relevance_have_each_hit_once(filled: ElasticsearchSearchIndex, text: str, first: int) -> None:
    pages = await read_all(filled, text=parse_text(text), first=first)
    found = [hit.key for page in pages for hit in page.hits]

    assert len(found) == len(set(found)) == pages[0].total.value
    assert {page.total for page in pages} == {pages[0].total}
    assert pages[0].total.value == (150 if text[0] == '"' else 450)


async def test_words_that_stand_near_each_other_come_first(filled: ElasticsearchSearchIndex) -> None:
    answer = await filled.search(SearchQuestion(workspace=WORKSPACE, text=parse_text("loss spike"), first=30))

    assert {number % 3 for number in list_numbers(answer)} == {0}


async def test_scores_fall_within_the_window_and_behind_it(filled: ElasticsearchSearchIndex) -> None:
    pages = await read_all(filled, text=parse_text("loss spike"), first=50)
    scores = [hit.score for page in pages for hit in page.hits]

    assert scores[:200] == sorted(scores[:200], reverse=True)
    assert scores[200:] == sorted(scores[200:], reverse=True)


async def test_infinity_and_the_largest_number_are_one_place(filled: ElasticsearchSearchIndex) -> None:
    question = SearchQuestion(
        workspace=WORKSPACE, kinds=frozenset({DocumentKind.RUN}), orders=(ParamOrder("lr", Direction.DESC),), first=15
    )

    assert list_numbers(await filled.search(question)) == [5, 13, 21, 29, 37, 3, 4, 11, 12, 19, 20, 27, 28, 35, 36]


async def test_a_cursor_of_another_question_is_refused(filled: ElasticsearchSearchIndex) -> None:
    page = await filled.search(SearchQuestion(workspace=WORKSPACE, first=2))
    cursor = page.hits[-1].cursor
    others = [
        SearchQuestion(workspace=WORKSPACE, first=2, text=parse_text("loss"), after=cursor),
        SearchQuestion(workspace=WORKSPACE, first=2, orders=(TagOrder("team"),), after=cursor),
        SearchQuestion(workspace=ELSEWHERE, first=2, after=cursor),
        SearchQuestion(workspace=WORKSPACE, first=2, scope=Scope(IdsLeaf.of(list_ids([make_run(1)]))), after=cursor),
        SearchQuestion(workspace=WORKSPACE, first=2, after=cursor[:-8]),
        SearchQuestion(workspace=WORKSPACE, first=2, after="nonsense"),
    ]

    for question in others:
        with pytest.raises(InvalidInput, match="cursor"):
            await filled.search(question)


async def test_a_page_too_long_ago_is_told_from_a_wrong_one(
    elastic: AsyncElasticsearch, filled: ElasticsearchSearchIndex
) -> None:
    page = await filled.search(SearchQuestion(workspace=WORKSPACE, first=2))
    await elastic.close_point_in_time(id=filled.points.current)

    with pytest.raises(CursorExpired):
        await filled.search(SearchQuestion(workspace=WORKSPACE, first=2, after=page.hits[-1].cursor))
    assert len((await filled.search(SearchQuestion(workspace=WORKSPACE, first=2))).hits) == 2


async def test_a_first_page_of_none_counts_alone(filled: ElasticsearchSearchIndex) -> None:
    answer = await filled.search(SearchQuestion(workspace=WORKSPACE, text=parse_text("spike"), first=0))

    assert (answer.hits, answer.total.value, answer.has_next) == ((), 450, True)


async def test_order_is_by_date_or_relevance_where_none_is_asked_for(filled: ElasticsearchSearchIndex) -> None:
    by_date = await filled.search(SearchQuestion(workspace=WORKSPACE, kinds=frozenset({DocumentKind.NOTE}), first=3))
    by_words = SearchQuestion(workspace=WORKSPACE, text=parse_text("spike"), first=3)
    asked = SearchQuestion(workspace=WORKSPACE, text=parse_text("spike"), orders=(RelevanceOrder(),), first=3)

    assert list_numbers(by_date) == [449, 448, 447]
    assert list_numbers(await filled.search(by_words)) == list_numbers(await filled.search(asked))


async def test_only_so_many_points_are_kept_for_later_pages(
    elastic: AsyncElasticsearch, filled: ElasticsearchSearchIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("search.elastic.points.MOST", 3)
    asked = SearchQuestion(workspace=WORKSPACE, first=2)
    pages = []
    for _ in range(8):
        filled.points.forget()
        pages.append(await filled.search(asked))
    async with asyncio.timeout(20):
        while await count_open(elastic, filled) > 3:
            await asyncio.sleep(0.02)

    assert len((await filled.search(replace(asked, after=pages[-1].hits[-1].cursor))).hits) == 2
    with pytest.raises(CursorExpired):
        await filled.search(replace(asked, after=pages[0].hits[-1].cursor))


async def count_open(elastic: AsyncElasticsearch, index: ElasticsearchSearchIndex) -> int:
    """Return how many points in time are open on an index."""
    found = await elastic.indices.stats(index=index.points.indexes[0], metric="search")
    return int(found["_all"]["total"]["search"]["open_contexts"])
