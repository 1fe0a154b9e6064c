"""One stretch of an order over some runs, as the parts of a statement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from store.run_table.comparisons import Condition, Expression
from store.run_table.cursors import Place
from store.run_table.leaves import RunsTable
from store.run_table.questions import Question
from store.run_table.sorting import Part, SortKey, flatten, make_sort_key


@dataclass(frozen=True, slots=True)
class Lane:
    """What to select from, the id and the keys of a row there, and what holds in the stretch."""

    source: sa.FromClause
    run: Expression
    parts: tuple[Part, ...]
    condition: Condition
    key: SortKey
    is_missing: bool

    @property
    def types(self) -> tuple[sa.types.TypeEngine[Any], ...]:
        """Return the types of a place's values."""
        return tuple(part.value.type for part in self.parts)

    def select(self, after: Place | None, *more: Any) -> sa.Select[Any]:
        """Return the rows behind a place in their order: run_id, part_0 and on, then `more`."""
        labelled = [part.value.label(f"part_{number}") for number, part in enumerate(self.parts)]
        query = sa.select(self.run.label("run_id"), *labelled, *more).select_from(self.source).where(self.condition)
        if after is not None:
            query = query.where(_is_behind(self.parts, self.run, after))
        return query.order_by(*_order([part.value for part in self.parts], self.parts), self.run)

    def order_again(self, rows: sa.FromClause) -> list[Any]:
        """Return the order of rows that `select` gave."""
        columns = [rows.c[f"part_{number}"] for number in range(len(self.parts))]
        return [*_order(columns, self.parts), rows.c.run_id]

    def columns_again(self, rows: sa.FromClause) -> list[Any]:
        """Return the id and the keys of rows that `select` gave."""
        return [rows.c.run_id, *(rows.c[f"part_{number}"] for number in range(len(self.parts)))]


def make_lane(question: Question, runs: RunsTable, stretch: int, *, along_values: bool) -> Lane:
    """Return the lane of a stretch over `runs`, or along the rows of values that the first key stands in.

    The lane of the missing holds all runs: leave out the others by `is_missing`.
    """
    keys = [make_sort_key(order, runs, question.lookups) for order in question.orders]
    first, further = keys[0], keys[1:]
    missing = stretch >= len(first.stretches)
    own: tuple[Part, ...] = () if missing else first.stretches[stretch].parts
    condition = sa.true() if missing else first.stretches[stretch].condition
    inside = runs.c.workspace == question.lookups.workspace
    if along_values:
        assert first.table is not None  # noqa: S101  for the type checker
        assert first.run is not None  # noqa: S101  for the type checker
        source, run, held = first.table, first.run, first.condition
        if question.needs_runs:
            source = source.join(runs, sa.and_(inside, runs.c.id == run))
    else:
        source, run, held = runs, runs.c.id, inside
        if first.table is not None and not missing:
            source = source.join(first.table, _belongs(first, runs))
    for key in further:
        if key.table is not None:
            source = source.outerjoin(key.table, _belongs(key, runs))
    return Lane(source, run, (*own, *flatten(further)), sa.and_(held, condition), first, missing)


def is_missing(key: SortKey, runs: RunsTable, *, forced: bool) -> Condition:
    """Return the condition that a run is in none of a key's stretches; `forced` as in conditions.probe."""
    held = sa.or_(*(stretch.condition for stretch in key.stretches))
    if key.table is None:
        return sa.not_(held)
    query: sa.Select[Any] = sa.select(sa.literal_column("1")).select_from(key.table).where(_belongs(key, runs), held)
    return ~(query.offset(sa.literal_column("0")) if forced else query).correlate(runs).exists()


def _belongs(key: SortKey, runs: RunsTable) -> Condition:
    return key.condition if key.run is None else sa.and_(key.condition, key.run == runs.c.id)


def _order(columns: Sequence[Expression], parts: Sequence[Part]) -> list[Any]:
    return [column.desc() if part.descending else column.asc() for column, part in zip(columns, parts, strict=True)]


def _is_behind(parts: Sequence[Part], run: Expression, after: Place) -> Condition:
    """Return the condition that a row comes behind a place. The first key bounds the range of its index."""
    columns = [*(part.value for part in parts), run]
    bounds = [sa.literal(value, column.type) for value, column in zip((*after.values, after.run), columns, strict=True)]
    descending = [*(part.descending for part in parts), False]
    if not any(descending):
        return sa.tuple_(*columns) > sa.tuple_(*bounds)
    ways = []
    for number, (column, bound) in enumerate(zip(columns, bounds, strict=True)):
        same = [earlier == there for earlier, there in zip(columns[:number], bounds[:number], strict=True)]
        ways.append(sa.and_(*same, column < bound if descending[number] else column > bound))
    start = columns[0] <= bounds[0] if descending[0] else columns[0] >= bounds[0]
    return sa.and_(start, sa.or_(*ways))
