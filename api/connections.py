"""Relay connections over keyset cursors: pages that stay right while the record is written."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Protocol, TypeVar
from uuid import UUID

import strawberry

from api.scalars import Int64
from domain.errors import InvalidInput, TooLarge
from domain.pages import Count, Page, TimeCursor, parse_time_cursor

T = TypeVar("T")
S = TypeVar("S")

LARGEST_PAGE = 1000
DEFAULT_PAGE = 50

FIRST = f"How many at most, 0 to {LARGEST_PAGE}."
AFTER = "Begin behind this cursor: the `endCursor` of the page before."
AT_LEAST = (
    "The token of a write that the answer must show. A write that is no longer in the record is answered with the "
    "code WRITE_LOST."
)


@strawberry.type(description="Where a page ends.")
class PageInfo:
    end_cursor: str | None = strawberry.field(description="Cursor of the last edge; null on an empty page.")
    has_next_page: bool = strawberry.field(description="Whether more come behind this page.")


@dataclass(frozen=True, slots=True)
class PageArguments:
    """Which page of a list ordered by time is meant."""

    first: int
    after: TimeCursor | None


@strawberry.type(description="How many there are in all, counted only when it is asked for.")
class TotalCount:
    value: Int64 = strawberry.field(description="The count, or a lower bound of it.")
    exact: bool = strawberry.field(description="False where `value` is only a lower bound: counting stops at 10,000.")


@strawberry.type(description="One item of a page, with its place in the order.")
class Edge(Generic[T]):
    cursor: str = strawberry.field(description="Place in the order, opaque; give it as `after`.")
    node: T = strawberry.field(description="The item itself.")


@strawberry.type(description="A page of a list that may be long.")
class Connection(Generic[T]):
    edges: list[Edge[T]] = strawberry.field(description="The items with their cursors.")
    nodes: list[T] = strawberry.field(description="The items, for whoever needs no cursor of each.")
    page_info: PageInfo = strawberry.field(description="Where this page ends.")
    count: strawberry.Private[Callable[[], Awaitable[Count]]]

    @strawberry.field(description="How many there are in all, counted only when it is asked for.")
    async def total_count(self) -> TotalCount:
        counted = await self.count()
        return TotalCount(value=counted.value, exact=counted.exact)


class Identified(Protocol):
    """What has a uuid of its own."""

    @property
    def id(self) -> UUID: ...


Item = TypeVar("Item", bound=Identified)


def connect(
    items: Sequence[S],
    *,
    make: Callable[[S], T],
    cursor: Callable[[S], str],
    has_next: bool,
    count: Callable[[], Awaitable[Count]],
) -> Connection[T]:
    """Return the connection of one page of values; `make` gives the node of each."""
    edges = [Edge(cursor=cursor(item), node=make(item)) for item in items]
    return Connection(
        edges=edges,
        nodes=[edge.node for edge in edges],
        page_info=PageInfo(end_cursor=edges[-1].cursor if edges else None, has_next_page=has_next),
        count=count,
    )


def connect_page(
    page: Page[Item],
    *,
    make: Callable[[Item], T],
    moment: Callable[[Item], datetime],
    count: Callable[[], Awaitable[Count]],
) -> Connection[T]:
    """Return the connection of a page that is ordered by time, then id."""
    return connect(
        page.items,
        make=make,
        cursor=lambda item: str(TimeCursor(moment(item), item.id)),
        has_next=page.has_next,
        count=count,
    )


def read_page(first: int, after: str | None) -> PageArguments:
    """Return which page is meant. Raises `InvalidInput`, `TooLarge`."""
    return PageArguments(check_first(first), None if after is None else parse_time_cursor(after))


def check_first(first: int, *, limit: int = LARGEST_PAGE, name: str = "first") -> int:
    """Return the page size. Raises `InvalidInput` below 0, `TooLarge` above the limit."""
    if first < 0:
        raise InvalidInput(f"{name} is {first}, it cannot be below 0", path=[name])
    if first > limit:
        raise TooLarge(f"{name} is {first}, at most {limit} are given at once", path=[name])
    return first
