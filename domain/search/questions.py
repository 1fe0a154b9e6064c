"""What can be asked of an index."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import TypeAlias
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from domain.errors import InvalidInput, TooLarge
from domain.filters import EVERYTHING, And, Filter, IdsLeaf, Not, Or, TextLeaf, normalise
from domain.ids import WorkspaceID
from domain.orders import ORDER_LIMIT, Direction, Order
from domain.search.documents import DocumentKind
from domain.text.terms import Term
from domain.texts import check_key, shown

PAGE_LIMIT = 1000
"""Hits of one page."""

FACET_LIMIT = 20
"""Facets of one question."""

BUCKET_LIMIT = 200
"""Buckets of one facet."""


class Dimension(StrEnum):
    """What hits are counted by. `TAG` and `PARAM` have a key, the others have none."""

    TAG = "TAG"
    PARAM = "PARAM"
    EXPERIMENT = "EXPERIMENT"
    STATUS = "STATUS"
    KIND = "KIND"
    CREATED_BY = "CREATED_BY"
    HOST = "HOST"
    OWNER = "OWNER"
    DATASET = "DATASET"
    COMMIT = "COMMIT"
    ENVIRONMENT = "ENVIRONMENT"
    CREATED_AT = "CREATED_AT"
    STARTED_AT = "STARTED_AT"
    ENDED_AT = "ENDED_AT"


KEYED = frozenset({Dimension.TAG, Dimension.PARAM})
DATES = frozenset({Dimension.CREATED_AT, Dimension.STARTED_AT, Dimension.ENDED_AT})


class Interval(StrEnum):
    """How long a bucket of dates is; a week begins on Monday."""

    HOUR = "HOUR"
    DAY = "DAY"
    WEEK = "WEEK"
    MONTH = "MONTH"
    QUARTER = "QUARTER"
    YEAR = "YEAR"


@dataclass(frozen=True, slots=True, kw_only=True)
class By:
    """A dimension to count or group by: with its key, or as dates with an interval of a time zone."""

    dimension: Dimension
    key: str | None = None
    interval: Interval | None = None
    time_zone: str = "UTC"

    def __post_init__(self) -> None:
        if (self.key is not None) != (self.dimension in KEYED):
            told = "needs a key" if self.dimension in KEYED else "takes no key"
            raise InvalidInput(f"{self.dimension} {told}", path=["key"])
        if self.key is not None:
            check_key(self.key, "key")
        if (self.interval is not None) != (self.dimension in DATES):
            told = "needs an interval" if self.dimension in DATES else "takes no interval"
            raise InvalidInput(f"{self.dimension} {told}", path=["interval"])
        find_zone(self.time_zone)

    @property
    def zone(self) -> ZoneInfo:
        return find_zone(self.time_zone)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facet(By):
    """Counts of hits by a dimension. Without `own_filter`, what the question asks of the dimension itself is left out
    for this facet: the leaves with its dimension and key that are operands of the topmost `and`, or the whole tree.
    """

    own_filter: bool = False
    first: int = 20

    def __post_init__(self) -> None:
        super(Facet, self).__post_init__()
        if not 1 <= self.first <= BUCKET_LIMIT:
            raise InvalidInput(f"first is {self.first}; it must be between 1 and {BUCKET_LIMIT}", path=["first"])


@dataclass(frozen=True, slots=True)
class RelevanceOrder:
    """By how well the text fits, as each engine ranks it; the best first."""

    direction: Direction = Direction.DESC


SearchOrder: TypeAlias = Order | RelevanceOrder


@dataclass(frozen=True, slots=True)
class Scope:
    """The ids that a walk of lineage gave; `is_cut` where it gave not all, with the reasons."""

    ids: IdsLeaf
    is_cut: bool = False
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchQuestion:
    """Words and dimensions in one question, about one workspace.

    `text` and `where` are in their normal form, without leaves about lineage. An order of nothing is by relevance
    where there are words, else the newest first; ties by id ascending. `hidden`: experiments that are archived or
    deleted; what is theirs is not found. `lineage` says from which walks the ids in the question came, if any did: it
    stands for them in cursors, which outlive a walk that finds more.
    """

    workspace: WorkspaceID
    text: Filter = EVERYTHING
    where: Filter = EVERYTHING
    kinds: frozenset[DocumentKind] = frozenset(DocumentKind)
    scope: Scope | None = None
    facets: tuple[Facet, ...] = ()
    orders: tuple[SearchOrder, ...] = ()
    hidden: frozenset[UUID] = frozenset()
    lineage: str = ""
    first: int = 20
    after: str | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.first <= PAGE_LIMIT:
            raise InvalidInput(f"first is {self.first}; it must be between 0 and {PAGE_LIMIT}", path=["first"])
        if len(self.facets) > FACET_LIMIT:
            raise TooLarge(f"{len(self.facets)} facets; at most {FACET_LIMIT} are taken", path=["facets"])
        if len(self.orders) > ORDER_LIMIT:
            raise TooLarge(f"the order has {len(self.orders)} keys; at most {ORDER_LIMIT} are taken", path=["orderBy"])

    @property
    def condition(self) -> Filter:
        """Return all that a hit must fulfil, as one tree in its normal form; the scope is apart."""
        return normalise(And((self.text, self.where)))

    @property
    def terms(self) -> tuple[Term, ...]:
        """Return the words and phrases that a hit may show: those that are not under a `not`, each once."""
        return tuple(dict.fromkeys(_iterate_terms(self.condition, negated=False)))


@lru_cache(500)
def find_zone(name: str) -> ZoneInfo:
    """Return a time zone by its name. Raises `InvalidInput`."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as exc:
        raise InvalidInput(f"there is no time zone {shown(name)}", path=["timeZone"]) from exc


def check_search_orders(orders: Sequence[SearchOrder]) -> tuple[SearchOrder, ...]:
    """Return the keys of an order, those that stand there twice once. Raises `TooLarge`."""
    if len(orders) > ORDER_LIMIT:
        raise TooLarge(f"the order has {len(orders)} keys; at most {ORDER_LIMIT} are taken", path=["orderBy"])
    return tuple(dict.fromkeys(orders))


def _iterate_terms(tree: Filter, *, negated: bool) -> Iterable[Term]:
    match tree:
        case And() | Or():
            for item in tree.items:
                yield from _iterate_terms(item, negated=negated)
        case Not():
            yield from _iterate_terms(tree.item, negated=not negated)
        case TextLeaf() if not negated:
            yield tree.term
