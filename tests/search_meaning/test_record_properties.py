"""Random worlds and questions: the record answers as memory does with the documents that are made of it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.filters import EVERYTHING, Statistic
from domain.search.aggregates import AggregateAnswer, AggregateQuestion, Function, Measure
from domain.search.documents import SearchDocument
from domain.search.questions import DATES, KEYED, By, Dimension, Interval, SearchQuestion
from search.memory.memory_index import MemorySearchIndex
from search.postgres_index import PostgresSearchIndex
from search.search_index import SearchIndex
from store.database import Database
from tests.run_table.questions import KEYS, rarely
from tests.search.random_questions import ASKED, CASES, ZONES, questions, trees, worlds
from tests.search.reading import read_all
from tests.search_meaning.recording import World, record_world

pytestmark = pytest.mark.filterwarnings("ignore:Generating overly large repr")
"""A world with its questions is long to print, and as an error that would stand where the difference should."""

WORLDS = CASES[settings.get_current_profile_name() != "ordinary"] // ASKED


@st.composite
def groupings(draw: st.DrawFn) -> By:
    dimension = draw(st.sampled_from(list(Dimension)))
    return By(
        dimension=dimension,
        key=draw(st.sampled_from(KEYS)) if dimension in KEYED else None,
        interval=draw(st.sampled_from(list(Interval))) if dimension in DATES else None,
        time_zone=draw(st.sampled_from(ZONES)),
    )


measures = st.builds(
    Measure,
    st.sampled_from(KEYS),
    st.sampled_from(list(Statistic)),
    st.lists(st.sampled_from(list(Function)), min_size=1, max_size=4, unique=True).map(tuple),
)


@st.composite
def aggregate_questions(draw: st.DrawFn) -> AggregateQuestion:
    return AggregateQuestion(
        workspace=draw(questions()).workspace,
        where=draw(st.just(EVERYTHING) | trees),
        by=tuple(draw(st.lists(groupings(), max_size=3, unique=True))),
        measures=tuple(draw(st.lists(measures, max_size=3))),
        first=draw(st.sampled_from([1, 3, 100])),
    )


@settings(max_examples=WORLDS)
@given(world=worlds(), asked=st.lists(questions(), min_size=ASKED, max_size=ASKED), archived=rarely)
async def test_the_record_answers_as_memory_does(
    record: Database, world: list[SearchDocument], asked: list[SearchQuestion], archived: bool
) -> None:
    written = await record_world(record, world, archived=archived)
    memory = await _fill(written)
    index = PostgresSearchIndex(record.read)
    here = [written.ask(question) for question in asked]
    expected = [await read_all(memory, question) for question in here]
    found = await asyncio.gather(*(read_all(index, question) for question in here))

    for answer, wanted in zip(found, expected, strict=True):
        assert answer == wanted


@settings(max_examples=WORLDS)
@given(world=worlds(), asked=st.lists(aggregate_questions(), min_size=ASKED, max_size=ASKED))
async def test_the_record_groups_and_measures_as_memory_does(
    record: Database, world: list[SearchDocument], asked: list[AggregateQuestion]
) -> None:
    written = await record_world(record, world)
    memory = await _fill(written)
    index = PostgresSearchIndex(record.read)
    here = [replace(one, workspace=written.workspace, where=written.translate(one.where)) for one in asked]
    expected = [await memory.aggregate(question) for question in here]
    found = await asyncio.gather(*(index.aggregate(question) for question in here))

    for answer, told in zip(found, expected, strict=True):
        assert _plain(answer) == _plain(told)
        for measured, wanted in zip(_list_values(answer), _list_values(told), strict=True):
            assert measured == (None if wanted is None else pytest.approx(wanted, rel=1e-9))


async def _fill(world: World) -> SearchIndex:
    memory = MemorySearchIndex()
    await memory.apply(world.documents)
    return memory


def _plain(answer: AggregateAnswer) -> Any:
    """Return all of an answer that is alike to the last bit: everything but what is computed."""
    groups = [
        (
            [(one.by, type(one.value), one.value) for one in group.keys],
            group.count,
            [replace(one, value=None) for one in group.measures],
        )
        for group in answer.groups
    ]
    return groups, answer.left_out, answer.completeness


def _list_values(answer: AggregateAnswer) -> list[float | None]:
    """Return what was computed: means and deviations agree to nine digits."""
    return [measured.value for group in answer.groups for measured in group.measures]
