"""The bodies of searches: what every one of them filters, pages in an order, and the first ranked twice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from domain.filters import EVERYTHING, Filter
from domain.orders import NEWEST_FIRST, Direction
from domain.pages import COUNT_LIMIT
from domain.search.aggregates import AggregateQuestion
from domain.search.documents import DocumentKind
from domain.search.questions import RelevanceOrder, SearchOrder, SearchQuestion
from domain.text.terms import Term
from search.elastic.filters import IDS, build_filter, build_ranked, has_words, match_ids
from search.elastic.orders import BY_SCORE, asks_score, build_sort
from search.elastic.points import KEPT
from search.elastic.queries import Query, none_of, term, terms
from search.elastic.texts import match_row

Body = dict[str, Any]

WINDOW = 200
"""Hits that are ranked again by how near the words stand."""

NEAR = 2
"""Parts that may stand between words that are near."""

NEAR_WEIGHT = 2
NEAR_PARTS = 16
SOURCE = ["id", "kind", "texts"]


def choose_orders(question: SearchQuestion) -> tuple[SearchOrder, ...]:
    """Return the order of a question: by relevance where there are words and no other is asked for, else by date."""
    return question.orders or (BY_SCORE if question.terms else NEWEST_FIRST)


def is_ranked_twice(question: SearchQuestion) -> bool:
    """Say whether the first hits are ranked again: by relevance, the best first, and of several words."""
    return choose_orders(question) == (RelevanceOrder(Direction.DESC),) and len(_near(question.terms)) > 1


def build_query(question: SearchQuestion, *, unwanted: Query | None = None) -> Query:
    """Return the query of a page, scored where its order asks for it."""
    condition = question.condition
    visible = list_visible(question) + ([] if unwanted is None else [none_of([unwanted])])
    if asks_score(choose_orders(question)) and has_words(condition):
        return {"bool": {"must": [build_ranked(condition)], "filter": visible}}
    return build_hits(question, condition, unwanted=unwanted)


def build_hits(
    question: SearchQuestion | AggregateQuestion, condition: Filter = EVERYTHING, *, unwanted: Query | None = None
) -> Query:
    """Return the query of what fulfils a condition and may be seen, without a score."""
    query = build_filter(condition)
    wanted = [*list_visible(question), query] + ([] if unwanted is None else [none_of([unwanted])])
    return {"bool": {"filter": wanted}}


def list_visible(question: SearchQuestion | AggregateQuestion) -> list[Query]:
    """Return what every search filters: the workspace first of all."""
    kinds = question.kinds if isinstance(question, SearchQuestion) else frozenset({DocumentKind.RUN})
    visible = [term("workspace", question.workspace.hex), term("deleted", False), terms("kind", sorted(kinds))]
    if question.hidden:
        visible.append(none_of([match_ids("experiment", question.hidden)]))
    if question.scope is not None:
        visible.append(match_ids(IDS, question.scope.ids.ids))
    return visible


def build_page(
    question: SearchQuestion,
    point: str,
    *,
    size: int,
    after: Sequence[Any] | None = None,
    unwanted: Query | None = None,
) -> Body:
    """Return the body of a page in an order, behind some sort values."""
    body: Body = {
        "query": build_query(question, unwanted=unwanted),
        "sort": build_sort(choose_orders(question)),
        **_pinned(point, size),
    }
    return body if after is None else body | {"search_after": list(after)}


def build_window(question: SearchQuestion, point: str, *, rank: int, size: int) -> Body:
    """Return the body of a page among the hits that are ranked twice."""
    near = match_row(_near(question.terms), "parts", slop=NEAR)
    again = {"rescore_query": near, "rescore_query_weight": NEAR_WEIGHT}
    return {
        "query": build_query(question),
        "from": rank,
        "rescore": {"window_size": WINDOW, "query": again},
        **_pinned(point, size),
    }


def _pinned(point: str, size: int) -> Body:
    return {
        "pit": {"id": point, "keep_alive": KEPT},
        "size": size,
        "track_total_hits": COUNT_LIMIT,
        "_source": SOURCE if size else False,
    }


def _near(asked: tuple[Term, ...]) -> list[str]:
    return [part for one in asked for part in one.parts][:NEAR_PARTS]
