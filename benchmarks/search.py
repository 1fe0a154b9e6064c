"""Search in the record and in Elasticsearch, beside the same query sent by hand (`--notes`, a million without)."""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import msgspec
import sqlalchemy as sa
from elasticsearch import AsyncElasticsearch

from benchmarks.figures import count, print_table, show_times, time_each
from benchmarks.run_table_data import fill_runs
from benchmarks.search_data import fill_index, fill_notes, make_words
from domain.filters import EVERYTHING, And, Field, Filter, IdsLeaf, MetricLeaf, ParamLeaf, Statistic
from domain.ids import WorkspaceID
from domain.orders import Direction, FieldOrder, MetricOrder
from domain.predicates import parse_predicate
from domain.search.aggregates import AggregateQuestion, Function, Measure
from domain.search.answers import SuggestionKind
from domain.search.documents import DocumentKind
from domain.search.questions import By, Dimension, Facet, Interval, Scope, SearchQuestion
from domain.text.parsing import parse_text
from search.elastic.facets import build_facets
from search.elastic.generations import Names, Part, prepare_generation
from search.elastic.index import ElasticsearchSearchIndex
from search.elastic.requests import build_page, build_window, is_ranked_twice
from search.postgres_index import PostgresSearchIndex
from search.search_index import SearchIndex
from store import tables
from store.database import Database
from store.embedded import EmbeddedPostgres
from store.migrations.runner import migrate
from store.search.vocabulary import learn_words
from tests.servers.java_servers import ElasticsearchServer

NOTES = 1_000_000
NOTES_A_RUN = 10
PARAMS, METRICS, TAGS = 10, 10, 5
WARMING, TIMES = 3, 20
PAGE = 20
RARE = 2_000
"""The place of a word that few notes have among the most frequent."""

DEEP = 50
"""Pages that are turned before the deep one."""

JVM = ("-Xms3g", "-Xmx3g", "-XX:-UsePerfData")
PREFIX, GENERATION = "bench", 1
KIND = frozenset({DocumentKind.NOTE})
FACETS = (
    Facet(dimension=Dimension.TAG, key="t1"),
    Facet(dimension=Dimension.STATUS),
    Facet(dimension=Dimension.CREATED_AT, interval=Interval.MONTH),
)


def make_questions(workspace: WorkspaceID, runs: list[Any]) -> dict[str, SearchQuestion]:
    """Return what is asked of both; scopes are runs, and their notes."""

    def ask(text: str | None, **more: Any) -> SearchQuestion:
        words = EVERYTHING if text is None else parse_text(text)
        return SearchQuestion(workspace=workspace, text=words, kinds=KIND, first=PAGE, **more)

    def last(key: str, name: str, value: Any) -> Filter:
        return MetricLeaf(key, Statistic.LAST, parse_predicate(name, value))

    by_date = (FieldOrder(Field.CREATED_AT, Direction.DESC),)
    low = And((last("m1", "lt", 0.1), ParamLeaf("p1", parse_predicate("lt", 5))))
    return {
        "word in a third of all notes": ask("warmup"),
        "three words, ranked by nearness": ask("momentum fp8 schedule"),
        "word in few notes": ask(make_words()[RARE]),
        "technical word": ask("val_loss"),
        "phrase": ask('"learning rate"'),
        "start of a word": ask("grad*"),
        "word, newest first": ask("warmup", orders=by_date),
        "word, range, three facets": ask("warmup", where=low, facets=FACETS),
        "word, by a metric of the run": ask("spike", where=last("m1", "lt", 0.3), orders=(MetricOrder("m0"),)),
        "facets alone": replace(ask("spike", facets=FACETS), first=0),
        f"page {DEEP}": ask("baseline", orders=by_date),
        **{
            f"word in a scope of {size:,} runs": ask("warmup", scope=Scope(IdsLeaf.of(runs[:size])))
            for size in (10, 1_000, 10_000, 100_000)
            if size <= len(runs)
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--notes", type=int, default=NOTES)
    known, _ = parser.parse_known_args()
    with tempfile.TemporaryDirectory(prefix="whence-bench-") as folder:
        asyncio.run(_measure(Path(folder), known.notes))


async def _measure(folder: Path, notes: int) -> None:
    async with EmbeddedPostgres(folder / "data") as server, ElasticsearchServer(folder / "es", jvm=JVM) as engine:
        await migrate(server.url)
        await fill_runs(server.url, runs=max(notes // NOTES_A_RUN, 1), params=PARAMS, metrics=METRICS, tags=TAGS)
        database = Database.connect(server.url, pool_size=2)
        client = AsyncElasticsearch(engine.url, request_timeout=120)
        try:
            await _compare(database, client, engine.url, notes)
        finally:
            await client.close()
            await database.close()


async def _compare(database: Database, client: AsyncElasticsearch, url: str, notes: int) -> None:
    async with database.read() as conn:
        found = await conn.exec_driver_sql("SELECT id FROM workspaces WHERE name = 'default'")
        workspace = WorkspaceID(found.scalar_one())
        runs = list((await conn.execute(sa.select(tables.runs.c.id).order_by(tables.runs.c.id))).scalars())
    record = PostgresSearchIndex(database.read)
    index = ElasticsearchSearchIndex(client, prefix=PREFIX, generation=GENERATION, record=record)
    await prepare_generation(client, Names(PREFIX), GENERATION)
    filled = await fill_notes(database, workspace, count=notes)
    began = time.perf_counter()
    await learn_words(database)
    learned = time.perf_counter() - began
    making, writing = await fill_index(database, index, workspace)
    total = notes + len(runs)
    size = f"{count(notes)} notes of 65 words on {count(len(runs))} runs x {PARAMS} params x {METRICS} metrics"
    print_table(
        f"Filling search: {size}",
        ("what", "a second", "seconds"),
        [
            ("notes into the record, tokens and all", count(notes / filled), count(filled)),
            ("words in use learned, of notes", count(notes / learned), count(learned)),
            ("documents made of the record", count(total / making), count(making)),
            ("documents into Elasticsearch", count(total / writing), count(writing)),
        ],
    )
    await client.indices.forcemerge(index=Names(PREFIX).all_of(GENERATION), max_num_segments=5)
    rows = []
    async with httpx.AsyncClient(base_url=url, timeout=60) as http:
        for name, question in make_questions(workspace, runs).items():
            rows.append(await _ask(name, question, record, index, http))
    rows += [await _ask_names(name, ask, record, index) for name, ask in make_other(workspace).items()]
    print_table(
        f"Search among {count(notes)} notes, {TIMES} times, p50 / p95",
        ("question", "hits", "record", "Elasticsearch", "by hand", "ratio to by hand"),
        rows,
    )


async def _ask(
    name: str, question: SearchQuestion, record: SearchIndex, index: SearchIndex, http: httpx.AsyncClient
) -> tuple[str, ...]:
    pages = DEEP if name.startswith("page") else 0
    in_record, in_index = [await _turn(each, question, pages) for each in (record, index)]
    slow = await _time(lambda: record.search(in_record))
    quick = await _time(lambda: index.search(in_index))
    hand = await _time(_make_hand(http, question)) if not pages else []
    answer, other = await index.search(in_index), await record.search(in_record)
    if answer.total != other.total:
        raise RuntimeError(f"{name}: {answer.total} hits in Elasticsearch, {other.total} in the record")
    ratio = f"{statistics.median(quick) / statistics.median(hand):.2f}" if hand else "-"
    hits = f"{answer.total.value:,}" + ("" if answer.total.exact else " or more")
    return name, hits, show_times(slow), show_times(quick), show_times(hand) if hand else "-", ratio


async def _turn(index: SearchIndex, question: SearchQuestion, pages: int) -> SearchQuestion:
    """Return the question for a page so many behind the first."""
    for _ in range(pages):
        question = replace(question, after=(await index.search(question)).hits[-1].cursor)
    return question


def _make_hand(http: httpx.AsyncClient, question: SearchQuestion) -> Callable[[], Awaitable[object]]:
    """Return the one request that asks Elasticsearch the same without us, no point in time: hits with their texts, the
    first of several words ranked by how near these stand too, and facets.
    """
    if is_ranked_twice(question):
        body = build_window(question, "", rank=0, size=question.first)
    else:
        body = build_page(question, "", size=question.first)
    body |= {"aggs": build_facets(question)["aggs"]} if question.facets else {}
    del body["pit"]
    path = f"/{','.join(Names(PREFIX).index(part, GENERATION) for part in (Part.THINGS, Part.NOTES))}/_search"
    content = msgspec.json.encode(body)

    async def send() -> object:
        answer = await http.post(path, content=content, headers={"content-type": "application/json"})
        return msgspec.json.decode(answer.raise_for_status().content)

    return send


def make_other(workspace: WorkspaceID) -> dict[str, Callable[[SearchIndex], Awaitable[object]]]:
    """Return what is asked beside hits; aggregates are the record's in both."""
    measures = (Measure("m0", Statistic.LAST, (Function.COUNT, Function.MEAN, Function.P50, Function.STDDEV)),)
    aggregate = AggregateQuestion(workspace=workspace, by=(By(dimension=Dimension.TAG, key="t0"),), measures=measures)
    kinds = frozenset(SuggestionKind)
    return {
        "a typo corrected": lambda index: index.correct(workspace, "wramup momentun"),
        "names suggested": lambda index: index.suggest(workspace, "run 12", kinds, first=8),
        "runs grouped by a tag, mean, P50, STDDEV": lambda index: index.aggregate(aggregate),
    }


async def _ask_names(
    name: str, ask: Callable[[SearchIndex], Awaitable[object]], record: SearchIndex, index: SearchIndex
) -> tuple[str, ...]:
    slow, quick = [await _time(lambda each=each: ask(each)) for each in (record, index)]  # type: ignore[misc]
    return name, "-", show_times(slow), show_times(quick), "-", "-"


async def _time(work: Callable[[], Awaitable[object]]) -> list[float]:
    await time_each(work, WARMING)
    return await time_each(work, TIMES)


if __name__ == "__main__":
    main()
