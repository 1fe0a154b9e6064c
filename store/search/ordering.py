"""The order of hits, as the parts of a keyset."""

from __future__ import annotations

from collections.abc import Sequence

from domain.filters import Field
from domain.orders import Direction, FieldOrder, Order
from domain.search.questions import RelevanceOrder, SearchOrder
from store.run_table.comparisons import prefix_of
from store.run_table.fragments import TRUE, Values
from store.run_table.lanes import Lane, join_keys
from store.run_table.sorting import Part, SortKey, Stretch, flatten, make_sort_key
from store.search.asking import Asked
from store.search.columns import TYPES, name_column

ALWAYS = frozenset({Field.CREATED_AT, Field.KIND})
"""Fields that every document has."""


def make_hit_lane(orders: Sequence[SearchOrder], asked: Asked, values: Values) -> Lane:
    """Return the lane of all hits in an order; ties by node."""
    keys = [_make_key(order, f"k{number}", asked, values) for number, order in enumerate(orders)]
    parts = flatten(keys)
    return Lane(f"hits hit{join_keys(keys, 'hit')}", "hit.node", parts, (TRUE,))


def list_fields(orders: Sequence[SearchOrder]) -> list[Field]:
    """Return the fields that an order needs as columns of hits."""
    fields = (order.field for order in orders if isinstance(order, FieldOrder))
    return [field for field in fields if field is not Field.EXPERIMENT]


def list_named(orders: Sequence[SearchOrder]) -> list[Order]:
    """Return the keys of an order that look something up."""
    return [order for order in orders if not isinstance(order, RelevanceOrder)]


def _make_key(order: SearchOrder, alias: str, asked: Asked, values: Values) -> SortKey:
    down = order.direction is Direction.DESC
    if isinstance(order, RelevanceOrder):
        return SortKey(stretches=(Stretch(TRUE, (Part("hit.score", "float8", down),)),), is_total=True)
    if not isinstance(order, FieldOrder):
        return make_sort_key(order, "hit", alias, asked.lookups, values)
    if order.field is Field.EXPERIMENT:
        held = f"{alias}.workspace = {values.workspace} AND {alias}.id = hit.experiment"
        stretch = Stretch(f"{alias}.id IS NOT NULL", (Part(f"{alias}.name", "text", down),))
        return SortKey(table="experiments", alias=alias, held=held, stretches=(stretch,))
    column = f"hit.{name_column(order.field)}"
    kind = TYPES.get(order.field, "text")
    texts = (Part(prefix_of(column), "text", down), Part(column, "text", down))
    parts: tuple[Part, ...] = texts if kind == "text" else (Part(column, kind, down),)
    is_total = order.field in ALWAYS
    return SortKey(stretches=(Stretch(TRUE if is_total else f"{column} IS NOT NULL", parts),), is_total=is_total)
