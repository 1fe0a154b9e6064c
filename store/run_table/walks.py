"""Two ways to the next hits of a stretch: walk along its index, or gather every hit and put them in order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from domain.filters import FieldLeaf, Filter, MetricLeaf, ParamLeaf, TagLeaf
from domain.orders import MetricOrder, Order, ParamOrder, TagOrder
from store import tables
from store.run_table.comparisons import Condition, compare_doubles, compare_parameter
from store.run_table.conditions import join, live, probe
from store.run_table.cursors import Place
from store.run_table.lanes import Lane, is_missing, make_lane
from store.run_table.leaves import STATISTICS, compare_tag
from store.run_table.questions import Question
from store.run_table.sorting import make_sort_key


class Walk:
    """A walk along a stretch, from a place on, of so many steps at most."""

    def __init__(self, question: Question, stretch: int, after: Place | None) -> None:
        self._question = question
        self._after = after
        runs = tables.runs.alias("walked")
        self._is_along_values = _is_along_values(question, stretch)
        self.lane = make_lane(question, runs, stretch, along_values=self._is_along_values)
        self._runs = runs

    @property
    def is_plain(self) -> bool:
        """Say whether every step is a hit, as far as the order's own table tells."""
        return not self._is_along_values and not self.lane.is_missing and self._question.is_about_fields

    def select_steps(self, steps: int) -> sa.Select[Any]:
        """Return the rows that are looked at, whether they are hits or not."""
        question = self._question
        if self._is_along_values:
            narrowed = _narrow(question.orders[0], self.lane, question.conjuncts)
            return self.lane.select(self._after).where(*narrowed).limit(steps)
        fields = (item for item in question.conjuncts if isinstance(item, FieldLeaf))
        return (
            self.lane.select(self._after, self._runs)
            .where(live(self._runs, question.lifecycle, question.lookups))
            .where(*(probe(item, self._runs, question.lookups) for item in fields))
            .limit(steps)
        )

    def select_hits(self, steps: int, limit: int) -> sa.Select[Any]:
        """Return the first hits; the walk ends with the last of them."""
        question, lookups = self._question, self._question.lookups
        walk = self.select_steps(steps).subquery("walk")
        query = sa.select(*self.lane.columns_again(walk))
        if self._is_along_values:
            seen = tables.runs.alias("seen")
            query = query.join(seen, sa.and_(seen.c.workspace == lookups.workspace, seen.c.id == walk.c.run_id))
            query = query.where(live(seen, question.lifecycle, lookups), probe(question.where, seen, lookups))
        else:
            query = query.where(probe(question.where, walk, lookups))
            if self.lane.is_missing:
                key = make_sort_key(question.orders[0], walk, lookups)
                query = query.where(is_missing(key, walk, forced=True))
        return query.order_by(*self.lane.order_again(walk)).limit(limit)


def select_gathered(question: Question, stretch: int, after: Place | None, limit: int) -> sa.Select[Any]:
    """Return the first hits behind a place by way of all hits."""
    runs = tables.runs.alias("run")
    found = sa.select(runs).where(
        runs.c.workspace == question.lookups.workspace,
        live(runs, question.lifecycle, question.lookups),
        join(question.where, runs, question.lookups),
    )
    # Materialised: else the planner walks along the order's index in the hope of many hits.
    hits = found.cte("hits").prefix_with("MATERIALIZED", dialect="postgresql")
    lane = make_lane(question, hits, stretch, along_values=False)
    query = lane.select(after).limit(limit)
    return query.where(is_missing(lane.key, hits, forced=False)) if lane.is_missing else query


def _is_along_values(question: Question, stretch: int) -> bool:
    key = make_sort_key(question.orders[0], tables.runs, question.lookups)
    return key.run is not None and stretch < len(key.stretches)


def _narrow(order: Order, lane: Lane, conjuncts: Sequence[Filter]) -> list[Condition]:
    """Return those conditions of a filter that are about the very value the order goes by: they bound the walk."""
    table = lane.key.table
    assert table is not None  # noqa: S101  for the type checker
    found = []
    for item in conjuncts:
        match order, item:
            case MetricOrder(), MetricLeaf() if (order.key, order.of) == (item.key, item.of) and order.of in STATISTICS:
                found.append(compare_doubles(table.c[STATISTICS[order.of]], item.condition))
            case ParamOrder(), ParamLeaf() if order.key == item.key:
                found.append(compare_parameter(table, item.condition))
            case TagOrder(), TagLeaf() if order.key == item.key:
                found.append(compare_tag(table, item.condition))
    return found
