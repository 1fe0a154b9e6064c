"""Pages of lists: keyset cursors that stay right while rows are written, and counts that say whether they are exact."""

from __future__ import annotations

import base64
import binascii
import struct
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar
from uuid import UUID

from domain.errors import InvalidInput
from domain.times import EPOCH

T = TypeVar("T")

COUNT_LIMIT = 10_000
"""Rows that are counted; beyond, a count says that it is a lower bound."""

_CURSOR = struct.Struct(">q16s")
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some items of a list in its order, and whether more follow."""

    items: list[T]
    has_next: bool

    @classmethod
    def cut(cls, items: list[T], first: int) -> Page[T]:
        """Return the first items of a list that was read one row further than asked."""
        return cls(items[:first], len(items) > first)


@dataclass(frozen=True, slots=True)
class Count:
    """How many there are; a lower bound where it is not exact."""

    value: int
    exact: bool

    @classmethod
    def capped(cls, found: int) -> Count:
        """Return the count of rows that were counted to one beyond the limit."""
        return cls(min(found, COUNT_LIMIT), found <= COUNT_LIMIT)


@dataclass(frozen=True, slots=True, order=True)
class TimeCursor:
    """A place in a list ordered by time, then id."""

    moment: datetime
    uuid: UUID

    def __str__(self) -> str:
        raw = _CURSOR.pack((self.moment - EPOCH) // _MICROSECOND, self.uuid.bytes)
        return base64.urlsafe_b64encode(raw).decode("ascii")


def parse_time_cursor(text: str) -> TimeCursor:
    """Read a cursor. Raises `InvalidInput` for anything that Whence did not make."""
    try:
        micros, raw = _CURSOR.unpack(base64.b64decode(text.encode("ascii"), altchars=b"-_", validate=True))
        return TimeCursor(EPOCH + timedelta(microseconds=micros), UUID(bytes=raw))
    except (ValueError, OverflowError, binascii.Error, struct.error) as exc:
        raise InvalidInput(f"{text[:80]!r} is not a cursor", path=["after"]) from exc
