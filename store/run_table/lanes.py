"""One stretch of an order over some runs, as the parts of a statement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from store.run_table.cursors import Place
from store.run_table.fragments import Values, all_of, negate, one_of
from store.run_table.questions import Question
from store.run_table.sorting import Part, SortKey, flatten, make_sort_key


@dataclass(frozen=True, slots=True)
class Lane:
    """What to select from, the id and the keys of a row there, and what holds in the stretch."""

    source: str
    run: str
    parts: tuple[Part, ...]
    conditions: tuple[str, ...]

    @property
    def kinds(self) -> tuple[str, ...]:
        """Return the Postgres types of a place's values."""
        return tuple(part.kind for part in self.parts)

    def select(self, after: Place | None, limit: str, values: Values, *, where: Sequence[str], more: str = "") -> str:
        """Return the rows behind a place in their order: run_id, part_0 and on, then `more`."""
        columns = [f"{part.value} AS part_{number}" for number, part in enumerate(self.parts)]
        behind = [] if after is None else [_is_behind(self.parts, self.run, after, values)]
        order = [f"part_{number}{' DESC' if part.descending else ''}" for number, part in enumerate(self.parts)]
        found = all_of([*self.conditions, *where, *behind])
        return (
            f"SELECT {', '.join([f'{self.run} AS run_id', *columns])}{more} FROM {self.source} "
            f"WHERE {found} ORDER BY {', '.join([*order, 'run_id'])} LIMIT {limit}"
        )

    def columns_of(self, rows: str) -> str:
        """Return the id and the keys of rows that `select` gave."""
        return ", ".join([f"{rows}.run_id", *(f"{rows}.part_{number}" for number in range(len(self.parts)))])

    def order_of(self, rows: str) -> str:
        """Return the order of rows that `select` gave."""
        parts = enumerate(self.parts)
        columns = [f"{rows}.part_{number}{' DESC' if part.descending else ''}" for number, part in parts]
        return ", ".join([*columns, f"{rows}.run_id"])


FIRST = "k0"
"""What the table of an order's first key is called in a lane."""


def make_lane(question: Question, runs: str, stretch: int, values: Values, *, table: str | None = None) -> Lane:
    """Return the lane of a stretch over `runs`, rows of `table`; without it, along the rows of values.

    The lane of the missing holds all runs: leave out the others by `is_missing`.
    """
    conditions: list[str] = []
    own: tuple[Part, ...] = ()
    inside = f"{runs}.workspace = {values.workspace}"
    source, run = f"{table} {runs}", f"{runs}.id"
    if not question.is_missing(stretch):
        first = make_sort_key(question.orders[0], runs, FIRST, question.lookups, values)
        conditions, own = [first.stretches[stretch].condition], first.stretches[stretch].parts
        if table is None:
            source, run = f"{first.table} {FIRST}", first.run or ""
            conditions.append(first.held)
            if question.needs_runs:
                source += f" JOIN runs {runs} ON {inside} AND {runs}.id = {run}"
        elif first.table is not None:
            source += f" JOIN {first.table} {FIRST} ON {first.belongs(runs)}"
    if table is not None:
        conditions.append(inside)
    further = make_keys(question, runs, values, start=1)
    return Lane(source + join_keys(further, runs), run, (*own, *flatten(further)), tuple(conditions))


def make_keys(question: Question, runs: str, values: Values, *, start: int = 0) -> list[SortKey]:
    """Return the keys of an order from the one of number `start` on, each over a table of its own."""
    return [
        make_sort_key(order, runs, f"k{number}", question.lookups, values)
        for number, order in enumerate(question.orders[start:], start=start)
    ]


def join_keys(keys: Sequence[SortKey], runs: str) -> str:
    """Return the joins that give a run its keys; what it lacks is null."""
    return "".join(f" LEFT JOIN {key.table} {key.alias} ON {key.belongs(runs)}" for key in keys if key.table)


def is_missing(key: SortKey, runs: str) -> str:
    """Return the condition that a run is in none of a key's stretches, as a look-up like conditions.probe's."""
    held = one_of(stretch.condition for stretch in key.stretches)
    if key.table is None:
        return negate(held)
    return f"NOT EXISTS (SELECT FROM {key.table} {key.alias} WHERE {all_of([key.belongs(runs), held])} OFFSET 0)"


def _is_behind(parts: Sequence[Part], run: str, after: Place, values: Values) -> str:
    """Return the condition that a row comes behind a place. The first key bounds the range of its index."""
    columns = [*(part.value for part in parts), run]
    kinds = [*(part.kind for part in parts), "uuid"]
    bounds = [values.bind(value, kind) for value, kind in zip((*after.values, after.run), kinds, strict=True)]
    if not any(part.descending for part in parts):
        return f"({', '.join(columns)}) > ({', '.join(bounds)})"
    signs = ["<" if part.descending else ">" for part in parts] + [">"]
    ways = []
    for number, sign in enumerate(signs):
        same = [f"{columns[earlier]} = {bounds[earlier]}" for earlier in range(number)]
        ways.append(all_of([*same, f"{columns[number]} {sign} {bounds[number]}"]))
    return all_of([f"{columns[0]} {signs[0]}= {bounds[0]}", one_of(ways)])
