"""The lead: the one condition of a filter that so few runs fulfil that all others are asked of those alone.

The planner cannot foresee how many rows of one key fulfil a range: it knows the values of all keys together. So the
conditions are counted, to a small limit, before every hit is looked for.
"""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncConnection

from domain.filters import And, ComparingLeaf, Field, FieldLeaf, Filter, Leaf, Not, Or
from domain.predicates import Operator
from store.run_table.conditions import join, probe, select_ids
from store.run_table.fragments import Values, all_of, fetch_rows
from store.run_table.lookups import Lookups

FEW = 1000
"""Rows of a lead that is better than any walk, which would have to look at many more."""

SOME = 10_000
"""Rows of a lead that is better than finding every hit by joins."""

COUNTED = 16
"""Conditions that are counted, from the left."""

_INDEXED = frozenset(
    {
        Field.RUN,
        Field.PARENT,
        Field.EXPERIMENT,
        Field.NAME,
        Field.CREATED_BY,
        Field.CREATED_AT,
        Field.STARTED_AT,
        Field.ENDED_AT,
    }
)


def list_conjuncts(where: Filter) -> tuple[Filter, ...]:
    """Return the conditions that must all be true."""
    return where.items if isinstance(where, And) else (where,)


async def find_lead(conn: AsyncConnection, where: Filter, lookups: Lookups, *, limit: int) -> Filter | None:
    """Return the condition with the fewest rows if there are at most `limit`; one query."""
    able = [item for item in list_conjuncts(where) if _can_lead(item)][:COUNTED]
    if not able:
        return None
    values = Values(lookups.workspace)
    counts = ", ".join(
        f"(SELECT count(*) FROM ({_select(item, lookups, values)} LIMIT {limit + 1}) few)" for item in able
    )
    # Each list of values begins with the workspace; a filter of unknown keys alone has no other use for it.
    found = await fetch_rows(conn, f"SELECT {counts} WHERE {values.workspace} IS NOT NULL", values)
    fewest, number = min((count, number) for number, count in enumerate(found[0]))
    return able[number] if fewest <= limit else None


def find_all(where: Filter, lead: Filter | None, runs: str, lookups: Lookups, values: Values) -> str:
    """Return the condition that finds every hit: from the lead on where there is one, else as the planner likes."""
    if lead is None:
        return join(where, runs, lookups, values)
    others = (item for item in list_conjuncts(where) if item is not lead)
    # An array, because the planner takes it for ten ids and looks each of them up.
    first = f"{runs}.id = ANY(ARRAY({_select(lead, lookups, values)}))"
    return all_of([first, *(probe(item, runs, lookups, values) for item in others)])


def _select(item: Filter, lookups: Lookups, values: Values) -> str:
    """Return the ids of a condition, some perhaps twice, so that counting can end early."""
    if isinstance(item, Or):
        return " UNION ALL ".join(f"({select_ids(leaf, lookups, values)})" for leaf in item.items)
    return select_ids(item, lookups, values)


def _can_lead(item: Filter) -> bool:
    """Say whether indexes give the rows of a condition one by one: it is a leaf, or one of some leaves."""
    match item:
        case And() | Not():
            return False
        case Or():
            return bool(item.items) and all(isinstance(one, Leaf) and _can_lead(one) for one in item.items)
        case FieldLeaf():
            return item.field in _INDEXED and item.condition.operator is not Operator.NE
        case _:
            return not isinstance(item, ComparingLeaf) or item.condition.operator is not Operator.NE
