"""A question to the run table with all that it names looked up."""

from __future__ import annotations

from dataclasses import dataclass

from domain.experiments import Lifecycle
from domain.filters import Filter, OwnLeaf, Statistic
from domain.orders import FieldOrder, MetricOrder, Order
from store.run_table.fragments import Values
from store.run_table.leads import list_conjuncts
from store.run_table.lookups import Lookups
from store.run_table.sorting import count_stretches


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A filter in its normal form, a checked order, and the ids behind their names."""

    where: Filter
    orders: tuple[Order, ...]
    lifecycle: Lifecycle
    lookups: Lookups

    def begin(self) -> Values:
        """Return the values of a new statement."""
        return Values(self.lookups.workspace)

    @property
    def conjuncts(self) -> tuple[Filter, ...]:
        """Return the conditions that must all be true."""
        return list_conjuncts(self.where)

    @property
    def is_about_fields(self) -> bool:
        """Say whether each condition is about one field of the run's own row."""
        return all(isinstance(item, OwnLeaf) for item in self.conjuncts)

    @property
    def needs_runs(self) -> bool:
        """Say whether the order looks at more than one row of values."""
        first = self.orders[0]
        return len(self.orders) > 1 or (isinstance(first, MetricOrder) and first.of is Statistic.BEST)

    @property
    def stretches(self) -> int:
        """Return how many stretches the order has, that of the missing included."""
        return count_stretches(self.orders[0])

    def is_missing(self, stretch: int) -> bool:
        """Say whether a stretch is that of the runs that miss the first key."""
        return 0 < stretch == self.stretches - 1

    def is_along_values(self, stretch: int) -> bool:
        """Say whether a stretch is walked along a table of values; else along the runs themselves."""
        return not isinstance(self.orders[0], FieldOrder) and not self.is_missing(stretch)

    @property
    def first_stretch(self) -> int:
        """Return the stretch to begin with: the last one where nobody has used the key."""
        first = self.orders[0]
        known = isinstance(first, FieldOrder) or first.key in self.lookups.keys
        return 0 if known else self.stretches - 1

    @property
    def is_indexed(self) -> bool:
        """Say whether the first key of the order has an index to walk along."""
        first = self.orders[0]
        return not isinstance(first, MetricOrder) or first.of not in (Statistic.FIRST, Statistic.COUNT)
