"""Aggregates: runs grouped by any dimensions, and the numbers of their metrics."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from domain.errors import InvalidInput, TooLarge
from domain.filters import EVERYTHING, Filter, Statistic
from domain.ids import WorkspaceID
from domain.pages import Count
from domain.search.answers import COMPLETE, Completeness, GroupKey
from domain.search.questions import By, Scope
from domain.texts import check_key

GROUP_LIMIT = 1000
"""Groups of one answer."""

NO_GROUPS = Count(0, exact=True)
BY_LIMIT = 4
MEASURE_LIMIT = 20


class Function(StrEnum):
    """What is computed of a number over the runs of a group, without those that have none or none that is finite."""

    COUNT = "COUNT"
    MEAN = "MEAN"
    MIN = "MIN"
    MAX = "MAX"
    STDDEV = "STDDEV"
    """Of the sample: divided by n - 1; absent for fewer than two."""
    P5 = "P5"
    P25 = "P25"
    P50 = "P50"
    P75 = "P75"
    P90 = "P90"
    P95 = "P95"
    P99 = "P99"

    @property
    def fraction(self) -> float | None:
        """Return which percentile it is, between 0 and 1; interpolated linearly between the two nearest."""
        return int(self[1:]) / 100 if self[0] == "P" else None


@dataclass(frozen=True, slots=True)
class Measure:
    """Functions of a number of a series."""

    key: str
    of: Statistic
    functions: tuple[Function, ...]

    def __post_init__(self) -> None:
        check_key(self.key, "key")


@dataclass(frozen=True, slots=True, kw_only=True)
class AggregateQuestion:
    """Which runs, grouped by what, measured how. `where` as in `SearchQuestion`."""

    workspace: WorkspaceID
    where: Filter = EVERYTHING
    by: tuple[By, ...] = ()
    measures: tuple[Measure, ...] = ()
    scope: Scope | None = None
    hidden: frozenset[UUID] = frozenset()
    first: int = 100

    def __post_init__(self) -> None:
        if not 1 <= self.first <= GROUP_LIMIT:
            raise InvalidInput(f"first is {self.first}; it must be between 1 and {GROUP_LIMIT}", path=["first"])
        if len(self.by) > BY_LIMIT:
            raise TooLarge(f"{len(self.by)} dimensions; at most {BY_LIMIT} are taken", path=["by"])
        if len(set(self.by)) < len(self.by):
            raise InvalidInput("the same dimension is given twice", path=["by"])
        if len(self.measures) > MEASURE_LIMIT:
            raise TooLarge(f"{len(self.measures)} measures; at most {MEASURE_LIMIT} are taken", path=["measures"])


@dataclass(frozen=True, slots=True)
class Measured:
    """One value of a group. `missing`: runs without the number; `non_finite`: with NaN or an infinity; `unfinished`:
    runs whose number may still move, counted among the others too. `value` is None where there is nothing to compute.
    """

    key: str
    of: Statistic
    function: Function
    value: float | None
    missing: int
    non_finite: int
    unfinished: int


@dataclass(frozen=True, slots=True)
class Group:
    """The runs that share the keys."""

    keys: tuple[GroupKey, ...]
    count: int
    measures: tuple[Measured, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AggregateAnswer:
    """Groups by count descending, then by their keys; `left_out` groups are not among them."""

    groups: tuple[Group, ...]
    left_out: Count = NO_GROUPS
    completeness: Completeness = COMPLETE
