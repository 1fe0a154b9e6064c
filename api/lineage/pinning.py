"""Pages and rests of an answer that others write to meanwhile: all are read at one position of the record."""

from __future__ import annotations

import asyncio
import base64
import binascii
import struct
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Generic, TypeVar
from uuid import UUID

from api.connections import check_first
from api.info import Info
from api.lineage.asking import LOOK_S, Moment
from domain.errors import InvalidInput
from domain.ids import NodeKey, NodeKind
from domain.lineage.questions import AsOf
from domain.positions import Position
from store.edge_reads import fetch_border, fetch_is_settled

A = TypeVar("A")
T = TypeVar("T")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_CURSOR = struct.Struct(">qqH16s")


@dataclass(frozen=True, slots=True)
class Place:
    """A cursor: the node or link behind which a page begins, and the moment of the first page."""

    key: NodeKey
    position: Position
    now: datetime


@dataclass(frozen=True, slots=True)
class Slice(Generic[A, T]):
    """A page: the answer that it is of, its items with their cursors, and how many there are in all."""

    answer: A
    items: Sequence[T]
    cursors: Sequence[str]
    total: int
    has_next: bool

    @property
    def end_cursor(self) -> str | None:
        return self.cursors[-1] if self.cursors else None


class Pages(Generic[A]):
    """An answer, and the same as of where the pages of it are read: `read` asks again at another moment."""

    def __init__(self, info: Info, moment: Moment, answer: A, read: Callable[[Moment], Awaitable[A]]) -> None:
        self._info = info
        self._moment = moment
        self._read = read
        self._answers: dict[Position | None, A] = {moment.as_of.known: answer}

    async def cut(
        self,
        items: Callable[[A], Awaitable[Sequence[T]]],
        key: Callable[[T], NodeKey],
        *,
        first: int,
        after: str | None,
    ) -> Slice[A, T]:
        """Return a page of what an answer lists. An answer that needs more than one is read where it can be pinned.

        Raises `InvalidInput` for a cursor of another answer, `TooLarge`.
        """
        check_first(first)
        place = None if after is None else parse_place(after)
        moment = self._moment if place is None else at_position(self._moment, place.position, now=place.now)
        answer = await self._answer(moment)
        found = await items(answer)
        if place is None and len(found) > first:
            moment = await pin(self._info, moment)
            answer = await self._answer(moment)
            found = await items(answer)
        begin = 0 if place is None else _find([key(item) for item in found], place, after)
        page = found[begin : begin + first]
        cursors = [write_place(key(item), moment) for item in page]
        return Slice(answer, page, cursors, len(found), begin + first < len(found))

    async def _answer(self, moment: Moment) -> A:
        known = moment.as_of.known
        if known not in self._answers:
            self._answers[known] = await self._read(moment)
        return self._answers[known]


async def pin(info: Info, moment: Moment) -> Moment:
    """Return the moment of an answer whose rest will be asked for: a position that answers the same for ever.

    It is the answer's own where nothing younger was committed; else the answer has to be read again. Waits until the
    write of a token that was sent is at or below it, as long as one waits for tokens.
    """
    if moment.as_of.known is not None:
        return moment
    found = info.context.graph_freshness
    if found is not None and found.projection_position is not None:
        return at_position(moment, found.projection_position)
    wants, border = info.context.wants, moment.border
    ends = asyncio.get_running_loop().time() + (0 if wants is None else wants.seconds)
    while True:
        async with info.context.read() as conn:
            if await fetch_is_settled(conn, info.context.workspace, moment.border):
                return moment
            border = await fetch_border(conn)
        if wants is None or wants.token is None or wants.token.position <= border:
            return at_position(moment, border)
        if asyncio.get_running_loop().time() >= ends:
            return moment
        await asyncio.sleep(LOOK_S)


def at_position(moment: Moment, position: Position, *, now: datetime | None = None) -> Moment:
    """Return a moment with what was known at a position; `now`: the time at which things are live."""
    return Moment(AsOf(at=moment.as_of.at, known=position), position, now or moment.now)


def write_place(key: NodeKey, moment: Moment) -> str:
    """Return the cursor of a node or link in the answer of a moment."""
    position = moment.border if moment.as_of.known is None else moment.as_of.known
    raw = _CURSOR.pack(position, (moment.now - _EPOCH) // _MICROSECOND, key.kind.value, key.uuid.bytes)
    return base64.urlsafe_b64encode(raw).decode("ascii")


def parse_place(text: str) -> Place:
    """Read a cursor. Raises `InvalidInput`."""
    try:
        raw = base64.b64decode(text.encode("ascii"), altchars=b"-_", validate=True)
        position, time, kind, uuid = _CURSOR.unpack(raw)
        return Place(NodeKey(NodeKind(kind), UUID(bytes=uuid)), Position(position), _EPOCH + time * _MICROSECOND)
    except (ValueError, OverflowError, binascii.Error, struct.error) as exc:
        raise InvalidInput(f"{text[:80]!r} is no cursor of this answer", path=["after"]) from exc


def _find(keys: Sequence[NodeKey], place: Place, after: str | None) -> int:
    """Return the number of the item behind a cursor."""
    if place.key not in keys:
        raise InvalidInput(f"{(after or '')[:80]!r} is no cursor of this answer", path=["after"])
    return keys.index(place.key) + 1
