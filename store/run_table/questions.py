"""A question to the run table with all that it names looked up."""

from __future__ import annotations

from dataclasses import dataclass

from domain.experiments import Lifecycle
from domain.filters import And, FieldLeaf, Filter, Statistic
from domain.orders import FieldOrder, MetricOrder, Order
from store import tables
from store.run_table.lookups import Lookups
from store.run_table.sorting import make_sort_key


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A filter in its normal form, a checked order, and the ids behind their names."""

    where: Filter
    orders: tuple[Order, ...]
    lifecycle: Lifecycle
    lookups: Lookups

    @property
    def conjuncts(self) -> tuple[Filter, ...]:
        """Return the conditions that must all be true."""
        return self.where.items if isinstance(self.where, And) else (self.where,)

    @property
    def is_about_fields(self) -> bool:
        """Say whether each condition is about one field of the run's own row."""
        return all(isinstance(item, FieldLeaf) for item in self.conjuncts)

    @property
    def needs_runs(self) -> bool:
        """Say whether the order looks at more than one row of values."""
        first = self.orders[0]
        return len(self.orders) > 1 or (isinstance(first, MetricOrder) and first.of is Statistic.BEST)

    def count_stretches(self) -> int:
        """Return how many stretches the order has, that of the missing included."""
        key = make_sort_key(self.orders[0], tables.runs, self.lookups)
        return len(key.stretches) + (0 if key.is_total else 1)

    def find_first_stretch(self) -> int:
        """Return the stretch to begin with: the last one where nobody has used the key."""
        first = self.orders[0]
        known = isinstance(first, FieldOrder) or first.key in self.lookups.keys
        return 0 if known else self.count_stretches() - 1
