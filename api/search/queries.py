"""Queries of search: hits with facets, names that begin like what was typed, and aggregates of runs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated

import strawberry

from api.connections import AFTER, FIRST, PageInfo, TotalCount, check_first
from api.filters.ancestry import replace_ancestry
from api.filters.inputs import FilterInput
from api.filters.surroundings import at_path
from api.filters.texts import QUERY, read_question
from api.info import Info
from api.lineage.walking import load_values
from api.nodes.wrapping import wrap
from api.reading import DEFAULT_WAIT_MS, AtLeast, WaitMs, WithFallback, await_token
from api.search.aggregates import AggregateGroups, GroupBucket
from api.search.asking import (
    ask_index,
    ask_record,
    complete,
    find_scope,
    make_freshness,
    make_record_index,
    read_scope,
    show_hidden,
)
from api.search.correcting import ask_known_keys, ask_known_words
from api.search.enums import DocumentKind, SuggestionKind
from api.search.inputs import (
    FacetInput,
    GroupByInput,
    LineageScope,
    MeasureInput,
    SearchOrderBy,
    read_facets,
    read_groups,
    read_measures,
    read_search_orders,
)
from api.search.types import FacetCounts, SearchCompleteness, SearchConnection, SearchEdge, Suggestion
from domain.errors import InvalidInput, TooLarge
from domain.filters import EVERYTHING, Filter, LineageLeaf, TextLeaf, iterate_leaves, normalise
from domain.orders import MetricOrder
from domain.search.aggregates import GROUP_LIMIT, AggregateQuestion
from domain.search.answers import SearchAnswer
from domain.search.questions import SearchQuestion
from domain.text.parsing import parse_text
from projection.routing import Answered, Fallback
from search.search_index import SearchIndex

DEFAULT_HITS = 20
MOST_SUGGESTED = 100
LONGEST_PREFIX = 500

TEXT = (
    'Words and phrases that a hit has in its text, such as `learn* "loss spike" not warmup`: all of them, unless `or` '
    "stands between. See /docs/reference/query-language."
)
SCOPE = "Only what lies on one side of nodes, and what is written about it."

Text = Annotated[str | None, strawberry.argument(description=TEXT)]
Where = Annotated[FilterInput | None, strawberry.argument(description="Only what fulfils this.")]
Query = Annotated[str | None, strawberry.argument(description=QUERY)]
Within = Annotated[LineageScope | None, strawberry.argument(description=SCOPE)]


@strawberry.type
class SearchQueries:
    @strawberry.field(
        description="Words, dimensions and ancestry in one question. A note or artifact has the dimensions of what it "
        "stands on: `where` and facets ask those. Without an order the best come first where there are words, else the "
        "newest. Pages go on where they stood, though more was written."
    )
    async def search(
        self,
        info: Info,
        text: Text = None,
        where: Where = None,
        query: Query = None,
        kinds: Annotated[
            list[DocumentKind] | None, strawberry.argument(description="Only these; left out, all of them.")
        ] = None,
        scope: Within = None,
        facets: Annotated[
            list[FacetInput] | None, strawberry.argument(description="Counts of all hits, at most 20.")
        ] = None,
        order_by: Annotated[
            list[SearchOrderBy] | None, strawberry.argument(description="At most 8 keys; the first weighs most.")
        ] = None,
        first: Annotated[int, strawberry.argument(description=FIRST)] = DEFAULT_HITS,
        after: Annotated[str | None, strawberry.argument(description=AFTER)] = None,
        at_least: AtLeast = None,
        wait_ms: WaitMs = DEFAULT_WAIT_MS,
        fallback: WithFallback = Fallback.RECORD,
    ) -> SearchConnection:
        await await_token(info, at_least, wait_ms=wait_ms, fallback=fallback)
        asked, within = await _read_conditions(info, text, where, query), read_scope(info, scope)
        walks = [*asked.walks, *([] if within is None else [within])]
        question = SearchQuestion(
            workspace=info.context.workspace,
            text=asked.text,
            where=asked.where,
            kinds=_read_kinds(kinds),
            scope=await find_scope(info, within),
            lineage=repr(walks) if walks else "",
            facets=read_facets(facets),
            orders=read_search_orders(order_by),
            first=check_first(first),
            after=after,
        )
        record = make_record_index(info.context, question.where, question.orders)
        answered = await ask_index(info, _ask_search(info, question, record), record=record)
        words = text if text is not None else query if asked.is_words else None
        if words is None and query is not None and where is None:
            return await _show(info, question, answered, is_cut=asked.is_cut, correct=ask_known_keys(info, asked.tree))
        return await _show(info, question, answered, is_cut=asked.is_cut, correct=ask_known_words(info, words))

    @strawberry.field(
        description="Names in use that begin like what was typed, or are a typo away from it, the likeliest first. A "
        "new name is there a few seconds after it was written."
    )
    async def suggest(
        self,
        info: Info,
        prefix: Annotated[
            str, strawberry.argument(description=f"What was typed so far, at most {LONGEST_PREFIX} characters.")
        ],
        kinds: Annotated[
            list[SuggestionKind] | None, strawberry.argument(description="Only these; left out, all of them.")
        ] = None,
        first: Annotated[int, strawberry.argument(description=f"How many at most, 0 to {MOST_SUGGESTED}.")] = 10,
        at_least: AtLeast = None,
        wait_ms: WaitMs = DEFAULT_WAIT_MS,
        fallback: WithFallback = Fallback.RECORD,
    ) -> list[Suggestion]:
        await await_token(info, at_least, wait_ms=wait_ms, fallback=fallback)
        check_first(first, limit=MOST_SUGGESTED)
        if len(prefix) > LONGEST_PREFIX:
            raise TooLarge(f"the prefix has {len(prefix)} characters; at most {LONGEST_PREFIX} are taken",
                           path=["prefix"])  # fmt: skip
        if "\0" in prefix:
            raise InvalidInput("a NUL character cannot stand in a name", path=["prefix"])
        workspace, wanted = info.context.workspace, frozenset(SuggestionKind) if kinds is None else frozenset(kinds)
        found = await ask_index(
            info,
            lambda index: index.suggest(workspace, prefix, wanted, first=first),
            record=make_record_index(info.context),
        )
        return [Suggestion(kind=one.kind, text=one.text, count=one.count) for one in found.value]

    @strawberry.field(
        description="Runs in groups, counted, and their numbers: without fetching a row. The record itself answers."
    )
    async def aggregate(
        self,
        info: Info,
        where: Where = None,
        query: Query = None,
        scope: Within = None,
        by: Annotated[
            list[GroupByInput] | None,
            strawberry.argument(description="What a group shares, at most 4; left out, all runs are one group."),
        ] = None,
        measures: Annotated[
            list[MeasureInput] | None, strawberry.argument(description="What is computed of each group, at most 20.")
        ] = None,
        first: Annotated[
            int, strawberry.argument(description=f"Groups at most, the largest first, 1 to {GROUP_LIMIT}.")
        ] = 100,
        at_least: AtLeast = None,
        wait_ms: WaitMs = DEFAULT_WAIT_MS,
        fallback: WithFallback = Fallback.RECORD,
    ) -> AggregateGroups:
        await await_token(info, at_least, wait_ms=wait_ms, fallback=fallback)
        asked = await _read_conditions(info, None, where, query)
        question = AggregateQuestion(
            workspace=info.context.workspace,
            where=asked.where,
            by=read_groups(by),
            measures=read_measures(measures),
            scope=await find_scope(info, read_scope(info, scope)),
            first=first,
        )
        orders = [MetricOrder(measure.key, measure.of) for measure in question.measures]
        record = make_record_index(info.context, question.where, orders)
        answered = await ask_record(info, lambda index: index.aggregate(question), record=record)
        found = answered.value
        return AggregateGroups(
            buckets=[GroupBucket.of(group) for group in found.groups],
            left_out=TotalCount(value=found.left_out.value, exact=found.left_out.exact),
            completeness=SearchCompleteness.of(complete(found.completeness, is_cut=asked.is_cut)),
            freshness=make_freshness(info, answered.freshness),
        )


@dataclass(frozen=True, slots=True)
class _Conditions:
    """What the arguments ask for. `tree`: `where` and `query` as they were written; `walks`: the leaves about lineage,
    whose ids stand in `where`; `is_cut` where these are not all. `is_words`: `query` is about nothing but words.
    """

    text: Filter
    where: Filter
    tree: Filter
    walks: list[LineageLeaf]
    is_cut: bool
    is_words: bool


async def _read_conditions(info: Info, text: str | None, where: FilterInput | None, query: str | None) -> _Conditions:
    """Return what is asked for, leaves about lineage as ids. Raises `InvalidInput`, `TooLarge`, `NotFound`."""
    words = EVERYTHING if text is None else at_path(["text"], lambda: parse_text(text))
    tree = await read_question(where, query, info.context.workspace)
    name = "query" if where is None else "where"
    normal = at_path([name], lambda: normalise(tree))
    replaced, is_cut = await replace_ancestry(info, normal, name)
    leaves = list(iterate_leaves(normal))
    is_words = where is None and bool(leaves) and all(isinstance(leaf, TextLeaf) for leaf in leaves)
    walks = [leaf for leaf in leaves if isinstance(leaf, LineageLeaf)]
    return _Conditions(words, replaced, normal, walks, is_cut, is_words)


def _read_kinds(given: list[DocumentKind] | None) -> frozenset[DocumentKind]:
    if given is None:
        return frozenset(DocumentKind)
    if not given:
        raise InvalidInput("name at least one kind, or leave them out for all", path=["kinds"])
    return frozenset(given)


def _ask_search(
    info: Info, question: SearchQuestion, record: SearchIndex
) -> Callable[[SearchIndex], Awaitable[SearchAnswer]]:
    async def ask(index: SearchIndex) -> SearchAnswer:
        return await index.search(question if index is record else await show_hidden(info, question))

    return ask


async def _show(
    info: Info,
    question: SearchQuestion,
    answered: Answered[SearchAnswer],
    *,
    is_cut: bool,
    correct: Callable[[], Awaitable[str | None]],
) -> SearchConnection:
    """Return a page of hits; what the record no longer has (an index that is behind still does) is left out."""
    answer, terms = answered.value, question.terms
    values = await load_values(info, [hit.key for hit in answer.hits])
    edges = [
        SearchEdge(
            cursor=hit.cursor,
            score=hit.score,
            node=wrap(values[hit.key], info.context.workspace),
            texts=hit.texts,
            terms=terms,
        )
        for hit in answer.hits
        if hit.key in values
    ]
    return SearchConnection(
        edges=edges,
        nodes=[edge.node for edge in edges],
        page_info=PageInfo(end_cursor=answer.hits[-1].cursor if answer.hits else None, has_next_page=answer.has_next),
        facets=[FacetCounts.of(one) for one in answer.facets],
        completeness=SearchCompleteness.of(complete(answer.completeness, is_cut=is_cut)),
        freshness=make_freshness(info, answered.freshness),
        total=answer.total,
        correct=correct,
    )
