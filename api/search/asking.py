"""The one way from a question of search to its answer: whatever gives it, the record or an index beside it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from typing import Any, TypeVar

from api.context import Context
from api.filters.ancestry import find_relatives
from api.filters.surroundings import MOST_STARTS
from api.info import Info
from api.lineage.answer_enums import AnswerSource
from api.lineage.asking import write_position
from api.lineage.completeness import Freshness
from api.reading import read_run_table
from api.search.inputs import LineageScope
from domain.errors import InvalidInput
from domain.filters import EVERYTHING, Filter, LineageLeaf, Relation
from domain.positions import Position
from domain.projections import Freshness as FoundFreshness
from domain.search.answers import Completeness, Reason
from domain.search.questions import RelevanceOrder, Scope, SearchQuestion
from projection.routing import RECORD, Answered, Wants
from search.postgres_index import PostgresSearchIndex
from search.search_index import SearchIndex
from store.edge_reads import fetch_border
from store.search.asking import fetch_hidden

T = TypeVar("T")
SIDES = {Relation.DESCENDANT_OF: "descendantsOf", Relation.ANCESTOR_OF: "ancestorsOf"}
Ask = Callable[[SearchIndex], Awaitable[T]]


async def ask_index(info: Info, ask: Ask[T], *, record: SearchIndex) -> Answered[T]:
    """Ask whoever answers about texts now. Raises `NotYetProjected` and `Unavailable` where no fallback is wanted."""
    context = info.context
    router = context.services.index
    if router is None:
        return await ask_record(info, ask, record=record)
    return await router.ask(ask, context.wants or Wants(workspace=context.workspace), record=record)


async def ask_record(info: Info, ask: Ask[T], *, record: SearchIndex) -> Answered[T]:
    """Ask the record itself."""
    async with info.context.read() as conn:
        border = await fetch_border(conn)
    fresh = FoundFreshness(source=RECORD, record_position=border, projection_position=None, lag_seconds=0.0)
    return Answered(await ask(record), fresh)


def make_record_index(context: Context, where: Filter = EVERYTHING, orders: Iterable[Any] = ()) -> SearchIndex:
    """Return the record as an index: the primary once a token was sent, with late summaries of metrics in place where
    the question is about any.
    """
    keyed = [order for order in orders if not isinstance(order, RelevanceOrder)]
    return PostgresSearchIndex(lambda: read_run_table(context, where, keyed))


async def show_hidden(info: Info, question: SearchQuestion) -> SearchQuestion:
    """Return a question as an index beside the record needs it: it does not know which experiments were put away."""
    async with info.context.read() as conn:
        return replace(question, hidden=frozenset(await fetch_hidden(conn, info.context.workspace)))


def read_scope(info: Info, given: LineageScope | None) -> LineageLeaf | None:
    """Return the walk that a scope means. Raises `InvalidInput`, `NotFound` for another workspace's id."""
    if given is None:
        return None
    sides = [(Relation.DESCENDANT_OF, given.descendants_of), (Relation.ANCESTOR_OF, given.ancestors_of)]
    named = [(relation, of) for relation, of in sides if of is not None]
    if len(named) != 1:
        told = "both" if named else "neither"
        raise InvalidInput(f"one of descendantsOf and ancestorsOf is given, not {told}", path=["scope"])
    ((relation, of),) = named
    if not 1 <= len(of) <= MOST_STARTS:
        raise InvalidInput(f"{len(of)} nodes; 1 to {MOST_STARTS} are taken", path=["scope", SIDES[relation]])
    if given.max_depth is not None and given.max_depth < 1:
        raise InvalidInput(f"maxDepth is {given.max_depth}; it is 1 or more", path=["scope", "maxDepth"])
    where = ("scope", SIDES[relation])
    refs = tuple(ref.to_domain(info.context.workspace, *where, str(number)) for number, ref in enumerate(of))
    return LineageLeaf(relation, refs, given.max_depth)


async def find_scope(info: Info, asked: LineageLeaf | None) -> Scope | None:
    """Return what lies in a scope. Raises `NotFound`, `Conflict`."""
    if asked is None:
        return None
    return await find_relatives(info, asked.relation, asked.of, asked.max_depth, "scope", SIDES[asked.relation])


def complete(found: Completeness, *, is_cut: bool) -> Completeness:
    """Return the completeness of an answer of which a leaf about lineage was cut, too."""
    if not is_cut or Reason.SCOPE_CUT in found.reasons:
        return found
    return Completeness((Reason.SCOPE_CUT, *found.reasons))


def make_freshness(info: Info, found: FoundFreshness) -> Freshness:
    """Return how fresh an answer is: where its lineage came from a graph that is further behind, as that is."""
    graph = info.context.graph_freshness
    parts = [one for one in (found, graph) if one is not None and one.projection_position is not None]
    seen = [one.projection_position for one in parts if one.source != RECORD and one.projection_position is not None]
    position = min(seen, default=found.record_position)
    source = AnswerSource.RECORD if found.source == RECORD else AnswerSource.INDEX
    return Freshness(
        source=source,
        record_position=write_position(found.record_position),
        projection_position=write_position(Position(position)),
        lag_seconds=max([0.0, *(one.lag_seconds for one in parts if one.source != RECORD)]),
    )
